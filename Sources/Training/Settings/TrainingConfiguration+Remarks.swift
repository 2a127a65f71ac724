import Foundation

extension TrainingConfiguration {
    /// A rate at which Adam moves every weight by a tenth in a step, more than most weights are.
    private static let suspiciousLearningRate = 0.1

    /// What is done as it was asked for and yet may not be what was meant.
    /// - Parameter totalSteps: of the run.
    func remarks(totalSteps: Int) -> [String] {
        let warmup = warmupSteps(of: totalSteps)
        let twice = Dictionary(grouping: trainingPaths, by: \.standardizedPath).values.first { $0.count > 1 }
        let learned = Set(trainingPaths.map(\.standardizedPath))
        return [
            warmup >= totalSteps && warmup > 1
                ? "the learning rate rises for \(warmup) steps and the run has \(totalSteps): it never gets to its peak"
                : nil,
            learningRate.flatMap { rate in
                rate > Self.suspiciousLearningRate
                    ? "a learning rate of \(rate) moves every weight by about as much in each step; rates from 1e-6 to 1e-2 are usual"
                    : nil
            },
            twice.map { "\($0[0]) is given twice: its rows are seen twice as often" },
            evaluation.first { learned.contains($0.standardizedPath) }.map {
                "\($0) is learned from and evaluated on: that says how well it is remembered, not what was learned"
            },
            allShares.count == 1 && allShares[0] != 1
                ? "a share of \(allShares[0]) for the only file changes nothing: all of its rows are used"
                : nil,
        ].compactMap(\.self)
    }

    private var allShares: [Double] { ((try? trainingFiles) ?? []).compactMap(\.fraction) }
}

extension String {
    /// Equal for two ways to write the path of one file.
    fileprivate var standardizedPath: String {
        URL(fileURLWithPath: self).resolvingSymlinksInPath().standardizedFileURL.path
    }
}
