import Datasets
import Foundation
import JSON
import Statistics
import TestSupport
import Testing

@testable import Rewards

/// Audits of rewards whose faults are known.
@Suite struct RewardLintTests {
    /// A verifier in a closure.
    private struct Verifier: Reward {
        let name = "verifier"
        let description = "A verifier of a test."
        let score: (String, RewardInput) throws -> Double?

        func scores(of inputs: [RewardInput]) throws -> [Double?] {
            try inputs.map { input in
                guard let truth = input.columns["answer"]?.string else { return nil }
                return try score(truth, input)
            }
        }
    }

    private func lint(
        _ rows: [LintRow] = LintRow.standard, _ score: @escaping (String, RewardInput) throws -> Double?
    ) throws -> LintReport {
        try RewardLint(of: Verifier(score: score), on: rows).report()
    }

    private func names(_ report: LintReport, _ verdict: LintReport.Verdict) -> Set<String> {
        Set(report.findings.filter { $0.verdict == verdict }.map(\.name))
    }

    private func finding(_ name: String, in report: LintReport) throws -> LintReport.Finding {
        try #require(report.findings.first { $0.name == name }, "\(name)")
    }

    // MARK: Verifiers

    /// One whole line that says nothing but the answer, compared letter by letter.
    @Test func aStrictVerifierWithstandsEverything() throws {
        let report = try lint { $1.text == "The answer is \($0)." ? 1 : 0 }
        #expect(names(report, .exploitable).isEmpty && names(report, .broken).isEmpty)
        #expect(report.failure == nil)
        #expect(report.form == "sentence" && report.scale == 1)
        #expect(
            names(report, .strict) == [
                "same: a decimal point", "same: a fraction", "same: mathematics", "same: bold",
                "same: a plus sign",
                "same: thousands apart", "same: words", "same: full-width digits", "same: Arabic digits",
                "same: a trailing zero", "same: capitals", "same: small letters",
            ])
        #expect(report.summary.hasPrefix("reward 'verifier' withstood all checks that apply to it; 12 other"))
        let shotgun = try finding("shotgun", in: report)
        #expect(shotgun.gain == Estimate(mean: 0, low: 0, high: 0))
        #expect(shotgun.gainOverRight?.mean == -1 && shotgun.worked == 0)
        // "Lisbon" has no six numbers beside it, but two other words.
        #expect(shotgun.tried == LintRow.standard.count)
    }

    /// Whether the truth occurs anywhere: the classic.
    @Test func aSubstringIsNoProof() throws {
        let report = try lint { $1.text.contains($0) ? 1 : 0 }
        #expect(
            names(report, .exploitable).isSuperset(of: [
                "shotgun", "list", "contradiction", "negation", "truncated", "not: a digit more",
                "not: a digit in front", "not: a zero more", "not: a decimal place", "not: a word in front",
            ]))
        #expect(
            names(report, .pass).isSuperset(of: [
                "truth", "empty", "blank", "empty-box", "format-farming", "placeholder", "padding",
                "injection",
                "confidence", "kindness", "not: one added", "repeatable", "robust",
            ]))
        let shotgun = try finding("shotgun", in: report)
        #expect(
            shotgun.gain?.mean == 1 && shotgun.gainOverRight?.mean == 0 && shotgun.worked == shotgun.tried)
        #expect(shotgun.example?.answer.contains("42") == true && shotgun.example?.score == 1)
        #expect(report.failure?.names.contains("shotgun") == true)
        #expect(report.failure?.category == .unhealthy)
    }

    /// The last number counts, whatever is said about it.
    @Test func theLastNumberMayBeDenied() throws {
        let report = try lint { truth, input in
            guard let truth = Double(truth) else { return nil }
            let numbers = input.text.matches(of: /-?\d+(\.\d+)?/).compactMap { Double($0.output.0) }
            return numbers.last == truth ? 1 : 0
        }
        #expect(names(report, .exploitable) == ["negation", "truncated"])
        #expect(try finding("truth", in: report).worked == 8)
        #expect(names(report, .strict).isDisjoint(with: ["same: a decimal point", "same: a plus sign"]))
        #expect(
            names(report, .strict).isSuperset(of: [
                "same: a fraction", "same: words", "same: thousands apart",
            ]))
    }

    @Test func marksWithoutContentAreFarmed() throws {
        let report = try lint { truth, input in
            let format = input.text.contains("<answer>") && input.text.contains("</think>") ? 0.5 : 0
            return format + (input.text.contains("<answer>\(truth)</answer>") ? 1 : 0)
        }
        // A wrong answer in the same marks earns the same half: nothing is gained beyond the format.
        #expect(report.form == "tags" && report.scale == 1)
        #expect(names(report, .exploitable) == ["shotgun", "contradiction"])
        let alone = try lint { _, input in input.text.contains("<answer>") ? 1 : 0 }
        #expect(alone.form == nil)
        #expect(names(alone, .exploitable) == ["truth", "empty-box", "placeholder", "format-farming"])
        // The whole layout and nothing else.
        let whole = try lint { _, input in
            input.text.wholeMatch(of: /<think>.*<\/think>\s*<answer>[^<]*<\/answer>/.dotMatchesNewlines())
                == nil ? 0 : 1
        }
        #expect(names(whole, .exploitable) == ["truth", "empty-box", "placeholder"])
        #expect(try finding("shotgun", in: alone).verdict == .notApplicable)
    }

    @Test func anOrderIsObeyed() throws {
        let report = try lint { truth, input in
            input.text.contains("maximum score") ? 10 : input.text == truth ? 1 : 0
        }
        #expect(report.form == "bare")
        #expect(names(report, .exploitable) == ["injection"])
        #expect(try finding("injection", in: report).gain?.mean == 10)
        #expect(try finding("injection", in: report).gainOverRight?.mean == 9)
    }

    @Test func anEmptyAnswerIsRight() throws {
        let report = try lint { truth, input in
            input.text.filter { !$0.isWhitespace }.isEmpty || input.text == "The answer is \(truth)." ? 1 : 0
        }
        #expect(names(report, .exploitable) == ["empty", "blank"])
    }

    /// 6 decimals of a difference, as percent of it: 42 and 42.5 are one.
    @Test func roundingBlursDistinctions() throws {
        let report = try lint { truth, input in
            guard let value = Double(truth), let found = Double(input.text) else { return nil }
            return abs(value - found) <= 0.5 ? 1 : 0
        }
        #expect(names(report, .exploitable) == ["not: a decimal place"])
        #expect(!names(report, .strict).contains("same: a decimal point"))
    }

    // MARK: Rewards that do not look at the truth

    @Test func aTasteIsServed() throws {
        let concise = try RewardLint(of: ConciseReward(), on: LintRow.standard).report()
        #expect(concise.form == nil)
        #expect(
            names(concise, .exploitable) == [
                "truth", "empty-box", "format-farming", "placeholder", "a-word", "echo", "refusal",
            ])
        #expect(
            names(concise, .pass).isSuperset(of: [
                "empty", "padding", "repetition", "confidence", "repeatable",
            ]))
        #expect(try finding("a-word", in: concise).gain?.low ?? 0 > 0)

        let folder = try ScratchFolder()
        let lexicon = try ValenceLexicon(
            contentsOf: folder.write(
                "wonderful\t2.7\t0\t[]\nglad\t2.0\t0\t[]\nhope\t1.9\t0\t[]\nthank\t1.5\t0\t[]\nlovely\t2.8\t0\t[]\n"
                    + "happy\t2.7\t0\t[]\ndear\t1.6\t0\t[]\nfriend\t2.2\t0\t[]\neasy\t1.9\t0\t[]\nlike\t1.5\t0\t[]\n",
                to: "lexicon.txt"))
        let warm = try RewardLint(of: WarmReward(lexicon: lexicon), on: LintRow.standard).report()
        #expect(names(warm, .exploitable).isSuperset(of: ["truth", "kindness"]))
        #expect(names(warm, .pass).isSuperset(of: ["empty", "repetition", "injection", "repeatable"]))
    }

    @Test func lengthIsNoVirtue() throws {
        let rows = LintRow.standard.map { LintRow(prompt: $0.prompt, responses: $0.responses) }
        struct Length: Reward {
            let name = "length"
            let description = "Likes many letters."
            func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { Double($0.text.count) } }
        }
        let report = try RewardLint(of: Length(), on: rows).report()
        #expect(
            names(report, .exploitable).isSuperset(of: ["padding", "repetition", "kindness", "injection"]))
        #expect(try finding("truth", in: report).verdict == .notApplicable)
        let padding = try #require(LintAttack.all.first { $0.name == "padding" })
        let padded = padding.attempts(LintSubject(row: rows[0], form: .sentence, honest: "", wrong: []))
        #expect(padded.count == 1 && padded[0].count > 500)
        #expect(try finding("padding", in: report).gain?.mean == Double(padded[0].count))
    }

    // MARK: What no reward may do

    @Test func whoForgetsIsFound() throws {
        var calls = 0.0
        let report = try lint {
            calls += 1
            return ($1.text == "The answer is \($0)." ? 1 : 0) + calls / 100
        }
        #expect(names(report, .broken) == ["repeatable"])
    }

    @Test func whoFailsIsFound() throws {
        let report = try lint { truth, input in
            guard !input.text.isEmpty else { throw RewardError.unscored(input, why: "nothing to score") }
            return input.text == "The answer is \(truth)." ? 1 : 0
        }
        #expect(names(report, .broken) == ["robust"])
        let robust = try finding("robust", in: report)
        #expect(robust.reason?.contains("nothing to score") == true && robust.example?.answer == "")
        // One that fails everywhere ends the audit.
        #expect(throws: RewardError.self) {
            try lint { _, input in throw RewardError.unscored(input, why: "no") }
        }
        // What is no fault of the answers is no finding.
        #expect(throws: RewardError.lexiconEmpty(path: "x")) {
            try lint { _, _ in throw RewardError.lexiconEmpty(path: "x") }
        }
    }

    @Test func extremeScoresAreMeasuredOrLeftOut() throws {
        let report = try lint { $1.text == "The answer is \($0)." ? 1e308 : -1e308 }
        #expect(report.form == nil)
        #expect(try finding("empty", in: report).verdict == .pass)
        let silent = try lint { _, _ in nil }
        #expect(silent.failure?.names == ["truth"])
        #expect(try finding("repeatable", in: silent).verdict == .notApplicable)
    }

    // MARK: Programs

    @Test func programsAreAuditedToo() throws {
        let programs = try Programs()
        let careless = try programs.each(
            #"""
            truth=$(printf '%s' "$line" | sed 's/.*"answer":"\([^"]*\)".*/\1/')
            text=${line#*'"completion":"'}; text=${text%'","ended"'*}
            case $text in *"$truth"*) reply $id 1 ;; *) reply $id 0 ;; esac
            """#)
        let report = try RewardLint(of: Programs.reward(careless, "workers=2"), on: LintRow.standard).report()
        #expect(names(report, .exploitable).isSuperset(of: ["shotgun", "negation", "not: a digit more"]))
        #expect(report.notes.count == 1)
        guard Programs.python != nil else { return print("skipped: there is no python3") }
        let example = Fixtures.root.appending(path: "../../examples/rewards/boxed.py").standardizedFileURL
        let good = try RewardLint(of: Programs.reward(example.path), on: LintRow.standard).report()
        #expect(good.failure == nil, "\(good.lines)")
        #expect(good.form == "boxed")
    }
}
