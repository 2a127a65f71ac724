import Datasets
import Foundation
import JSON
import Models
import Settings
import Tokenization
import Training

/// A row that a teacher scores: an answer with what comes before it, or a prompt that is still to be answered.
struct DistillationRow: Hashable, Sendable {
    /// The tokens, and which of them are scored; none while there is no answer.
    let sequence: TokenizedSequence
    /// What is answered; nil for a text without a prompt.
    let prompt: PreparedPrompt?
    /// The position of its file among ``DataSets``.
    let dataSet: Int
    /// The position of the row among those of its files, and where it is.
    let index: Int
    let place: Place
    /// Log-probabilities of the scored tokens under the student that wrote them; nil where others did.
    var sampling: [Float]?
    /// The answer for a teacher with another tokenizer; nil where the student's tokens are the teacher's.
    var aligned: AlignedAnswer?

    var countedTokens: Int { sequence.countedTokens }
    var isStudents: Bool { sampling != nil }

    /// The same prompt with another answer.
    func answered(_ answer: [Int], sampling: [Float]? = nil) -> DistillationRow {
        let before = prompt?.tokens ?? []
        return DistillationRow(
            sequence: TokenizedSequence(
                tokens: before + answer, labels: before.map { _ in false } + answer.map { _ in true }),
            prompt: prompt, dataSet: dataSet, index: index, place: place, sampling: sampling)
    }
}

extension DistillationRow {
    /// The same prompt with an answer of the student's own.
    /// - Parameter text: the answer as people read it.
    func answered(
        _ answer: [Int], sampling: [Float], text: String, by aligner: Aligner?
    ) throws -> DistillationRow {
        var row = answered(answer, sampling: sampling)
        row.aligned = try aligner?.answer(row, written: text)
        return row
    }
}

/// What can be distilled on: rows as fine-tuning takes them, and prompts.
enum DistillationSource: DatasetRow {
    case supervised(SupervisedRow)
    case prompt(PromptRow)

    static let schemas: [DatasetSchema] = [.completion, .messages, .text, .prompt]

    init(from fields: inout RowFields) throws {
        let hasAnswer = ["completion", "messages", "text"].contains(where: fields.contains)
        self =
            hasAnswer
            ? .supervised(try SupervisedRow(from: &fields)) : .prompt(try PromptRow(from: &fields))
    }

    var extra: JSONObject {
        switch self {
        case .supervised(let row): row.extra
        case .prompt(let row): row.extra
        }
    }

    var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .supervised(let row): row.columns
        case .prompt(let row): row.columns
        }
    }
}

/// Rows to tokens: the answer is what is distilled, of a conversation its last message.
struct DistillationPreparation: Preparation {
    /// Whether some answers of the rows are written anew, whether all are, and how long these may become.
    struct Writing: Sendable {
        var some = false
        var all = false
        var maximumNewTokens = 0
        /// Tokens that the shortest context of those who write has.
        var context = 0
    }

    private var supervised: SupervisedPreparation
    let dataSets: DataSets
    let writing: Writing
    /// Nil where teachers have the student's tokenizer.
    let aligner: (any AnswerAligner)?

    var tokenizer: Tokenizer {
        get { supervised.tokenizer }
        set { supervised.tokenizer = newValue }
    }

    init(
        tokenizer: Tokenizer, maximumLength: Int, dataSets: DataSets, writing: Writing,
        aligner: (any AnswerAligner)?
    ) {
        supervised = SupervisedPreparation(tokenizer: tokenizer, maximumLength: maximumLength)
        (self.dataSets, self.writing, self.aligner) = (dataSets, writing, aligner)
    }

    func prepare(_ row: SourcedRow<DistillationSource>) throws -> PreparedRow<DistillationRow> {
        let writes = writing.some && dataSets.isLearned(row.place)
        let (prompt, answered) = try parts(of: row)
        guard !writes || prompt != nil else {
            throw DataError(
                at: row.place, expected: "a prompt, as answers are written (on_policy, seq_kd)",
                found: "a text without one",
                remedy: "give {\"prompt\"} or {\"messages\"}, or leave answers as they are"
            )
        }
        guard let answered else {
            guard writing.all && !dataSets.isEvaluated(row.place) else {
                throw DataError(
                    at: row.place, expected: "an answer beside the prompt", found: "none",
                    remedy: "add \"completion\", or have all answers written (--on-policy 1, or seq_kd)")
            }
            guard let prompt = try room(for: prompt, row) else { return .dropped(.promptTooLong) }
            let isPlain = tokenizer.chatTemplate != nil && !prompt.text.isConversation
            return .kept(
                finished(TokenizedSequence(tokens: [], labels: []), prompt, row), tokens: prompt.tokens.count,
                cut: 0, remarks: isPlain ? [.plainText] : [])
        }
        guard case .kept(let sequence, let tokens, let cut, let remarks) = try supervised.prepare(answered)
        else { return .dropped(.noCountedToken) }
        let written = writes ? try room(for: prompt, row) : nil
        if writes && written == nil { return .dropped(.promptTooLong) }
        var finished = finished(sequence, written, row)
        if let aligner {
            finished.aligned = try aligner.answer(answered, student: sequence, dataSet: finished.dataSet)
            guard finished.aligned?.spans.isEmpty == false else { return .dropped(.noCommonText) }
        }
        return .kept(finished, tokens: tokens, cut: cut, remarks: remarks)
    }

