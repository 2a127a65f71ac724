import Errors
import Foundation

/// People who judge the answers of a round of learning from the policy's own answers, and may take days to do so.
public protocol HumanJudge: Sendable {
    /// Writes what was said about the answers, comparisons as JSON Lines, once it is complete.
    ///
    /// - Parameters:
    ///   - responses: the round's answers, as sampling writes them.
    ///   - run: the folder of all rounds.
    ///   - training: the run that will learn from the judgments.
    ///   - output: appears whole or not at all.
    /// - Throws: a ``WaitingForPeople`` where it is not complete yet.
    func judge(_ responses: URL, round: Int, of run: URL, for training: URL, to output: URL) throws
}

/// People have something to do before the work can continue; the same command then continues it.
public protocol WaitingForPeople: CategorizedError, CustomStringConvertible {}

extension WaitingForPeople {
    public var category: ErrorCategory { .tryAgain }
}
