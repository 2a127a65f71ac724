import Datasets
import Statistics

extension DawidSkene {
    /// The votes that judgments are: comparisons, rankings of two and thumbs of named annotators. A tie is no vote.
    ///
    /// - Parameter groups: whose heads are learned; each group is then asked for itself, as another opinion is no error.
    package static func votes(of judgments: [TokenizedJudgment], groups: GroupColumn? = nil) -> [Vote] {
        var items: [Question: Int] = [:]
        return judgments.compactMap { judgment in
            guard let annotator = judgment.context.annotator, let vote = judgment.vote else { return nil }
            var question = vote.question
            question.group = groups.flatMap(judgment.context.name)
            let item = items[question] ?? items.count
            items[question] = item
            return Vote(item: item, annotator: annotator, answer: vote.answer)
        }
    }

    fileprivate struct Question: Hashable {
        let sequences: [[Int]]
        let aspect: String?
        var group: String?
    }
}

extension TokenizedJudgment {
    /// The question, whatever the order in which answers were shown, and the answer to it.
    fileprivate var vote: (question: DawidSkene.Question, answer: Bool)? {
        if case .good(let isGood) = verdict {
            return (DawidSkene.Question(sequences: sequences, aspect: context.aspect), isGood)
        }
        guard sequences.count == 2, let tiers = verdict.tiers, tiers.count == 2 else { return nil }
        let isInOrder = sequences[0].lexicographicallyPrecedes(sequences[1])
        let question = DawidSkene.Question(
            sequences: isInOrder ? sequences : sequences.reversed(), aspect: context.aspect)
        return (question, (tiers[0] == [0]) == isInOrder)
    }
}