    private func finished(
        _ sequence: TokenizedSequence, _ prompt: PreparedPrompt?, _ row: SourcedRow<DistillationSource>
    ) -> DistillationRow {
        DistillationRow(
            sequence: sequence, prompt: prompt, dataSet: dataSets.index(of: row.place), index: row.index,
            place: row.place)
    }

    /// The prompt in tokens; nil where an answer to it has no room in the context.
    private func room(for prompt: Text?, _ row: SourcedRow<DistillationSource>) throws -> PreparedPrompt? {
        guard let prompt else { return nil }
        let tokens = try tokenizer.encode(prompt: prompt, at: row.place)
        guard tokens.count + writing.maximumNewTokens <= writing.context else { return nil }
        return PreparedPrompt(text: prompt, tokens: tokens)
    }

    /// The prompt of a row, where it has one, and the row as fine-tuning learns it, where it has an answer.
    private func parts(
        of row: SourcedRow<DistillationSource>
    ) throws -> (prompt: Text?, answered: SourcedRow<SupervisedRow>?) {
        switch row.row {
        case .prompt(let prompt): return (prompt.prompt, nil)
        case .supervised(.text(let text)):
            return (nil, SourcedRow(.text(text), place: row.place, index: row.index))
        case .supervised(.completion(let pair)):
            return (pair.prompt, SourcedRow(.completion(pair), place: row.place, index: row.index))
        case .supervised(.messages(let conversation)):
            guard let answer = conversation.messages.last, answer.role == "assistant" else {
                throw DataError(
                    at: row.place, expected: "a conversation that ends with an answer of the assistant",
                    found: "one that ends with a message of \(conversation.messages.last?.role ?? "nobody")",
                    remedy: "remove the last message, or give the row as {\"prompt\"}")
            }
            let prompt = Array(conversation.messages.dropLast())
            guard !prompt.isEmpty else {
                return (nil, SourcedRow(.messages(conversation), place: row.place, index: row.index))
            }
            let pair = CompletionRow(
                prompt: .messages(prompt), completion: .messages([answer]), extra: conversation.extra)
            return (
                .messages(prompt), SourcedRow(.completion(pair), place: row.place, index: row.index)
            )
        }
    }
}

/// The files that rows come from, as the settings name them: what teachers and metrics are told apart by.
struct DataSets: Sendable {
    /// Those that are learned from, and then those that are evaluated on.
    let paths: [String]
    private let learned: Range<Int>

    init(_ training: TrainingConfiguration) {
        paths = (training.trainingPaths + training.evaluation).map(Self.normalized)
        learned = 0..<training.trainingPaths.count
    }

    private static func normalized(_ path: String) -> String { URL(fileURLWithPath: path).relativePath }

    /// What metrics call each of them: the file's name, or its path where several have that name.
    var names: [String] {
        let names = paths.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return names.indices.map { index in
            names.count { $0 == names[index] } == 1 ? names[index] : paths[index]
        }
    }

    /// The one that a row is of: its file, or the folder that its file lies in.
    func index(of place: Place) -> Int {
        guard let index = paths.firstIndex(where: { Self.holds($0, place) }) else {
            preconditionFailure("\(place) is in none of \(paths)")
        }
        return index
    }

    func isLearned(_ place: Place) -> Bool { paths[learned].contains { Self.holds($0, place) } }

    func isEvaluated(_ place: Place) -> Bool {
        paths[learned.upperBound...].contains { Self.holds($0, place) }
    }

    private static func holds(_ path: String, _ place: Place) -> Bool {
        place.file == path || place.file.hasPrefix(path + "/")
    }

    /// The one that an argument names, by its path or its name.
    func index(named argument: String) -> Int? {
        paths.firstIndex(of: Self.normalized(argument)) ?? names.firstIndex(of: argument)
    }
}
