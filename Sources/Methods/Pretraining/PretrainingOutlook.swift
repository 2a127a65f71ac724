import LanguageModels
import Runs
import Statistics
import Training

/// What a run will be like, told before it begins.
struct PretrainingOutlook {
    let line: String

    /// - Parameter secondsPerToken: of passes forward and backward.
    init(
        _ text: PretrainingText, rows: ShardRows, model: LanguageModel, training: TrainingConfiguration,
        secondsPerToken: Double
    ) {
        let learned = model.trainableParameters.reduce(0) { $0 + $1.tensor.count }
        let weights = model.weights.reduce(0) { $0 + $1.tensor.count }
        let steps = training.totalSteps(stepsPerEpoch: rows.stepsPerEpoch ?? 1)
        let length = text.parts[0].length
        let rowsOfStep = min(training.batchSize * training.gradientAccumulationSteps, rows.rowsOfEpoch)
        let tokens = Double(steps) * Double(rowsOfStep * length)
        let epochs = Double(steps) / Double(rows.stepsPerEpoch ?? 1)
        var parts = [
            "\(amount(Double(weights))) weights"
                + (learned == weights ? "" : ", of which \(amount(Double(learned))) learn"),
            "\(amount(Double(text.tokenCount))) tokens in \(text.documentCount) document\(text.documentCount == 1 ? "" : "s") "
                + "(\(NumberStyle.fixed(Double(text.byteCount) / Double(text.tokenCount), decimals: 2)) bytes each) × "
                + "\(NumberStyle.fixed(epochs, decimals: epochs < 10 ? 1 : 0)) epochs",
            "\(steps) steps of \(rowsOfStep * length) tokens",
            "about \(ProgressText.duration(secondsPerToken * tokens)) at \(amount(1 / secondsPerToken)) tokens/s",
        ]
        // Two moments in fp32, which no step has touched yet.
        if let used = Machine.peakMemory {
            parts.append("\(NumberStyle.fixed(Double(used + learned * 8) / 1e9, decimals: 1)) GB")
        }
        line = parts.joined(separator: "; ")
    }
}

/// `12.3 M`
func amount(_ number: Double) -> String {
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where number >= size {
        return "\(NumberStyle.fixed(number / size, decimals: number < 100 * size ? 1 : 0)) \(unit)"
    }
    return NumberStyle.fixed(number, decimals: 0)
}
