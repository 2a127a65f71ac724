import Datasets
import LanguageModels
import Models
import RandomNumbers
import Runs
import Statistics
import Tokenization
import Training

/// Rows whose answers are partly written anew: by the student (Agarwal et al., 2024, algorithm 1) in a share of the
/// micro-batches, and by the teacher in the others where sequences are distilled (Kim & Rush, 2016).
///
/// What is drawn follows from the place in the data alone, so a resumed run draws the same.
final class WrittenAnswers: RowSource {
    private let rows: any RowSource<DistillationRow>
    private let share: Double
    private let isTeachersOtherwise: Bool
    private let teacherOfDataSet: [Int]
    private let options: GenerationOptions
    private let tokenizer: Tokenizer
    private let aligner: Aligner?
    private let seeds: SeedSequence
    /// Who writes, once they are loaded.
    var authors: (student: LanguageModel, teachers: [LanguageModel])?
    /// What the student wrote for the last window.
    private(set) var samples: [Rollout] = []

    /// - Parameters:
    ///   - share: of the micro-batches, whose answers the student writes.
    ///   - isTeachersOtherwise: whether the teacher writes those of the others.
    ///   - options: how answers are drawn; their seed is none.
    init(
        _ rows: any RowSource<DistillationRow>, share: Double, isTeachersOtherwise: Bool,
        teacherOfDataSet: [Int], options: GenerationOptions, tokenizer: Tokenizer, aligner: Aligner?,
        seeds: SeedSequence
    ) {
        (self.rows, self.share, self.isTeachersOtherwise) = (rows, share, isTeachersOtherwise)
        self.teacherOfDataSet = teacherOfDataSet
        (self.options, self.tokenizer, self.aligner, self.seeds) = (options, tokenizer, aligner, seeds)
    }

    func nextWindow() throws -> [[DistillationRow]] {
        guard let authors else { preconditionFailure("answers are wanted before anybody is loaded") }
        let place = rows.cursor
        samples = []
        return try rows.nextWindow().enumerated().map { index, batch in
            let seeds = seeds.derived("answers \(place.epoch) \(place.position) \(index)")
            if seeds.derived("author").value.unitFraction < share {
                let answers = try self.answers(to: batch, by: authors.student, seeds)
                samples += zip(batch, answers).compactMap(rollout)
                return try zip(batch, answers).map { row, answer in
                    try row.answered(
                        answer.tokens, sampling: answer.logProbabilities, text: answer.text, by: aligner)
                }
            }
            guard isTeachersOtherwise else { return batch }
            return try taught(batch, by: authors.teachers, seeds)
        }
    }

    /// Each row with an answer of its own teacher.
    private func taught(
        _ batch: [DistillationRow], by teachers: [LanguageModel], _ seeds: SeedSequence
    ) throws -> [DistillationRow] {
        var batch = batch
        for teacher in teachers.indices {
            let indices = batch.indices.filter { teacherOfDataSet[batch[$0].dataSet] == teacher }
            let answers = try answers(
                to: indices.map { batch[$0] }, by: teachers[teacher], seeds.derived("teacher \(teacher)"))
            for (index, answer) in zip(indices, answers) {
                batch[index] = batch[index].answered(answer.tokens)
            }
        }
        return batch
    }

    private func answers(
        to batch: [DistillationRow], by model: LanguageModel, _ seeds: SeedSequence
    ) throws -> [WrittenAnswer] {
        var options = options
        options.seed = seeds.value
        let requests = batch.enumerated().map { index, row in
            GenerationRequest(prompt: row.prompt?.tokens ?? [], id: UInt64(index))
        }
        return try Answerer(model, tokenizer: tokenizer, options: options).answers(to: requests)
    }

    private func rollout(of row: DistillationRow, _ answer: WrittenAnswer) -> Rollout? {
        guard let prompt = row.prompt else { return nil }
        var rollout = Rollout(
            row: row.index, prompt: prompt, response: answer.tokens,
            samplingLogProbabilities: answer.logProbabilities, finish: answer.finish, text: answer.text)
        rollout.temperature = options.sampling.temperature
        return rollout
    }

    var lastRows: [Int] { rows.lastRows }
    func place(ofRow index: Int) -> String { rows.place(ofRow: index) }
    var stepsPerEpoch: Int? { rows.stepsPerEpoch }
    var epochsDone: Double { rows.epochsDone }
    var cursor: BatchOrder.Cursor { rows.cursor }
    func restore(_ cursor: BatchOrder.Cursor) throws -> Bool { try rows.restore(cursor) }
    var report: PreparationReport { rows.report }
}

/// Answers that were written before, step by step as they were.
final class ReplayedAnswers: RowSource {
    private let rollouts: RecordedRollouts
    private let batchSize: Int
    private let aligner: Aligner?
    private(set) var lastRows: [Int] = []

    /// - Parameter batchSize: answers of a micro-batch.
    init(_ rollouts: RecordedRollouts, batchSize: Int, aligner: Aligner?) {
        (self.rollouts, self.batchSize, self.aligner) = (rollouts, batchSize, aligner)
    }

    func nextWindow() throws -> [[DistillationRow]] {
        let batch = rollouts.nextBatch()
        lastRows = batch.map(\.row)
        return try batch.chunked(batchSize).map { part in
            try part.map { rollout in
                try DistillationRow(
                    sequence: TokenizedSequence(tokens: [], labels: []), prompt: rollout.prompt, dataSet: 0,
                    index: rollout.row, place: rollouts.place(ofRow: rollout.row)
                ).answered(
                    rollout.response, sampling: rollout.samplingLogProbabilities, text: rollout.text,
                    by: aligner)
            }
        }
    }

    func place(ofRow index: Int) -> String { rollouts.place(ofRow: index).description }
    var stepsPerEpoch: Int? { rollouts.stepsPerEpoch }
    var epochsDone: Double { rollouts.epochsDone }
    var cursor: BatchOrder.Cursor { rollouts.cursor }
    func restore(_ cursor: BatchOrder.Cursor) -> Bool { rollouts.restore(cursor) }
    var report: PreparationReport { PreparationReport() }
}
