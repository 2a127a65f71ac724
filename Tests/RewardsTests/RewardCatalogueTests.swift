import Datasets
import Foundation
import JSON
import Models
import RunTestSupport
import Settings
import TestSupport
import Testing

@testable import Rewards

@Suite struct RewardCatalogueTests {
    private let catalogue = RewardCatalogue.standard
    private let computation: Computation

    init() throws {
        var run = RunConfiguration()
        run.device = "cpu"
        computation = try Computation(run)
    }

    private func judge(
        _ texts: String..., errorRate: Double = 0.05, lexicon: String? = nil
    ) throws -> PreferenceJudge {
        try catalogue.judge(
            RewardSelection(texts, lexicon: lexicon), errorRate: errorRate, seed: 9, on: computation)
    }

    private func message(_ texts: String...) -> String {
        do {
            _ = try catalogue.judge(RewardSelection(texts), seed: 1, on: computation)
            return ""
        } catch {
            return String(describing: error)
        }
    }

    @Test func makesAJudgeWithItsOptions() throws {
        let judge = try judge("concise:enough=20,error=0.2,temperature=1.5", errorRate: 0.01)
        #expect((judge.reward as? ConciseReward)?.enough == 20)
        #expect((judge.errorRate, judge.temperature, judge.seed) == (0.2, 1.5, 9))
        #expect(try self.judge("concise", errorRate: 0.01).errorRate == 0.01)
    }

    /// What verifiers are asked is obeyed or refused, with the way out.
    @Test func verifiersTakeTheirOptions() throws {
        #expect((try judge("math:column=solution").reward as? MathReward)?.truth.name == "solution")
        #expect((try judge("accuracy").reward as? MathReward)?.truth.name == "solution")
        #expect((try judge("accuracy_reward:column=x").reward as? MathReward)?.truth.name == "x")
        #expect((try judge("format_reward:style=boxed").reward as? FormatReward)?.style == .boxed)
        #expect((try judge("length:max=9,min=2,unit=characters").reward as? LengthReward)?.range == 2...9)
        #expect((try judge("repetition:n=4").reward as? RepetitionReward)?.size == 4)
        #expect((try judge("countdown:credit=0.1,strict=true").reward as? CountdownReward)?.credit == 0.1)
        let folder = try ScratchFolder()
        let pattern = try folder.write("[0-9]{1,3}\n", to: "pattern.txt").path
        #expect(try judge("regex:file=\(pattern),whole=true").reward.name == "regex")
        #expect(
            message("format:style=xml")
                == "reward 'format': style=xml, expected one of think-answer, think, answer, boxed, gsm8k")
        #expect(message("length").contains("needs max=…"))
        #expect((try judge("overlong:max=20,cache=8").reward as? OverlongReward)?.cache == 8)
        #expect(message("overlong:max=20").contains("needs cache=…"))
        #expect(message("overlong:max=20,cache=30").contains("from 1.0 to below 21.0"))
        #expect(message("length:max=5,min=6").contains("min=6, expected a number from 0.0 to below 6.0"))
        #expect(message("regex").contains("needs pattern=…"))
        #expect(message("regex:pattern=(").contains("pattern=(, expected a regular expression"))
        #expect(message("regex:pattern=a,column=b").contains("column=b, expected none beside pattern"))
        #expect(message("regex:file=nowhere.txt").contains("nowhere.txt: expected a file of text"))
        #expect(message("countdown:credit=1").contains("expected a number from 0.0 to below 1.0"))
        #expect(message("exact:ignore_case=maybe").contains("expected true or false"))
        let schema = try folder.write(#"{"typ": "object"}"#, to: "schema.json").path
        #expect(message("json:schema=\(schema)").contains("schema.json: expected a JSON schema, found /typ:"))
        #expect(message("json:schema=\(schema),column=x").contains("expected none beside schema"))
    }

