// A teacher's k most probable tokens of each position, and the others as one outcome: k + 1 outcomes, whose divergence is at
// most that of the whole distributions (the data-processing inequality) and equals it at k = V.
import Torch

/// The most probable tokens of N positions. What all others have together is kept as a number of its own: 1 − Σ p of rounded
/// numbers would be noise where it is small.
public struct TopTokens {
    /// [N, K]
    public let ids: Tensor
    /// [N, K]
    public let logProbabilities: Tensor
    /// Probability of all other tokens together, [N].
    public let tail: Tensor

    /// Stands for log 0: its exponential is 0, and its difference from itself too.
    private static let nothing = -1e30

    public init(ids: Tensor, logProbabilities: Tensor, tail: Tensor) {
        precondition(
            ids.shape == logProbabilities.shape && tail.shape == [ids.size(0)],
            "ids \(ids.shape), log-probabilities \(logProbabilities.shape), tail \(tail.shape)")
        (self.ids, self.logProbabilities, self.tail) = (ids, logProbabilities, tail)
    }

    /// The k best of log-probabilities [N, V].
    public init(of logProbabilities: Tensor, count: Int) {
        let best = logProbabilities.top(min(count, logProbabilities.size(1)))
        let grouped = Self.grouped(logProbabilities, at: best.indices)
        self.init(
            ids: best.indices, logProbabilities: best.values,
            tail: grouped.narrowed(1, best.indices.size(1)..<grouped.size(1)).squeezed(1).exp())
    }

    public subscript(rows: Range<Int>) -> TopTokens {
        TopTokens(ids: ids[rows], logProbabilities: logProbabilities[rows], tail: tail[rows])
    }

    /// Log-probabilities of the k + 1 outcomes, [N, K + 1] each.
    ///
    /// Where the teacher leaves nothing for the others, they are no outcome: they add nothing to a divergence.
    /// - Parameter student: log-probabilities of all tokens, [N, V].
    public func outcomes(of student: Tensor) -> (student: Tensor, teacher: Tensor) {
        let own = Self.grouped(student, at: ids)
        let others = tail.unsqueezed(1)
        let isEmpty = others .<= 0
        let teacherTail = Tensor.maximum(others, 1e-37).log().filled(where: isEmpty, with: Self.nothing)
        let tailColumn = ids.size(1)..<ids.size(1) + 1
        let studentTail = own.narrowed(1, tailColumn).filled(where: isEmpty, with: Self.nothing)
        return (
            .concatenated([own.narrowed(1, 0..<ids.size(1)), studentTail], along: 1),
            .concatenated([logProbabilities.to(teacherTail.type), teacherTail], along: 1)
        )
    }

    /// Log-probabilities [N, V] as those of `ids` [N, K] and of all others together, [N, K + 1].
    static func grouped(_ logProbabilities: Tensor, at ids: Tensor) -> Tensor {
        let blank = Tensor.full(ids.shape, nothing, type: logProbabilities.type, on: logProbabilities.device)
        let others = logProbabilities.scattering(blank, at: ids).logSumExp(along: -1, keeping: true)
        return .concatenated([logProbabilities.gathering(ids), others], along: -1)
    }
}
