import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Models
import Runs
import Settings
import Tokenization

/// Settings of `heed sample`.
public struct SampleConfiguration: ConfigurationSection, Equatable {
    public var model: String?
    /// What the model is called in the rows; nil: after its folder.
    public var name: String?
    /// JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// Whether prompts in plain text become messages, laid out by the model's chat template.
    public var chatPrompts = false
    /// The number of prompts, from the beginning of the files; nil: all of them.
    public var limit: Int?
    public var sampler = SamplerConfiguration()
    /// Texts that end a response, besides the model's own stop tokens.
    public var stop: [String] = []
    /// Continues past the model's own stop tokens, up to the limit.
    public var ignoresEndOfSequence = false
    /// Responses written side by side.
    public var slots = 32

    public init() { sampler.maximumNewTokens = 256 }

    public enum CodingKeys: String, CodingKey {
        case model, name, prompts, limit, sampler, stop, slots
        case chatPrompts = "chat_prompts"
        case ignoresEndOfSequence = "ignore_eos"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"), "num_return_sequences": .name("n"),
        "max_completion_length": .name("max_new_tokens"),
        "do_sample": .name(
            "greedy", values: ["true": "false", "false": "true"]),
    ]

    public static let ranges: [String: SettingRange] = ["slots": .within(1...4096), "limit": .atLeast(1)]
}

/// What sampling leaves behind.
public struct SampleResult: Codable, Sendable {
    public let output: String
    public let prompts: Int
    public let responses: Int
    /// Responses that ended by themselves.
    public let finished: Int
    /// Of the prompts, each counted once.
    public let promptTokens: Int
    /// Of the responses.
    public let tokens: Int
    public let seconds: Double
    /// Of `seconds`, those of the prompts and the responses, without loading the model and hashing it.
    public let generatingSeconds: Double

    public enum CodingKeys: String, CodingKey {
        case output, prompts, responses, finished, tokens, seconds
        case promptTokens = "prompt_tokens"
        case generatingSeconds = "generating_seconds"
    }
}

/// `heed sample`: responses of a model to prompts, one row per prompt.
///
/// Rows are written as they are done to a partial file beside the output; a second call continues after them.
public enum Sampling {
    public static func run(_ configuration: SampleConfiguration, context: RunContext) throws -> SampleResult {
        let file = try context.outputFile()
        let source = try ModelSource(configuration.model, on: context.computation)
        let prompts = try PreparedPrompts(
            configuration.prompts, chatPrompts: configuration.chatPrompts, limit: configuration.limit,
            for: source, maximumNewTokens: configuration.sampler.maximumNewTokens,
            progress: context.progress)
        let started = ContinuousClock.now
        let model = try source.loadFrozen(on: context.computation, onlyGenerates: true)
        let writer = ResponseWriter(
            answerer: Answerer(
                model, tokenizer: source.tokenizer,
                options: configuration.sampler.options(
                    stopTokens: configuration.ignoresEndOfSequence ? [] : source.stopTokens,
                    seed: context.seeds.derived("sampling").value, slots: configuration.slots),
                stopTexts: configuration.stop),
            count: configuration.sampler.answersPerPrompt,
            origin: try ResponseOrigin(source, name: configuration.name, sampler: configuration.sampler))
        let bar = context.progress.begin("sampling", total: prompts.rows.count * writer.count)
        let output = try PartialRows<ResponsesRow>(
            file,
            following: source.inputs(role: "model").map(\.url)
                + configuration.prompts.map { URL(fileURLWithPath: $0) }, context)
        // Prompts go in groups so that an interruption loses little, and each group fills the slots several times.
        let groupSize = max(1, 8 * configuration.slots / writer.count)
        var tokens = 0
        let seconds = try model.withPackedWeights {
            try ContinuousClock().measure {
                for group in Array(prompts.rows.indices.dropFirst(output.rows.count)).chunked(groupSize) {
                    try Interruption.check(.resumes)
                    let done = output.rows.count * writer.count
                    let before = tokens
                    let rows = try ModelNotFinite.naming {
                        "\(prompts.places[group[group.startIndex + $0 / writer.count]])"
                    } _: {
                        try writer.answers(to: group.map { ($0, prompts.rows[$0]) }) { ended, written in
                            tokens = before + written
                            bar.update(done + ended, tokens: tokens)
                        }
                    }
                    try output.append(rows)
                }
            }
        }
        try output.finish()
        bar.finish()
        let responses = output.rows.flatMap(\.responses)
        return SampleResult(
            output: file.path, prompts: output.rows.count, responses: responses.count,
            finished: responses.count { $0.finish == .stop },
            promptTokens: prompts.rows.reduce(0) { $0 + $1.tokens.count },
            tokens: output.rows.reduce(0) { $0 + $1.tokenCount },
            seconds: started.duration(to: .now) / .seconds(1), generatingSeconds: seconds / .seconds(1))
    }
}

/// Writes responses to groups of prompts.
private struct ResponseWriter {
    let answerer: Answerer
    /// Answers to each prompt.
    let count: Int
    let origin: ResponseOrigin

    /// - Parameter prompts: with their index in the whole file, which names their random numbers.
    func answers(
        to prompts: [(index: Int, prompt: PreparedPrompt)],
        onProgress: (_ ended: Int, _ tokens: Int) throws -> Void
    ) throws -> [ResponsesRow] {
        let requests = prompts.flatMap { index, prompt in
            (0..<count).map { GenerationRequest(prompt: prompt.tokens, id: UInt64(index * count + $0)) }
        }
        let responses = try answerer.answers(to: requests, onProgress: onProgress).map(Response.init)
        return zip(prompts, responses.chunked(count)).map { prompt, responses in
            ResponsesRow(
                prompt: prompt.prompt.text, promptTokens: prompt.prompt.tokens, responses: Array(responses),
                policy: origin.policy, extra: origin.columns(beside: prompt.prompt.columns))
        }
    }
}

/// Who wrote responses, and how: what every judgment of them is to know.
private struct ResponseOrigin {
    /// The content hash of the model.
    let policy: String
    /// `policy_name` and `sampler`.
    private let own: JSONObject

    /// - Parameter name: nil: after the model's folder.
    init(_ source: ModelSource, name: String?, sampler: SamplerConfiguration) throws {
        policy = try source.contentHash()
        own = [
            "policy_name": .string(name ?? NamedPath(source.argument).name),
            "sampler": try JSONValue(encoding: sampler),
        ]
    }

    /// What a row says besides prompt and answers: its prompt's further columns, and who answered.
    func columns(beside columns: JSONObject) -> JSONObject {
        own.reduce(into: columns) { $0[$1.key] = $1.value }
    }
}

extension ResponsesRow {
    /// Tokens of all responses.
    package var tokenCount: Int { responses.reduce(0) { $0 + ($1.extra["tokens"]?.array?.count ?? 0) } }
}
