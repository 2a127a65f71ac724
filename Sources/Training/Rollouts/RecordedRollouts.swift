import Checkpoints
import Datasets
import LanguageModels
import Models
import Rewards
import Tokenization

/// Responses that were sampled before: by `heed sample`, by a training run (its `samples.jsonl`) or by another engine.
///
/// A row is `{"prompt"[, "prompt_ids"], "responses": [{"tokens", "logprobs"[, "finish", "score"]}]}`, or has the names
/// `completions`, `completion_ids`, `sampling_logprobs` and `reward` for the same. Where it says
/// `"sampler": {"temperature"}`, that must be the temperature that is trained at. Rows are taken in the order of the file: what one training step sampled (rows with the same `step`) is learned from in one step again, and rows without
/// `step` in batches of equal size. After the last batch comes the first.
public final class RecordedRollouts: RolloutSource {
    private let batches: [[Rollout]]
    private let places: [Place]
    public let notes: [String]
    /// Over `batches`, one at a time.
    private var order: BatchOrder

    /// - Parameters:
    ///   - temperature: that policy and reference are measured at.
    ///   - batchSize: responses of a batch where the rows name no step.
    ///   - groupSize: responses that each prompt must have, side by side.
    ///   - needsScores: whether a file without a single score is an error.
    /// - Throws: `DataError` naming the row that does not fit the model.
    public init(
        _ data: JSONLines, for source: ModelSource, temperature: Double, batchSize: Int, groupSize: Int = 1,
        needsScores: Bool
    ) throws {
        let reader = RolloutReader(
            tokenizer: source.tokenizer, stopTokens: source.stopTokens, model: try source.configuration(),
            temperature: temperature)
        let rows = try data.load(PromptRow.self)
        places = rows.map(\.place)
        var batches: [(step: Int?, rollouts: [Rollout])] = []
        for row in rows {
            let step = row.row.extra["step"]?.integer
            for rollout in try reader.rollouts(of: row) {
                let isFull = step == nil && batches.last?.rollouts.count == batchSize
                if batches.isEmpty || batches.last?.step != step || isFull { batches.append((step, [])) }
                batches[batches.count - 1].rollouts.append(rollout)
            }
        }
        self.batches = batches.map(\.rollouts)
        notes = Self.notes(
            temperature: temperature, unknown: self.batches.joined().count { $0.temperature == nil },
            batchSize: batchSize, stepSizes: batches.filter { $0.step != nil }.map(\.rollouts.count))
        if needsScores, let first = places.first, !self.batches.joined().contains(where: { $0.score != nil })
        {
            throw DataError(
                file: first.file, expected: "responses with a score (\"score\" or \"reward\")", found: "none",
                remedy: "add the column, or give a --reward or a --reward-model")
        }
        order = BatchOrder(rowCount: batches.count, batchSize: 1, seed: nil)
        for batch in self.batches { try checkGroups(of: batch, size: groupSize) }
    }

    /// What was asked for and the rows decide, or do not say.
    /// - Parameters:
    ///   - unknown: responses without a temperature.
    ///   - stepSizes: responses of each step that rows name.
    private static func notes(
        temperature: Double, unknown: Int, batchSize: Int, stepSizes: [Int]
    ) -> [String] {
        var notes: [String] = []
        if unknown > 0 {
            notes.append(
                "\(unknown) recorded responses do not say what temperature they were sampled at; "
                    + "--temperature \(temperature) is taken for it")
        }
        // The last step of an epoch may be smaller.
        if let least = stepSizes.min(), let most = stepSizes.max(), most != batchSize {
            let sizes = least == most ? "\(least)" : "\(least) to \(most)"
            notes.append(
                "the rows name their steps, and each is learned from in one step, of \(sizes) responses: "
                    + "batches of \(batchSize) are for rows without \"step\"")
        }
        return notes
    }

    private func checkGroups(of batch: [Rollout], size: Int) throws {
        for group in batch.chunked(size) {
            let count = group.prefix { $0.prompt.tokens == group.first?.prompt.tokens }.count
            guard count < size, let row = group.first?.row else { continue }
            throw DataError(
                file: places[row].file, line: places[row].line,
                expected: "\(size) responses to this prompt, side by side",
                found: "\(count)",
                remedy: "add or remove responses, or give their number as --group-size")
        }
    }

    public func nextBatch(from policy: LanguageModel, seed: UInt64) -> [Rollout] { nextBatch() }

    /// The next one, which nobody is asked for.
    package func nextBatch() -> [Rollout] { order.nextBatch().flatMap { batches[$0] } }

    public var isSampled: Bool { false }
    public var stepsPerEpoch: Int { batches.count }
    public func place(ofRow index: Int) -> Place { places[index] }
    public var questions: [RewardInput] {
        var seen: Set<Int> = []
        return batches.joined().filter { seen.insert($0.row).inserted }.map {
            $0.prompt.question(at: places[$0.row])
        }
    }
    public var cursor: BatchOrder.Cursor { order.cursor }
    public var epochsDone: Double { order.epochsDone }
    public func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
}

