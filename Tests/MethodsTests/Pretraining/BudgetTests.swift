import Files
import Foundation
import TestSupport
import Testing
import Training

@testable import Methods

@Suite struct BudgetTests {
    @Test(arguments: [("90s", 90), ("20m", 1200), ("1.5h", 5400)])
    func timesAreRead(_ text: String, seconds: Double) {
        #expect(TimeBudget(text)?.seconds == seconds && TimeBudget(text)?.description == text)
    }

    @Test(arguments: ["", "m", "20", "5s", "-20m", "nanm", "1e9h", "20 minutes"])
    func whatIsNoTimeIsNone(_ text: String) { #expect(TimeBudget(text) == nil) }

    private func points(
        _ law: (_ weights: Double, _ tokens: Double) -> Double, sizes: [Double] = [1e6, 4e6, 2e7]
    ) -> [ScalingFit.Point] {
        sizes.flatMap { weights in
            [1e4, 3e4, 1e5, 3e5].map {
                ScalingFit.Point(weights: weights, tokens: $0, loss: law(weights, $0))
            }
        }
    }

    @Test func aLawIsFoundAgain() throws {
        let fit = try #require(ScalingFit(points { 1.7 + 400 / pow($0, 0.34) + 40 / pow($1, 0.28) }))
        expectClose(fit.floor, 1.7, relative: 1e-6, "floor")
        expectClose(fit.ofWeights, 400, relative: 1e-6, "weights")
        expectClose(fit.ofTokens, 40, relative: 1e-6, "tokens")
        expectClose(
            fit.loss(weights: 1e7, tokens: 1e6, of: 1e9), 1.7 + 400 / pow(1e7, 0.34) + 40 / pow(1e6, 0.28),
            relative: 1e-6, "loss")
    }

    /// No term is negative: larger models and more text never make it worse.
    @Test func aLawIsNeverAgainstSizeOrText() throws {
        let fit = try #require(ScalingFit(points { 5 - 400 / pow($0, 0.34) + 40 / pow($1, 0.28) }))
        #expect(fit.floor >= 0 && fit.ofWeights == 0 && fit.ofTokens > 0)
        #expect(ScalingFit([]) == nil)
        // One size says nothing of sizes, but a law there is.
        #expect(ScalingFit(points({ 3 + 40 / pow($1, 0.28) }, sizes: [1e6])) != nil)
    }

    /// Four times the text is nearly worth as much as new text, forty times is not (Muennighoff et al., 2023, section 5).
    @Test func textThatIsSeenAgainIsWorthLess() {
        #expect(ScalingFit.worth(of: 50, text: 100) == 50 && ScalingFit.worth(of: 100, text: 100) == 100)
        #expect((0.9...1).contains(ScalingFit.worth(of: 400, text: 100) / 400))
        #expect((0.3...0.45).contains(ScalingFit.worth(of: 4000, text: 100) / 4000))
    }

    private func trial(_ preset: ModelPreset, weights: Int, rate: Double) -> BudgetPlan.Trial {
        BudgetPlan.Trial(
            preset: preset, weights: weights, secondsPerToken: 1 / rate,
            points: [2e4, 5e4, 1e5].map {
                .init(
                    weights: Double(weights), tokens: $0,
                    loss: 1 + 200 / pow(Double(weights), 0.34) + 50 / pow($0, 0.28))
            })
    }

    /// In little time a small model is better, in much a large one; steps fill the time at the measured speed.
    @Test func theSizeFollowsFromTheTime() throws {
        let trials = [
            trial(.nano, weights: 1_000_000, rate: 1e5), trial(.small, weights: 20_000_000, rate: 5000),
        ]
        func plan(_ seconds: Double) throws -> BudgetPlan {
            try #require(
                BudgetPlan(trials, seconds: seconds, textTokens: 1_000_000_000, length: 512, rowsPerStep: nil)
            )
        }
        let (short, long) = (try plan(5), try plan(50_000))
        #expect(short.trials[short.chosen].preset == .nano && long.trials[long.chosen].preset == .small)
        for (plan, seconds) in [(short, 5.0), (long, 50_000)] {
            let tokens = Double(plan.steps * plan.rowsPerStep * 512)
            let time = tokens * plan.trials[plan.chosen].secondsPerToken
            #expect(abs(time / seconds - 1) < 0.02)
            #expect((4...64).contains(plan.rowsPerStep))
        }
        let given = BudgetPlan(trials, seconds: 600, textTokens: 1_000_000, length: 512, rowsPerStep: 3)
        #expect(given?.rowsPerStep == 3)
        #expect(BudgetPlan([], seconds: 600, textTokens: 1, length: 8, rowsPerStep: nil) == nil)
        #expect(short.lines.count == 3 && short.lines[1].contains("▸ nano"))
    }

    /// Evaluations take a tenth of the time unless somebody asks for more, and one is always made.
    @Test func evaluationsLeaveTimeToLearn() throws {
        func plan(_ evaluations: BudgetPlan.Evaluations) throws -> BudgetPlan {
            try #require(
                BudgetPlan(
                    [trial(.nano, weights: 1_000_000, rate: 1e4)], seconds: 100, textTokens: 1_000_000,
                    length: 512, rowsPerStep: nil, evaluations: evaluations))
        }
        // Of a million tokens, a tenth would pay for ten, five or none of them.
        for (tokens, count, interval) in [
            (5e3, 10, StepInterval.share(0.1)), (2e4, 5, .share(0.2)), (3e5, 1, .steps(341)),
        ] {
            let plan = try plan(.init(tokens: tokens, count: 10, isGiven: false))
            #expect(plan.trials[0].evaluations == count && plan.evaluateEvery == interval)
            expectClose(plan.trials[0].tokens, 1e6 - Double(count) * tokens, relative: 1e-9, "tokens")
        }
        let asked = try plan(.init(tokens: 3e5, count: 10, isGiven: true))
        #expect(asked.trials[0].evaluations == 10 && asked.trials[0].tokens == 5e5)
        #expect(asked.lines[0].contains(", 10 evaluations; "))
    }

    @Test func aPlanIsKeptWithItsPicture() throws {
        let folder = try ScratchFolder()
        let plan = try #require(
            BudgetPlan(
                [trial(.nano, weights: 1_000_000, rate: 1e5)], seconds: 60, textTokens: 1000, length: 64,
                rowsPerStep: nil))
        #expect(try BudgetPlan.kept(in: folder.url) == nil)
        try plan.write(to: folder.url)
        #expect(try BudgetPlan.kept(in: folder.url)?.steps == plan.steps)
        #expect(try folder.text("budget.svg").contains("nano, expected"))
        // As somebody may have edited it.
        let written = try folder.text("budget.json")
        for (key, value) in [
            ("chosen", "0"), ("rowsPerStep", "\(plan.rowsPerStep)"), ("steps", "\(plan.steps)"),
        ] {
            let edited = written.replacing("\"\(key)\":\(value)", with: "\"\(key)\":-1")
            #expect(edited != written)
            try folder.write(edited, to: "budget.json")
            #expect(throws: MalformedFile.self) { try BudgetPlan.kept(in: folder.url) }
        }
    }
}
