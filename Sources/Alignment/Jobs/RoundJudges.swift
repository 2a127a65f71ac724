import Foundation

/// Somebody who judges the answers of a round of `heed dpo --prompts`, and may take days to do so.
public protocol RoundJudges: Sendable {
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

/// People have something to do before a job can go on; the same command goes on then.
public protocol WaitingForPeople: Error, CustomStringConvertible {}
