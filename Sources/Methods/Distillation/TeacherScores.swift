import LanguageModels
import Statistics
import Torch

/// What a teacher says about the tokens after some hidden states, N of them: whole distributions, or their best tokens.
protocol TeacherScores {
    /// Log-probabilities of the same outcomes by student and teacher for some of the rows, [n, K] each.
    ///
    /// - Parameters:
    ///   - logits: the student's of these rows, [n, V], with gradients.
    ///   - temperature: divides logits of both.
    func outcomes(_ rows: Range<Int>, beside logits: Tensor, temperature: Double) -> Outcomes
}

/// The same outcomes under a student and its teacher, n rows.
struct Outcomes {
    /// Log-probabilities [n, K], with gradients.
    let student: Tensor
    /// [n, K]
    let teacher: Tensor
    /// The teacher's most probable token, [n].
    let best: Tensor
}

/// A teacher in the same process: exact over the vocabulary.
struct ExactScores: TeacherScores {
    let model: LanguageModel
    /// [N, H]
    let states: Tensor

    /// - Parameter counts: the tokens of the batch that are scored.
    init(_ model: LanguageModel, of batch: PackedBatch, counts: [Bool]) {
        self.model = model
        states = withoutGradients { model.predictingStates(of: batch, counts: counts).states }
    }

    func outcomes(_ rows: Range<Int>, beside logits: Tensor, temperature: Double) -> Outcomes {
        let own = withoutGradients { model.logits(of: states[rows]) }
        // Rows that only one of the models has are padding: no token of the tokenizer.
        let vocabulary = 0..<min(own.size(1), logits.size(1))
        let teacher = (own.narrowed(1, vocabulary) / temperature).logSoftmax()
        return Outcomes(
            student: (logits.narrowed(1, vocabulary) / temperature).logSoftmax(), teacher: teacher,
            best: teacher.argmax(along: 1))
    }
}

/// What student and teacher say about the same tokens, [N] each, of which the first two have gradients.
struct DistilledTokens {
    /// What the student learns by: the divergence from the teacher, or its estimate by the sampled token.
    let losses: Tensor
    /// Of the tokens themselves, at temperature 1.
    let logProbabilities: Tensor
    /// KL(student ‖ teacher).
    let reverseKL: Tensor
    /// Of the student.
    let entropies: Tensor
    /// 1 where both have the same most probable token.
    let agreements: Tensor
    /// 1 where the token is the student's most probable one.
    let hits: Tensor

    var count: Int { losses.count }

    /// Those of several teachers, one after the other.
    init(joining parts: [DistilledTokens]) {
        func joined(_ values: (DistilledTokens) -> Tensor) -> Tensor {
            parts.count == 1 ? values(parts[0]) : .concatenated(parts.map(values))
        }
        (losses, logProbabilities) = (joined { $0.losses }, joined { $0.logProbabilities })
        (reverseKL, entropies) = (joined { $0.reverseKL }, joined { $0.entropies })
        (agreements, hits) = (joined { $0.agreements }, joined { $0.hits })
    }

    /// How a token's loss comes about.
    enum Loss {
        case divergence(Divergence)
        /// - Parameter ratios: log-probabilities under the student that wrote the tokens, [N], and how far the ratio to it
        ///   counts; nil where that is the student itself.
        case sampled((old: Tensor, clip: Double)?)
    }

    /// Rows whose logits are there at once: 16 MB of each of the few tensors of their size.
    static func chunk(of vocabularySize: Int) -> Int { max(8, (1 << 22) / vocabularySize) }

    /// Goes through the rows in chunks, whose logits backward computes again: none but one chunk's are ever there.
    ///
    /// - Parameters:
    ///   - states: of `model` before the tokens, [N, H], with gradients.
    ///   - tokens: [N]
    ///   - chunk: rows of a chunk; nil: ``chunk(of:)``.
    init(
        of model: LanguageModel, states: Tensor, tokens: [Int], beside scores: any TeacherScores, loss: Loss,
        temperature: Double, chunk: Int? = nil
    ) {
        let chunk = chunk ?? Self.chunk(of: model.configuration.vocabularySize)
        let targets = Tensor(tokens, on: states.device)
        let columns = tokens.indices.chunked(chunk).map { rows in
            states[rows].recomputing { states in
                Self.columns(
                    model.logits(of: states), targets[rows].unsqueezed(1), rows, scores, loss, temperature)
            }
        }
        let all = columns.count == 1 ? columns[0] : Tensor.concatenated(columns)
        func column(_ index: Int) -> Tensor { all.narrowed(1, index..<index + 1).squeezed(1) }
        (losses, logProbabilities, reverseKL) = (column(0), column(1), column(2).detached())
        (entropies, agreements, hits) = (column(3).detached(), column(4).detached(), column(5).detached())
    }

    /// All of some rows, [n, 6].
    /// - Parameter targets: [n, 1]
    private static func columns(
        _ logits: Tensor, _ targets: Tensor, _ rows: Range<Int>, _ scores: any TeacherScores, _ loss: Loss,
        _ temperature: Double
    ) -> Tensor {
        let outcomes = scores.outcomes(rows, beside: logits, temperature: temperature)
        let tokens = logits.logSoftmax()
        let losses =
            switch loss {
            case .divergence(let divergence):
                divergence(student: outcomes.student, teacher: outcomes.teacher)
            case .sampled(let ratios):
                SampledReverseKL.losses(
                    student: outcomes.student.gathering(targets).squeezed(1), old: ratios?.old[rows],
                    teacher: outcomes.teacher.gathering(targets).squeezed(1), clip: ratios?.clip)
            }
        let seen = withoutGradients {
            let best = logits.argmax(along: 1)
            return [
                Divergence.reverse(student: outcomes.student, teacher: outcomes.teacher),
                -(tokens.exp() * tokens).sum(along: 1),
                (best .== outcomes.best).to(losses.type), (best .== targets.squeezed(1)).to(losses.type),
            ]
        }
        return .stacked([losses, tokens.gathering(targets).squeezed(1)] + seen, along: 1)
    }
}