    @Test func readsTheLexiconFromAFile() throws {
        let folder = try ScratchFolder()
        let file = try folder.write(sampleLexicon, to: "lexicon.txt").path
        let warm = try #require(
            try judge("warm:lexicon=\(file),unfinished=2").reward as? WarmReward)
        #expect(warm.lexicon.count == 7)
        #expect(warm.penalties == AnswerPenalties(unfinished: 2, repetition: 1))
        #expect(try judge("warm", lexicon: file).reward.name == "warm")
    }

    @Test func aLexiconIsForARewardThatReadsIt() throws {
        func check(_ selections: [String]...) throws {
            try catalogue.checkLexicon(of: selections.map { RewardSelection($0, lexicon: "l.txt") })
        }
        try check(["concise"], ["warm"])
        try catalogue.checkLexicon(of: [RewardSelection(["concise"])])
        for arguments in [["concise"], ["concise", "warm:lexicon=other.txt"], []] {
            let error = #expect(throws: InvalidSetting.self) { try check(arguments) }
            #expect(
                error?.description.hasPrefix("lexicon: expected a reward beside it that reads one") == true)
        }
    }

    @Test func errorsNameWhatIsKnown() {
        #expect(
            message("cold")
                == "reward 'cold' is not known; the rewards are "
                + "accuracy, attentive, candid, concise, countdown, exact, format, gate, gsm8k, harmless, json, judge, "
                + "length, math, number, overlong, program, regex, repetition, reward-model, to-the-point, warm"
        )
        #expect(
            message("concise:enuf=3")
                == "reward 'concise' has no option 'enuf'; its options are "
                + "enough, error, repetition, temperature, unfinished, weight")
        #expect(
            message("concise:enough=few")
                == "reward 'concise': enough=few, expected a number from 1.0 to below 1000000.0")
        #expect(
            message("concise:error=0.5")
                == "reward 'concise': error=0.5, expected a number from 0.0 to below 0.5")
        #expect(
            message("concise:error=nan")
                == "reward 'concise': error=nan, expected a number from 0.0 to below 0.5")
        #expect(
            message("concise:unfinished=-1")
                == "reward 'concise': unfinished=-1, expected a number of at least 0.0")
        #expect(message("concise:weight=inf") == "reward 'concise': weight=inf, expected a number")
        #expect(message("concise:error=0.1,error=0.2").contains("'error' is given twice"))
        #expect(message("warm:lexicon=nowhere.txt").contains("the lexicon cannot be read"))
        #expect(message("reward-model").contains("needs model=…"))
        #expect(
            message("judge:http://127.0.0.1:1/v1#m,clamp=0.7").contains(
                "clamp=0.7, expected none without thoughts"))
        #expect(
            message("judge:http://127.0.0.1:1/v1#m,thoughts=9,clamp=1.5").contains(
                "expected a number from 0.5 to 1"))
        for malformed in ["", ":", "concise:", "concise:enough", "concise:enough=", "concise:=3"] {
            #expect(message(malformed).contains("expected NAME or NAME:key=value"), "\(malformed)")
        }
        #expect(message() == "judge: expected at least one reward, found none")
    }

    /// As a policy's reward it only scores: what makes a judge of it would change nothing.
    @Test func aRewardAloneHasNoJudgesOptions() throws {
        let sources = try catalogue.sources(RewardSelection(["concise:enough=20"]), on: computation)
        #expect((try sources.loadSum() as? ConciseReward)?.enough == 20)
        let error = #expect(throws: NamedArgumentError.self) {
            _ = try catalogue.sources(RewardSelection(["concise:error=0.1"]), on: computation)
        }
        #expect(
            error?.description.hasSuffix("its options are enough, repetition, unfinished, weight") == true)
    }

    @Test func takesFurtherRewards() throws {
        var catalogue = catalogue
        catalogue.add(.init(name: "numeral", temperature: 3) { _ in NumberReward() })
        let judge = try catalogue.judge(RewardSelection(["numeral"]), seed: 1, on: computation)
        #expect(judge.temperature == 3)
    }
}

/// Several rewards with weights, as every verb takes them.
@Suite struct RewardSumTests {
    /// Scores answers by a column of the prompt's row; nil where there is none.
    private struct ColumnReward: Reward {
        let name: String
        let description = "A column."

