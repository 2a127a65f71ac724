import Charts
import Foundation
import Methods
import Statistics
import TestSupport
import Testing
import Training

@testable import Evaluation

@Suite struct ReportTests {
    @Test func changesAreWrittenWithTheirSign() {
        #expect(signedPercent(0.001) == "±0 %")
        #expect(signedPercent(-0.031) == "−3 %")
    }

    private static let attack = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\" onload=\"x"

    /// Three arms; `dpo` is the win rate of the arm between.
    private func report(dpo: Estimate = Estimate(mean: 0.55, low: 0.46, high: 0.64)) throws -> Report {
        func sample(_ score: Double, _ outcome: Outcome? = nil) -> Report.Sample {
            Report.Sample(
                prompt: "Who are you? " + Self.attack, text: Self.attack, score: score, isFinished: true,
                outcome: outcome)
        }
        return Report(
            title: "A study", created: Date(timeIntervalSince1970: 0),
            arms: [
                .init(
                    name: "start", score: Estimate(mean: 0.1, low: 0, high: 0.2), kl: Estimate(mean: 0),
                    length: 40,
                    eosRate: 0.9,
                    distinct2: 0.7, perplexity: 26, samples: [sample(0.1)]),
                .init(name: "DPO", winRate: dpo, samples: [sample(0.2)]),
                .init(
                    name: "PPO", winRate: Estimate(mean: 0.8, low: 0.7, high: 0.9),
                    score: Estimate(mean: 0.6, low: 0.5, high: 0.7),
                    kl: Estimate(mean: 4.2, low: 3.5, high: 5),
                    length: 44, eosRate: 0.95,
                    distinct2: 0.68, perplexity: 26.1, samples: [sample(0.6, .win)],
                    path: [.init(step: 1, kl: 0.2, score: 0.1)]),
            ],
            reference: "start", prompts: 100,
            annotator: .init(
                name: "warm", isSimulated: true, description: "A program that stands in for people."),
            seconds: 61, command: "heed run study.yaml --name 'a & b'",
            stages: [.init(name: "PPO", seconds: 60, detail: "64 steps")],
            curves: [
                .init(
                    name: "PPO", explanation: "Up.",
                    charts: [
                        LineChart(
                            title: "scores", summary: "", horizontal: Axis("step"), vertical: Axis("score"),
                            series: [.init(name: "s", style: 1, x: [1, 2], y: [0, nil])])
                    ])
            ],
            explained: [
                .init(
                    name: "PPO",
                    responses: [
                        ExplainedResponse(
                            prompt: Self.attack, score: 1.5, tokens: [Self.attack, "", "\n"],
                            rewards: [-0.1, 0, 1.5], kl: [1, 0, -2], values: [0.5, 1, 1],
                            advantages: [-1, 0.04, 1])
                    ])
            ],
            rewardModel: .init(
                comparisons: 3, accuracy: Estimate(mean: 0.7), logLoss: 0.6,
                calibration: try #require(CalibrationCurve(chosenProbabilities: [0.9, 0.8, 0.3]))))
    }

    @Test func jsonHasTheKeysOfTheContract() throws {
        let object = try #require(try JSONSerialization.jsonObject(with: report().json()) as? [String: Any])
        for key in ["arms", "reference", "prompts", "annotator", "seconds", "command"] {
            #expect(object[key] != nil, "\(key)")
        }
        let arms = try #require(object["arms"] as? [[String: Any]])
        let keys = [
            "name", "win_rate", "score", "kl", "length", "eos_rate", "distinct_2", "perplexity", "samples",
        ]
        for arm in arms { #expect(keys.allSatisfy { arm[$0] != nil }) }
        #expect((arms[2]["win_rate"] as? [String: Double]) == ["mean": 0.8, "low": 0.7, "high": 0.9])
        // The mean is a plain number by the contract; the interval stands beside it.
        #expect(arms[2]["kl"] as? Double == 4.2)
        #expect((arms[2]["kl_interval"] as? [String: Double]) == ["mean": 4.2, "low": 3.5, "high": 5])
        #expect(object["prompts"] as? Int == 100)
        #expect(object["annotator"] as? String == "warm")
    }

    @Test func unknownIsNullAndNotZero() throws {
        let object = try #require(try JSONSerialization.jsonObject(with: report().json()) as? [String: Any])
        let arms = try #require(object["arms"] as? [[String: Any]])
        #expect(arms[0]["win_rate"] is NSNull)
        for key in ["score", "kl", "length", "eos_rate", "distinct_2", "perplexity"] {
            #expect(arms[1][key] is NSNull, "\(key)")
        }
        let quality = try #require(object["reward_model"] as? [String: Any])
        #expect(quality["highest_accuracy"] is NSNull)
        #expect((quality["accuracy"] as? [String: Any])?["low"] is NSNull)
    }

    /// Answers are held against those of the model that training began with, in the order of making.
    @Test func stagesAreToldInTheOrderOfMaking() throws {
        var report = try report()
        #expect(!report.html().contains("From stage to stage"))
        report.arms.append(.init(name: "base", perplexity: 20, samples: [report.arms[0].samples[0]]))
        report.arms[0].madeFrom = "base"
        for index in 1...2 { report.arms[index].madeFrom = "start" }
        #expect(report.armsInOrderOfMaking.map(\.name) == ["base", "start", "DPO", "PPO"])
        let page = report.html()
        #expect(page.contains("From stage to stage") && page.contains("26.0 (+30 %)"))
        #expect(page.contains("the same words as base") && page.contains("the same words as start"))
        #expect(try Report(json: report.json()) == report)
    }

    @Test func jsonComesBackEqual() throws {
        let report = try report()
        #expect(try Report(json: report.json()) == report)
    }

    /// The strongest token of all has the full colour, one of a twenty-fifth the least, and the sign has its own.
    @Test func tokensHaveTheColourOfTheirAdvantage() throws {
        let page = try report().html()
        #expect(page.contains("Training, token by token"))
        #expect(page.contains(#"<span class="down w5" title="advantage −1">"#))
        #expect(page.contains(#"<span class="up w1" title="advantage 0.04">◌</span>"#))
        #expect(page.contains("title=\"advantage 1\">⏎\n</span>"))
        #expect(page.contains(#"data-label="KL to the reference, nats">−2<"#))
    }

    @Test func anExplanationWithTooFewNumbersIsRefused() throws {
        let json = String(decoding: try report().json(), as: UTF8.self)
        let broken = json.replacing(try Regex(#""kl" : \[\s*1,"#), with: #""kl" : ["#)
        #expect(broken != json)
        #expect(throws: DecodingError.self) { try Report(json: Data(broken.utf8)) }
    }

    @Test func summaryNamesTheWinnerAndWhatIsOpen() throws {
        let sentences = try report().summary
        #expect(
            sentences == [
                "PPO's answers were preferred to those of start on 80 % of 100 held-out prompts "
                    + "(95 % interval 70 to 90 %).",
                "The interval of PPO lies above that of DPO, the next.",
                "DPO's answers were preferred to those of start on 55 % of 100 held-out prompts "
                    + "(95 % interval 46 to 64 %). The interval includes 50 %, so these data do not show that DPO is "
                    + "better or worse than start.",
                "What PPO paid: it moved 4.2 nats from start, its answers are 10 % longer, its perplexity on plain "
                    + "text is unchanged (within 1 %).",
            ])
    }

    @Test func summaryIsHonestAboutOverlapAndLoss() throws {
        let close = try report(dpo: Estimate(mean: 0.79, low: 0.69, high: 0.88)).summary
        #expect(close[1].contains("overlap: which of the two is better is not settled"))
        let worse = try report(dpo: Estimate(mean: 0.3, low: 0.2, high: 0.4)).summary
        #expect(worse[2].hasSuffix("(95 % interval 20 to 40 %): it became worse."))
        let few = try report(dpo: Estimate(mean: 0.6)).summary
        #expect(few[2].hasSuffix("there are too few prompts to say how sure that is."))
        let narrow = try report(dpo: Estimate(mean: 0.55, low: 0.504, high: 0.6)).summary
        #expect(narrow[2].hasSuffix("(95 % interval 50.4 to 60.0 %)."))
    }

    @Test func warnsOfShortcuts() throws {
        var report = try report()
        #expect(report.warnings.isEmpty)
        report.arms[2].distinct2 = 0.3
        report.arms[2].perplexity = 40
        report.arms[2].length = 90
        report.arms[2].eosRate = 0.4
        #expect(report.warnings.count == 4)
        #expect(report.warnings[0].contains("distinct-2 −57 %"))
        #expect(
            report.warnings[3] == "Cut off by the token budget: 10 % of start's answers, 60 % of PPO's.")
    }

    /// Whoever is cut off loses for that: the reference is named with the arms, and as the worse one where it is.
    @Test func warnsWhereTheReferenceIsCutOff() throws {
        var report = try report()
        report.arms[0].eosRate = 0.23
        report.arms[1].eosRate = 0.5
        report.arms[2].eosRate = 0.75
        #expect(
            report.warnings == [
                "Cut off by the token budget: 77 % of start's answers, 50 % of DPO's, 25 % of PPO's. start, which the "
                    + "others are compared with, is cut off more often than DPO and PPO, who may be preferred for ending "
                    + "alone; a larger token budget would tell."
            ])
        report.arms[1].eosRate = 0.1
        report.arms[2].eosRate = 0.23
        #expect(!(report.warnings.first ?? "start, which").contains("start, which"))
    }

    @Test func warnsInBothDirections() throws {
        var report = try report()
        report.arms[2].distinct2 = 0.9
        report.arms[2].perplexity = 20
        report.arms[2].length = 10
        report.arms[2].eosRate = 0.85
        let warnings = report.warnings
        #expect(warnings.count == 3)
        #expect(warnings[0].contains("more different things than start (distinct-2 +29 %)"))
        #expect(warnings[1].contains("much better than start (perplexity on plain text −23 %)"))
        #expect(warnings[2].contains("−75 %") && warnings[2].hasSuffix("pays for brevity."))
        // Up to 15 % is the same.
        report.arms[2].distinct2 = 0.7 * 1.14
        report.arms[2].perplexity = 26 * 0.86
        report.arms[2].length = 44
        #expect(report.warnings.isEmpty)
    }

    @Test func klIsShownWithItsInterval() throws {
        let page = try report().html()
        #expect(page.contains("3.50 to 5.00"))
    }

    @Test func pageEscapesWhatModelsWrite() throws {
        let page = try report().html()
        #expect(!page.contains("<script"))
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(page.contains("heed run study.yaml --name &#39;a &amp; b&#39;"))
    }

    @Test func pageNeedsNoNetwork() throws {
        let page = try report().html().replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
        for forbidden in ["http:", "https:", "src=", "@import", "url("] {
            #expect(!page.replacing(escapedMarkup(Self.attack), with: "").contains(forbidden), "\(forbidden)")
        }
    }

    @Test func pageIsWellFormed() throws {
        // HTML's empty elements are the only ones that XML would want closed.
        let page = try report().html()
            .replacing("<!DOCTYPE html>\n", with: "")
            .replacing(/<meta [^>]*>/, with: "")
        let parsed = try #require(ParsedMarkup(page))
        #expect(parsed.elements["h1"] == 1)
        #expect((parsed.elements["section"] ?? 0) == 8)
        #expect((parsed.elements["details"] ?? 0) == 8)
        #expect(parsed.text.contains("No person judged these answers."))
        // Against the same reference as the win rate, whatever the other arms' scores.
        #expect(parsed.text.contains("★ preferred to start"))
    }

    /// What came and what went is told by elements, by line and weight, and in words, and stays escaped.
    @Test func changesAreMarkedWordByWord() throws {
        var report = try report()
        report.arms[0].samples[0].text = "the <b>old</b> answer to this"
        report.arms[2].samples[0].text = "the <i>new</i> answer to this"
        let page = report.html()
        #expect(
            page.contains("<del><span class=\"spoken\">removed: </span>&lt;b&gt;old&lt;/b&gt;</del> "))
        #expect(
            page.contains("<ins><span class=\"spoken\">added: </span>&lt;i&gt;new&lt;/i&gt;</ins> answer"))
        #expect(page.contains("80 % of the words stay"))
        // DPO's answer shares no word with it.
        #expect(page.contains("hardly a word in common with start (0 %)"))
    }

