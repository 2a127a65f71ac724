import Charts
import Files
import Foundation
import Runs
import Statistics
import Training

/// What a run of a given time is to be, and what short runs of every size said of it.
struct BudgetPlan: Codable {
    /// A short run.
    struct Trial: Codable {
        /// Nil for a model whose size is given.
        let preset: ModelPreset?
        let weights: Int
        let secondsPerToken: Double
        /// Means over stretches of it.
        let points: [ScalingFit.Point]
        /// Of the whole run, were it of this size.
        var tokens = 0.0
        /// Nil in plans of earlier versions.
        var evaluations: Int?
        var expectedLoss = 0.0
    }

    /// What evaluations cost.
    struct Evaluations {
        /// Of one, as so many that are learned from in the same time.
        let tokens: Double
        let count: Int
        /// Whether somebody wants so many; otherwise they are fewer where they would take more than a tenth of the time.
        let isGiven: Bool

        static let none = Evaluations(tokens: 0, count: 0, isGiven: true)

        /// How many there are in a time in which so many tokens could be learned from: one at least, at the end.
        fileprivate func count(within tokens: Double) -> Int {
            guard !isGiven, self.tokens > 0 else { return count }
            return min(count, max(1, Int(tokens / 10 / self.tokens)))
        }
    }

    let trials: [Trial]
    let fit: ScalingFit
    /// Of the trials the one that is taken.
    let chosen: Int
    let rowsPerStep: Int
    let steps: Int
    let textTokens: Int

    /// - Parameters:
    ///   - seconds: for steps of the run.
    ///   - length: tokens of a row.
    ///   - rowsPerStep: where they are given.
    ///   - evaluations: for which time has to be left, but at most half of it is.
    /// - Returns: nil where no trial took a step.
    init?(
        _ trials: [Trial], seconds: Double, textTokens: Int, length: Int, rowsPerStep given: Int?,
        evaluations: Evaluations = .none
    ) {
        guard let fit = ScalingFit(trials.flatMap(\.points)) else { return nil }
        self.fit = fit
        self.textTokens = textTokens
        let trials = trials.map { trial in
            var trial = trial
            let tokens = seconds / trial.secondsPerToken
            let count = evaluations.count(within: tokens)
            trial.evaluations = count
            trial.tokens = max(tokens - Double(count) * evaluations.tokens, tokens / 2)
            trial.expectedLoss = fit.loss(
                weights: Double(trial.weights), tokens: trial.tokens, of: Double(textTokens))
            return trial
        }
        self.trials = trials
        chosen = trials.indices.min { trials[$0].expectedLoss < trials[$1].expectedLoss } ?? 0
        let tokens = trials[chosen].tokens
        rowsPerStep = given ?? Self.rows(tokens: tokens, length: length)
        steps = max(1, Int(tokens / Double(rowsPerStep * length)))
    }

    /// So many that the run has about a thousand steps, within what is good for small models.
    private static func rows(tokens: Double, length: Int) -> Int {
        let rows = Int(tokens / 1000 / Double(length))
        let fewest = max(1, 2048 / length), most = max(1, 32_768 / length)
        let wanted = min(max(rows, fewest), most)
        // Whole passes.
        return wanted <= passRows ? wanted : wanted / passRows * passRows
    }

    /// Rows of a pass at most.
    static let passRows = 16

    /// How often to evaluate; nil in plans of earlier versions.
    var evaluateEvery: StepInterval? {
        trials[chosen].evaluations.map { $0 > 1 ? .share(1 / Double($0)) : .steps($0 * steps) }
    }

    // MARK: Telling

    var lines: [String] {
        let table = trials.enumerated().map { index, trial in
            let epochs = trial.tokens / Double(textTokens)
            return
                "  \(index == chosen ? "▸" : " ") \(trial.name): \(amount(Double(trial.weights))) weights at "
                + "\(amount(1 / trial.secondsPerToken)) tokens/s see \(amount(trial.tokens)) tokens "
                + "(\(NumberStyle.fixed(epochs, decimals: 1)) epochs): loss \(NumberStyle.fixed(trial.expectedLoss, decimals: 3)) expected"
        }
        let reason =
            switch (trials.count, trials[0].preset) {
            case (1, nil): "its speed was measured"
            case (1, _): "larger ones are too slow for it"
            default: "the size with the lowest loss by a fit to short runs of each"
            }
        let count = trials[chosen].evaluations ?? 0
        let evaluations = count == 0 ? "" : ", \(count) evaluation\(count == 1 ? "" : "s")"
        return ["planned for the time given: \(steps) steps of \(rowsPerStep) rows\(evaluations); \(reason)"]
            + table
    }

    private static let file = "budget.json"

    /// Keeps the plan, and its picture, in the folder of the run.
    func write(to folder: URL) throws {
        try AtomicFile.write(encoding: self, to: folder.appendingPathComponent(Self.file))
        try AtomicFile.write(
            Data(chart.standaloneSVG(width: 640).utf8), to: folder.appendingPathComponent("budget.svg"))
    }

    /// The plan of a run that is resumed; nil where it has none yet.
    /// - Throws: `MalformedFile` for what is no plan.
    static func kept(in folder: URL) throws -> BudgetPlan? {
        let file = folder.appendingPathComponent(file)
        guard FileSystem.exists(file) else { return nil }
        let plan = try FileSystem.decode(BudgetPlan.self, from: file)
        guard plan.trials.indices.contains(plan.chosen),
            [plan.rowsPerStep, plan.steps, plan.textTokens].allSatisfy({ 1...(1 << 53) ~= $0 })
        else {
            throw MalformedFile(
                file,
                expected: "a plan whose chosen trial is among its trials, of at least one step of one row",
                found:
                    "trial \(plan.chosen) of \(plan.trials.count), \(plan.steps) steps of \(plan.rowsPerStep) rows"
            )
        }
        return plan
    }

    private var chart: LineChart {
        let series = trials.enumerated().flatMap { index, trial -> [LineChart.Series] in
            guard let first = trial.points.first else { return [] }
            let ends = (0...20).map { first.tokens * pow(trial.tokens / first.tokens, Double($0) / 20) }
            return [
                LineChart.Series(
                    name: trial.name, style: 2 * index, x: trial.points.map(\.tokens),
                    y: trial.points.map(\.loss)),
                LineChart.Series(
                    name: "\(trial.name), expected", style: 2 * index + 1, x: ends,
                    y: ends.map {
                        fit.loss(weights: Double(trial.weights), tokens: $0, of: Double(textTokens))
                    }),
            ]
        }
        return LineChart(
            title: "Short runs, and what is expected of long ones",
            summary:
                "Loss = \(shown(fit.floor)) + \(shown(fit.ofWeights)) / weights^0.34 + \(shown(fit.ofTokens)) / tokens^0.28; "
                + "\(trials[chosen].name) is expected to have the lowest at the end.",
            horizontal: Axis("tokens", spacing: .logarithmic), vertical: Axis("loss, nats per token"),
            series: series)
    }

    private func shown(_ number: Double) -> String { NumberStyle.fixed(number, decimals: 2) }
}

extension BudgetPlan.Trial {
    var name: String { preset?.rawValue ?? "the model" }
}
