// Distributions over two vocabularies (Boizard et al., "Towards Cross-Tokenizer Distillation: the Universal Logit Distillation
// Loss for LLMs", 2024; Patiño et al., "Unlocking On-Policy Distillation for Any Model Family" (GOLD), 2025).
//
// What a model says of the end of a span is the distribution of its last token, times the probability of the tokens before it:
// the chain rule, TRL's `bayesian`. (TRL's default, `observed`, is off by one token.) These numbers add up to the probability
// of what came before, not to 1.
//
//   ULD:  Σ |sorted student − sorted teacher|, the shorter vocabulary filled up with zeros
//   GOLD: w·D(T ‖ S) over the tokens that both vocabularies have + (1 − w)·ULD of the others,
//
// w being the share of the teacher's vocabulary that the student has too.
import LanguageModels
import Models
import Tokenization
import Torch

enum GOLD {
    /// Probabilities below it count as this, as in TRL.
    private static let least = 1e-8

    /// Tokens that two vocabularies have in common, and those that only one has.
    struct Vocabularies {
        let shared: (student: Tensor, teacher: Tensor)
        let others: (student: Tensor, teacher: Tensor)
        /// Of the teacher's vocabulary.
        let share: Double

        /// - Parameters:
        ///   - shared: ids of the same tokens in both.
        ///   - sizes: of the vocabularies.
        init(
            shared pairs: [(student: Int, teacher: Int)], sizes: (student: Int, teacher: Int),
            on device: Device
        ) {
            let (own, theirs) = (Set(pairs.map(\.student)), Set(pairs.map(\.teacher)))
            shared = (Tensor(pairs.map(\.student), on: device), Tensor(pairs.map(\.teacher), on: device))
            others = (
                Tensor((0..<sizes.student).filter { !own.contains($0) }, on: device),
                Tensor((0..<sizes.teacher).filter { !theirs.contains($0) }, on: device)
            )
            share = Double(pairs.count) / Double(sizes.teacher)
        }
    }

    /// Probabilities at the end of each span, [N, V] → [S, V].
    ///
    /// - Parameters:
    ///   - logProbabilities: of all tokens at each place, [N, V].
    ///   - tokens: those that stand there, [N].
    ///   - spans: places from the first to the last token of each.
    static func merged(_ logProbabilities: Tensor, tokens: Tensor, spans: [Range<Int>]) -> Tensor {
        let device = logProbabilities.device
        let ends = logProbabilities.selecting(Tensor(spans.map { $0.upperBound - 1 }, on: device))
        let before = spans.enumerated().flatMap { index, span in span.dropLast().map { (index, $0) } }
        let own = logProbabilities.gathering(tokens.unsqueezed(1)).squeezed(1)
        let prefixes = Tensor.zeros([spans.count], type: own.type, on: device).adding(
            own.selecting(Tensor(before.map(\.1), on: device)), at: Tensor(before.map(\.0), on: device))
        return (ends + prefixes.unsqueezed(1)).exp()
    }

    /// ULD of probabilities [S, V] and [S, W] → [S].
    static func sortedDistance(student: Tensor, teacher: Tensor) -> Tensor {
        let size = max(student.size(1), teacher.size(1))
        func sorted(_ p: Tensor) -> Tensor {
            let values = p.sorted(descending: true).values
            guard p.size(1) < size else { return values }
            let zeros = Tensor.zeros([p.size(0), size - p.size(1)], type: p.type, on: p.device)
            return .concatenated([values, zeros], along: 1)
        }
        return (sorted(student) - sorted(teacher)).magnitude().sum(along: 1)
    }

    /// GOLD of probabilities [S, V] and [S, W] → [S].
    /// - Parameter weight: w; nil: the shared part of the teacher's vocabulary.
    static func hybridDistance(
        student: Tensor, teacher: Tensor, _ vocabularies: Vocabularies, divergence: Divergence,
        weight: Double? = nil
    ) -> Tensor {
        let weight = weight ?? vocabularies.share
        func logs(_ p: Tensor, _ ids: Tensor) -> Tensor {
            Tensor.maximum(p.selecting(ids, along: 1), least).log()
        }
        let matched = divergence(
            student: logs(student, vocabularies.shared.student),
            teacher: logs(teacher, vocabularies.shared.teacher))
        let others = sortedDistance(
            student: student.selecting(vocabularies.others.student, along: 1),
            teacher: teacher.selecting(vocabularies.others.teacher, along: 1))
        return matched * weight + others * (1 - weight)
    }
}

extension GOLD.Vocabularies {
    /// Tokens are the same where they stand for the same bytes, and those that end an answer where both do.
    init(
        _ student: (source: ModelSource, model: LanguageModel),
        _ teacher: (source: ModelSource, model: LanguageModel)
    ) {
        func spelled(_ source: ModelSource) -> [[UInt8]] {
            source.tokenizer.spelled(
                Array(0..<source.tokenizer.vocabularySize), stopTokens: source.stopTokens)
        }
        var ids: [[UInt8]: Int] = [:]
        for (id, bytes) in spelled(student.source).enumerated() where !bytes.isEmpty && ids[bytes] == nil {
            ids[bytes] = id
        }
        var pairs: [(student: Int, teacher: Int)] = []
        for (id, bytes) in spelled(teacher.source).enumerated() {
            guard let own = ids.removeValue(forKey: bytes) else { continue }
            pairs.append((own, id))
        }
        self.init(
            shared: pairs,
            sizes: (student.model.configuration.vocabularySize, teacher.model.configuration.vocabularySize),
            on: student.model.device)
    }
}