/// Checks recorded responses against the model that is to learn from them.
private struct RolloutReader {
    let tokenizer: Tokenizer
    let stopTokens: Set<Int>
    let model: ModelConfiguration
    let temperature: Double

    func rollouts(of row: SourcedRow<PromptRow>) throws -> [Rollout] {
        var fields = RowFields(row.row.extra, place: row.place)
        let tokens =
            try fields.contains("prompt_ids")
            ? fields.integers("prompt_ids")
            : tokenizer.telling(
                row.row.extra, besideMessages: row.row.prompt.isConversation, at: row.place
            ).encode(prompt: row.row.prompt, at: row.place)
        let prompt = PreparedPrompt(
            text: row.row.prompt, tokens: tokens, columns: row.row.columnsForRewards)
        let recorded = try recordedTemperature(of: row)
        let names = fields.contains("completions") ? Names.elsewhere : .own
        let responses = try fields.objects(names.responses)
        guard !responses.isEmpty else {
            throw fields.invalid(names.responses, expected: "at least one response", found: "an empty list")
        }
        return try responses.map { columns in
            var fields = RowFields(columns, place: row.place)
            var rollout = try rollout(&fields, names, prompt: prompt, row: row.index)
            rollout.temperature = recorded
            return rollout
        }
    }

    /// Log-probabilities at one temperature say nothing about another.
    private func recordedTemperature(of row: SourcedRow<PromptRow>) throws -> Double? {
        guard let sampler = row.row.extra["sampler"], let given = sampler["temperature"]?.number else {
            return nil
        }
        let recorded = sampler["greedy"] == true ? 0 : given
        guard recorded == temperature else {
            throw DataError(
                file: row.place.file, line: row.place.line,
                expected: "responses that were sampled at --temperature \(temperature)", found: "\(recorded)",
                remedy: "give the temperature that they were sampled at, or leave the row out")
        }
        return recorded
    }

    private func rollout(
        _ fields: inout RowFields, _ names: Names, prompt: PreparedPrompt, row: Int
    ) throws -> Rollout {
        let tokens = try fields.integers(names.tokens)
        let logProbabilities = try fields.numbers(names.logProbabilities)
        try check(tokens, after: prompt.tokens, fields, names)
        guard logProbabilities.count == tokens.count else {
            throw fields.invalid(
                names.logProbabilities, expected: "\(tokens.count) numbers, one for each of the tokens,",
                found: "\(logProbabilities.count)")
        }
        // Other engines round a certainty to a little more than 0.
        if let impossible = logProbabilities.first(where: { !($0 <= 1e-3 && $0.isFinite) }) {
            throw fields.invalid(
                names.logProbabilities, expected: "logarithms of probabilities, at most 0,",
                found: "\(impossible)")
        }
        let isStopped = tokens.last.map(stopTokens.contains) == true
        let text = try fields.contains("text") ? fields.string("text") : nil
        var rollout = Rollout(
            row: row, prompt: prompt, response: tokens,
            samplingLogProbabilities: logProbabilities.map(Float.init),
            finish: try finish(&fields) ?? (isStopped ? .stop : .length),
            text: text ?? tokenizer.decode(tokens, skippingSpecialTokens: true))
        rollout.score = try fields.optionalNumber(names.score)
        return rollout
    }

    private func finish(_ fields: inout RowFields) throws -> FinishReason? {
        try fields.optionalIdentifier("finish").map { name in
            guard let finish = FinishReason(rawValue: name) else {
                throw fields.invalid("finish", expected: "stop, length or ended", found: name)
            }
            return finish
        }
    }

    private func check(_ response: [Int], after prompt: [Int], _ fields: RowFields, _ names: Names) throws {
        let sequence = prompt + response
        if prompt.isEmpty || response.isEmpty {
            throw fields.invalid(
                prompt.isEmpty ? "prompt_ids" : names.tokens, expected: "at least one token", found: "none")
        }
        if let stranger = sequence.first(where: { !(0..<model.vocabularySize).contains($0) }) {
            throw fields.invalid(
                names.tokens, expected: "tokens from 0 to \(model.vocabularySize - 1), the model's,",
                found: "\(stranger)", remedy: "record the responses with this model's tokenizer")
        }
        if let end = response.dropLast().firstIndex(where: stopTokens.contains) {
            throw fields.invalid(
                names.tokens, expected: "an answer that ends where the model ended it",
                found: "\(response.count - end - 1) tokens behind the stop token \(response[end])",
                remedy: "cut the response there, or remove the row")
        }
        if sequence.count > model.contextLength {
            throw fields.invalid(
                names.tokens,
                expected:
                    "at most \(model.contextLength) tokens of prompt and response, the model's context,",
                found: "\(sequence.count)", remedy: "shorten or remove the row")
        }
    }

    /// How the columns are called.
    private struct Names {
        let responses: String
        let tokens: String
        let logProbabilities: String
        let score: String

        static let own = Names(
            responses: "responses", tokens: "tokens", logProbabilities: "logprobs", score: "score")
        static let elsewhere = Names(
            responses: "completions", tokens: "completion_ids", logProbabilities: "sampling_logprobs",
            score: "reward")
    }
}
