import Errors

/// Scores answers of an audit. An answer at which the reward fails has no score, and is a finding.
final class LintScores {
    /// Answers that were scored.
    private(set) var count = 0
    /// What went wrong, at which answer.
    private(set) var failures: [(input: RewardInput, message: String)] = []
    private let reward: any Reward
    private let mostFailures: Int

    /// - Parameter mostFailures: at the last of which the audit ends, as each may take as long as a program is given.
    init(_ reward: any Reward, mostFailures: Int) {
        (self.reward, self.mostFailures) = (reward, mostFailures)
    }

    /// - Throws: what is wrong with anything but the answers, and the failure that is one too many.
    func scores(of inputs: [RewardInput]) throws -> [Double?] {
        guard !inputs.isEmpty else { return [] }
        count += inputs.count
        do {
            return try reward.checkedScores(of: inputs)
        } catch let error as any CategorizedError where error.category == .badData {
            return try inputs.map(scoreAlone)
        }
    }

    private func scoreAlone(_ input: RewardInput) throws -> Double? {
        do {
            return try reward.checkedScores(of: [input])[0]
        } catch let error as any CategorizedError where error.category == .badData {
            failures.append((input, "\(error)"))
            guard failures.count < mostFailures else { throw error }
            return nil
        }
    }
}