        func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { $0.columns[name]?.number } }
    }

    private let catalogue = RewardCatalogue(
        entries: ["a", "b"].map { name in
            .init(name: name, temperature: name == "a" ? 3 : 4) { _ in ColumnReward(name: name) }
        })
    private let computation: Computation

    init() throws {
        var run = RunConfiguration()
        run.device = "cpu"
        computation = try Computation(run)
    }

    private func input(_ columns: JSONObject) -> RewardInput {
        RewardInput(prompt: .plain("p"), text: "t", isFinished: true, columns: columns)
    }

    @Test func severalOfAKindAreNumbered() throws {
        let one = RewardSelection(["a", "a:weight=2", "b"])
        #expect(try catalogue.sources(one, on: computation).names == ["a", "a-2", "b"])
        let message = #expect(throws: InvalidSetting.self) {
            _ = try catalogue.sources(RewardSelection(["a", "a"]), on: computation)
        }
        #expect(message?.description == "reward: expected each reward once, found 'a' twice")
        #expect(throws: NamedArgumentError.self) {
            _ = try catalogue.sources(
                RewardSelection(["a:weight=2", "b"], weights: [1, 1]), on: computation)
        }
    }

    @Test func whatAllBeginWithIsSaidOnce() throws {
        let judge = try RewardCatalogue.standard.judge(
            RewardSelection(["concise", "attentive"]), seed: 1, on: computation)
        #expect(
            judge.description.hasPrefix(
                "A program that stands in for people. The score is 1.0 × concise + 1.0 × attentive. concise: It likes"
            ))
        #expect(judge.description.ranges(of: "stands in for people").count == 1)
        #expect(judge.description.contains(" attentive: It likes answers that speak of"))
    }

    @Test func aSumSaysWhatItIs() throws {
        let judge = try catalogue.judge(RewardSelection(["a", "b:weight=0.1"]), seed: 1, on: computation)
        #expect(judge.description.hasPrefix("The score is 1.0 × a + 0.1 × b. A column. A column. It prefers"))
        // √(3² + 0.4²) = 3.02655
        #expect(judge.description.contains("at temperature 3.0265, and 5 % of its choices"))
    }

    @Test func weightsComeFromTheArgumentOrFromTheirList() throws {
        let inputs = [input(["a": 1.0, "b": 10.0])]
        for selection in [
            RewardSelection(["a:weight=2", "b:weight=-0.5"]),
            RewardSelection(["a", "b"], weights: [2, -0.5]),
        ] {
            let sum = try catalogue.sources(selection, on: computation).loadSum()
            #expect(sum.name == "a+b")
            #expect(try sum.scores(of: inputs) == [2 * 1 - 0.5 * 10])
        }
        let error = #expect(throws: InvalidSetting.self) {
            try catalogue.sources(RewardSelection(["a", "b"], weights: [1]), on: computation)
        }
        #expect(error?.description == "reward_weights: expected one for each of 2 rewards, found 1")
    }

    /// A reward that is only reported makes no score where the others have none.
    @Test func aWeightOfZeroReportsAlone() throws {
        let selection = RewardSelection(["a", "b:weight=0"])
        let rewards = try catalogue.sources(selection, on: computation).load()
        let table = try RewardTable(of: [input(["a": 1.0, "b": 5.0]), input(["b": 5.0])], by: rewards)
        #expect(table.totals == [1, nil])
        #expect(table.columns[1].scores == [5, 5])
    }

    /// What cannot be scored leaves the sum, and a sum of nothing is no score; neither is 0.
    @Test func whatCannotBeScoredIsNotZero() throws {
        let sum = try catalogue.sources(RewardSelection(["a", "b"]), on: computation).loadSum()
        #expect(try sum.scores(of: [input(["a": 1.0]), input([:])]) == [1, nil])
        let judge = try catalogue.judge(RewardSelection(["a", "b"]), seed: 1, on: computation)
        #expect(throws: RewardError.self) { try judge.scored([input([:])]) }
        #expect(throws: RewardError.self) { try judge.scored([input(["a": .number(.nan)])]) }
    }

    @Test func aJudgeOfSeveralHasOneTemperature() throws {
        func temperature(_ texts: String...) throws -> Double {
            try catalogue.judge(RewardSelection(texts), seed: 1, on: computation).temperature
        }
        #expect(try temperature("a", "b") == 5)
        #expect(try temperature("a:weight=2") == 6)
        #expect(try temperature("a:temperature=1", "b") == 1)
        #expect(throws: NamedArgumentError.self) { try temperature("a:temperature=1", "b:temperature=2") }
    }
}
