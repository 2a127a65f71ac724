import Datasets
import Models
import Tokenization
import Training

/// An answer in the tokens of a teacher with another tokenizer, and which of them spell what.
struct AlignedAnswer: Hashable, Sendable {
    /// What the teacher reads.
    let teacher: TokenizedSequence
    let spans: [AlignedSpan]
    /// Of its scored tokens, where a teacher said them that is not at hand; nil: they are asked of the model.
    var logProbabilities: [Float]?
}

/// Lays given answers out for a teacher as well, and finds the stretches that student and teacher spell alike.
protocol AnswerAligner: Sendable {
    /// - Parameters:
    ///   - row: as fine-tuning learns it.
    ///   - sequence: the student's tokens of it.
    /// - Returns: nil where there is nothing to be aligned.
    func answer(
        _ row: SourcedRow<SupervisedRow>, student sequence: TokenizedSequence, dataSet: Int
    ) throws -> AlignedAnswer?
}

/// The same for teachers in this process, and for answers that the student writes.
struct Aligner: AnswerAligner {
    /// One side: a tokenizer, and the tokens that end its model's answers.
    struct Side: Sendable {
        let tokenizer: Tokenizer
        let stopTokens: Set<Int>
        let maximumLength: Int
    }

    let student: Side
    let teachers: [Side]
    /// The position of each data set's teacher.
    let teacherOfDataSet: [Int]

    func answer(
        _ row: SourcedRow<SupervisedRow>, student sequence: TokenizedSequence, dataSet: Int
    ) throws -> AlignedAnswer? {
        guard case .kept(let whole, _, _, _) = try student.preparation(nil).prepareAsTold(row) else {
            return nil
        }
        return try answer(
            row, student: student.spelled(sequence, start: student.start(of: whole, row.row)),
            dataSet: dataSet)
    }

    /// An answer that the student wrote, which begins with its first token.
    /// - Parameter text: as people read it.
    func answer(_ row: DistillationRow, written text: String) throws -> AlignedAnswer? {
        guard let prompt = row.prompt?.text else { return nil }
        let pair = CompletionRow(prompt: prompt, completion: prompt.answer(text))
        return try answer(
            SourcedRow(.completion(pair), place: row.place, index: row.index),
            student: student.spelled(row.sequence, start: 0), dataSet: row.dataSet)
    }

    private func answer(
        _ row: SourcedRow<SupervisedRow>, student answer: SpelledAnswer, dataSet: Int
    ) throws -> AlignedAnswer? {
        let side = teachers[teacherOfDataSet[dataSet]]
        guard case .kept(let whole, _, _, _) = try side.preparation(nil).prepareAsTold(row) else {
            return nil
        }
        let sequence = whole.prefix(side.maximumLength)
        let spans = SpelledAnswer.spans(
            student: answer, teacher: side.spelled(sequence, start: side.start(of: whole, row.row)))
        return AlignedAnswer(teacher: sequence, spans: spans)
    }
}

extension Aligner.Side {
    func preparation(_ maximumLength: Int?) -> SupervisedPreparation {
        SupervisedPreparation(tokenizer: tokenizer, maximumLength: maximumLength)
    }

    func spelled(_ sequence: TokenizedSequence, start: Int) -> SpelledAnswer {
        SpelledAnswer(
            tokens: tokenizer.spelled(sequence.scoredTokens, stopTokens: stopTokens), start: start)
    }

    /// Where the first scored token of a row begins, in bytes from the beginning of its answer: before it where a token spells
    /// the end of the prompt, too, and behind it where the first token has nothing before it.
    ///
    /// - Parameter whole: all of its tokens.
    func start(of whole: TokenizedSequence, _ row: SupervisedRow) -> Int {
        let text: String
        switch row {
        case .text(let row): text = row.text
        case .completion(let row):
            guard case .plain(let completion) = row.completion else { return 0 }
            text = completion
        // The chat template puts a boundary before an answer.
        case .messages: return 0
        }
        let spelled = spelled(whole, start: 0).tokens.filter { $0 != SpelledAnswer.end }
        return text.utf8.count - spelled.reduce(0) { $0 + $1.count }
    }
}
