import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import Tokenization
import Torch
import Training

/// Scores of a row's tokens that were stored.
struct StoredScores: TeacherScores {
    private let top: TopTokens

    /// - Throws: `DamagedScores`.
    init(_ rows: [DistillationRow], in store: ScoreStore, on device: Device) throws {
        let records = try rows.map(store.scores)
        let shape = [records.reduce(0) { $0 + $1.positions }, store.header.topK]
        top = TopTokens(
            ids: Tensor(records.flatMap(\.ids), shape: shape, on: device),
            logProbabilities: Tensor(records.flatMap(\.logProbabilities), shape: shape, on: device),
            tail: Tensor(records.flatMap(\.tails), on: device))
    }

    func outcomes(_ rows: Range<Int>, beside logits: Tensor, temperature: Double) -> Outcomes {
        let own = top[rows]
        let (student, teacher) = own.outcomes(of: (logits / temperature).logSoftmax())
        return Outcomes(student: student, teacher: teacher, best: own.ids.narrowed(1, 0..<1).squeezed(1))
    }
}

/// A teacher whose best tokens are stored: it is asked about rows that no run before has asked it about, and then not needed.
final class StoredTeacher {
    let store: ScoreStore
    private let source: ModelSource?
    private let context: RunContext
    /// Kept from scoring until it has been compared with what was stored.
    private var model: LanguageModel?

    /// - Throws: `InvalidSetting` where the store is of another teacher, tokenizer, temperature or number of tokens.
    init(
        _ method: Distillation.Configuration, in folder: String, source: ModelSource?, student: ModelSource,
        context: RunContext
    ) throws {
        (self.source, self.context) = (source, context)
        let tokenizer = student.tokenizer.vocabularyHash
        let wanted = try source.map { source in
            let vocabulary = min(
                try source.configuration().vocabularySize, try student.configuration().vocabularySize)
            return ScoreHeader(
                teacher: try source.contentHash(), teacherName: source.argument, tokenizer: tokenizer,
                vocabularySize: vocabulary, temperature: method.lossTemperature,
                topK: min(method.topK ?? Distillation.Configuration.usualTopK, vocabulary))
        }
        store = try ScoreStore(URL(fileURLWithPath: folder), new: wanted)
        let header = store.header
        func check(_ agrees: Bool, _ what: String, _ expected: String, _ found: String) throws {
            guard !agrees else { return }
            throw InvalidSetting(
                "teacher_scores", expected: "\(what) \(expected), or another folder",
                found: "\(folder), which has \(what) \(found)")
        }
        if let wanted {
            try check(
                header.teacher == wanted.teacher, "scores of",
                "\(wanted.teacherName) (\(wanted.teacher.prefix(12)))",
                "\(header.teacherName) (\(header.teacher.prefix(12)))")
        }
        try check(
            header.tokenizer == tokenizer, "tokens of the vocabulary", String(tokenizer.prefix(12)),
            String(header.tokenizer.prefix(12)))
        try check(
            header.temperature == method.lossTemperature, "the temperature", "\(method.lossTemperature)",
            "\(header.temperature)")
        if let topK = method.topK {
            try check(
                header.topK == min(topK, header.vocabularySize), "the best tokens of a position,", "\(topK)",
                "\(header.topK)")
        }
    }

    /// Has the teacher score the rows that are not stored yet.
    /// - Throws: `InvalidSetting` where there are such rows and no teacher.
    func record(_ rows: [DistillationRow], batchSize: Int) throws {
        var seen: Set<String> = []
        let missing = rows.filter { !store.holds($0) && seen.insert($0.scoreKey).inserted }
        if let first = missing.first {
            guard let source else {
                throw InvalidSetting(
                    "teacher_scores",
                    expected: "scores of all rows, or the teacher that makes them (--teacher "
                        + "\(store.header.teacherName))",
                    found: "\(missing.count) rows without, such as \(first.place)")
            }
            try record(missing, by: source, batchSize: batchSize)
        }
        try store.finishWriting()
        note(new: missing.count)
    }

    private func record(_ missing: [DistillationRow], by source: ModelSource, batchSize: Int) throws {
        let model = try source.loadFrozen(on: context.computation)
        self.model = model
        let bar = context.progress.begin("teacher's scores", total: missing.count)
        for indices in missing.indices.chunked(batchSize) {
            try Interruption.check(.resumes)
            let batch = Array(missing[indices])
            for (row, record) in zip(batch, scores(of: batch, by: model)) {
                try store.append(record, of: row)
            }
            bar.update(indices.upperBound)
        }
        bar.finish()
    }

    private func note(new count: Int) {
        guard let bytes = try? store.byteCount, store.positions > 0 else { return }
        context.progress.note(
            "\(store.folder.path): \(store.positions) tokens of \(store.rowCount) rows by "
                + "\(store.header.teacherName), \(bytes / store.positions) bytes a token; \(count) rows are new"
        )
    }

    private func scores(of rows: [DistillationRow], by model: LanguageModel) -> [ScoreRecord] {
        withoutGradients {
            let layout = store.header.layout
            let states = model.predictingStates(
                of: PackedBatch(rows.map(\.sequence.tokens)), counts: rows.flatMap(\.sequence.counts)
            ).states
            var (ids, values, tails) = ([Int](), [Float](), [Float]())
            for chunk in (0..<states.size(0)).chunked(DistilledTokens.chunk(of: layout.vocabularySize)) {
                let logits = model.logits(of: states[chunk]).narrowed(1, 0..<layout.vocabularySize)
                let top = TopTokens(
                    of: (logits / store.header.temperature).logSoftmax(), count: layout.count)
                ids += top.ids.integers()
                values += top.logProbabilities.floats()
                tails += top.tail.floats().map { min(max($0, 0), 1) }
            }
            var start = 0
            return rows.map { row in
                let range = start..<start + row.countedTokens
                start = range.upperBound
                let wide = range.lowerBound * layout.count..<range.upperBound * layout.count
                return ScoreRecord(
                    ids: Array(ids[wide]), logProbabilities: values[wide].map { min($0, 0) },
                    tails: Array(tails[range]))
            }
        }
    }

    /// What storing has cost, where the teacher is there: the loss of some rows by it and by what was stored of it.
    func compare(on rows: [DistillationRow], for student: LanguageModel, _ method: Distillation.Configuration)
        throws
    {
        guard let model else { return }
        self.model = nil
        let batch = PackedBatch(rows.map(\.sequence.tokens))
        let counts = rows.flatMap(\.sequence.counts)
        let stored = try StoredScores(rows, in: store, on: student.device)
        let losses = withoutGradients {
            let predicting = student.predictingStates(of: batch, counts: counts)
            return ([ExactScores(model, of: batch, counts: counts), stored] as [any TeacherScores]).map {
                DistilledTokens(
                    of: student, states: predicting.states, tokens: predicting.tokens, beside: $0,
                    loss: .divergence(method.divergence), temperature: method.lossTemperature
                ).losses.mean().item()
            }
        }
        context.progress.note(
            String(
                format:
                    "the loss on %d rows is %.5g nats a token by the teacher itself and %.5g by its %d best tokens",
                rows.count, losses[0], losses[1], store.header.topK))
    }
}

extension Tokenizer {
    /// Of all tokens in the order of their ids.
    var vocabularyHash: String {
        ContentHash.sha256(
            of: Data((0..<vocabularySize).map { token(of: $0) ?? "\u{0}" }.joined(separator: "\n").utf8))
    }
}