    /// The same system message before every prompt is said once; what only some prompts have stays with them.
    @Test func whatAllPromptsBeginWithIsSaidOnce() throws {
        var report = try report()
        func prompts(_ texts: String...) -> String {
            for arm in report.arms.indices {
                report.arms[arm].samples = texts.map {
                    Report.Sample(prompt: $0, text: "yes", score: 1, isFinished: true, outcome: nil)
                }
            }
            return report.html()
        }
        let shared = prompts("system: Be <kind>.\n\nuser: One?", "system: Be <kind>.\n\nuser: Two?")
        #expect(shared.contains("Before each prompt the system says: “Be &lt;kind&gt;.”"))
        #expect(shared.contains("dir=\"auto\">One?<") && !shared.contains("user: "))
        for other in ["user: Two?", "system: Be brief.\n\nuser: Two?", "Two?"] {
            let page = prompts("system: Be kind.\n\nuser: One?", other)
            #expect(page.contains("system: Be kind.\n\nuser: One?") && !page.contains("Before each prompt"))
        }
    }

    /// On paper nothing can be opened.
    @Test func printShowsWhatIsFolded() throws {
        let sheet = try #require(try report().html().split(separator: "@media print{:root{--page").last)
        #expect(sheet.contains("details::details-content{content-visibility:visible"))
    }

    @Test func fewChoicesGiveNoCalibrationCurve() throws {
        var report = try report()
        #expect(report.calibrationChart == nil)
        #expect(
            report.html().contains("3 choices are too few for a calibration curve, which takes at least 50."))
        report.rewardModel?.comparisons = 50
        #expect(report.calibrationChart != nil)
    }

    @Test func aKLBelowZeroIsShownThere() throws {
        var report = try report()
        report.arms[2].kl = Estimate(mean: -0.1, low: -0.3, high: 0.1)
        #expect(report.frontierChart?.arms.last?.x == Estimate(mean: -0.1, low: -0.3, high: 0.1))
    }

    @Test func peopleAreNotCalledAProgram() throws {
        var report = try report()
        report.annotator.isSimulated = false
        #expect(!report.html().contains("No person judged"))
    }

    @Test func sectionsWithoutDataAreLeftOut() throws {
        var report = try report()
        report.stages = []
        report.curves = []
        report.rewardModel = nil
        for index in report.arms.indices { report.arms[index].samples = [] }
        let page = report.html()
        for heading in ["Where the time went", "Training, step by step", "The reward model", "side by side"] {
            #expect(!page.contains(heading), "\(heading)")
        }
    }
}
