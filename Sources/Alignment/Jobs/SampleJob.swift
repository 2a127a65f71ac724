import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Tokenization

/// Settings of `heed sample`.
public struct SampleConfiguration: ConfigurationSection, Equatable {
    public var model: String?
    /// What the model is called in the rows; nil: after its folder.
    public var name: String?
    /// JSON Lines files with a prompt a row.
    public var prompts: [String] = []
    public var sampler = SamplerConfiguration()
    /// Texts that end a response, besides the model's own stop tokens.
    public var stop: [String] = []
    /// Goes on behind the model's own stop tokens, up to the limit.
    public var ignoresEndOfSequence = false
    /// Responses written side by side.
    public var slots = 32

    public init() { sampler.maximumNewTokens = 256 }

    public enum CodingKeys: String, CodingKey {
        case model, name, prompts, sampler, stop, slots
        case ignoresEndOfSequence = "ignore_eos"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"), "num_return_sequences": .name("n"),
        "max_completion_length": .name("max_new_tokens"),
        "do_sample": .name(
            "greedy", values: ["true": "false", "false": "true"]),
    ]

    public func validate() throws {
        try InvalidSetting.check(slots >= 1, CodingKeys.slots, expected: "at least 1", found: slots)
    }
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

/// `heed sample`: responses of a model to prompts, one row a prompt.
///
/// Rows are written as they are done to a partial file beside the output; a second call takes up what is there.
public enum SampleJob {
    public static func run(_ configuration: SampleConfiguration, context: JobContext) throws -> SampleResult {
        let source = try ModelSource(configuration.model, role: "model", context: context)
        let prompts = try PreparedPrompts(
            configuration.prompts, for: source, maximumNewTokens: configuration.sampler.maximumNewTokens)
        let file = try context.outputFile()
        let started = ContinuousClock.now
        let model = try source.loadFrozen(context: context, onlyGenerates: true)
        let writer = ResponseWriter(
            model: model, source: source, configuration: configuration, context: context,
            origin: try ResponseOrigin(source, name: configuration.name, sampler: configuration.sampler))
        let count = configuration.sampler.answersPerPrompt
        let bar = context.progress.begin("sampling", total: prompts.rows.count * count)
        let output = try PartialRows<ResponsesRow>(
            file, fingerprint: fingerprint(configuration, source, context))
        // Prompts go in groups so that an interruption loses little, and each group fills the slots several times.
        let groupSize = max(1, 8 * configuration.slots / count)
        var tokens = 0
        let seconds = try model.withPackedWeights {
            try ContinuousClock().measure {
                for group in Array(prompts.rows.indices.dropFirst(output.rows.count)).chunked(groupSize) {
                    guard !Interruption.requested else { throw FetchingInterrupted() }
                    let done = output.rows.count * count
                    let rows = try writer.answers(to: group.map { ($0, prompts.rows[$0]) }) { ended in
                        tokens += 1
                        bar.update(done + ended, tokens: tokens)
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

    /// What must be the same for a partial file to be gone on with.
    private static func fingerprint(
        _ configuration: SampleConfiguration, _ source: ModelSource, _ context: JobContext
    ) throws -> String {
        let inputs =
            source.inputs(role: "model").map(\.url)
            + configuration.prompts.map { URL(fileURLWithPath: $0) }
        let hashes = try inputs.map { try ContentHash.sha256(of: $0) }
        let text = "\(context.settings.text()) \(hashes) \(context.precision) \(context.device)"
        return ContentHash.sha256(of: Data(text.utf8))
    }
}

/// Writes responses to groups of prompts.
struct ResponseWriter {
    let model: LanguageModel
    let source: ModelSource
    let configuration: SampleConfiguration
    let context: JobContext
    let origin: ResponseOrigin

    /// - Parameters:
    ///   - prompts: with their index in the whole file, which names their random numbers.
    ///   - onToken: called after every token with the number of responses that have ended.
    func answers(
        to prompts: [(index: Int, prompt: PreparedPrompt)], onToken: (_ ended: Int) -> Void
    ) throws -> [ResponsesRow] {
        let sampler = configuration.sampler
        let count = sampler.answersPerPrompt
        let requests = prompts.flatMap { index, prompt in
            (0..<count).map { GenerationRequest(prompt: prompt.tokens, id: UInt64(index * count + $0)) }
        }
        let options = GenerationOptions(
            sampling: sampler.parameters, maximumNewTokens: sampler.maximumNewTokens,
            stopTokens: configuration.ignoresEndOfSequence ? [] : source.stopTokens,
            seed: context.seeds.derived("sampling").value,
            slots: configuration.slots)
        var watcher = StopTextWatcher(
            configuration.stop, tokenizer: source.tokenizer, requests: requests.count)
        var lengths = [Int](repeating: 0, count: requests.count)
        var ended = 0
        let answers = try model.generate(requests, options: options) { request, token in
            let continues = watcher.continues(request: request, token: token)
            lengths[request] += 1
            let isLast = lengths[request] == options.maximumNewTokens || options.stopTokens.contains(token)
            if isLast || !continues { ended += 1 }
            onToken(ended)
            return continues
        }
        let responses = answers.enumerated().map { index, answer in
            Response(text: watcher.text(of: answer, request: index), answer: answer)
        }
        return prompts.enumerated().map { offset, prompt in
            let first = offset * count
            return ResponsesRow(
                prompt: prompt.prompt.text, promptTokens: prompt.prompt.tokens,
                responses: Array(responses[first..<first + count]), policy: origin.policy,
                extra: origin.columns)
        }
    }
}

/// Who wrote responses, and how: what every judgment of them is to know.
struct ResponseOrigin {
    /// The content hash of the model.
    let policy: String
    /// `policy_name` and `sampler`.
    let columns: JSONObject

    /// - Parameter name: nil: after the model's folder.
    init(_ source: ModelSource, name: String?, sampler: SamplerConfiguration) throws {
        policy = try source.contentHash()
        columns = [
            "policy_name": .string(name ?? NamedPath(source.argument).name),
            "sampler": try JSONValue(encoding: sampler),
        ]
    }
}

extension Response {
    /// A generated answer with what was recorded of it.
    init(text: String, answer: GeneratedSequence) {
        let finish: Finish = answer.finish == .length ? .length : .stop
        self.init(
            text: text, finish: finish,
            extra: [
                "tokens": .array(answer.tokens.map { .integer($0) }),
                "logprobs": .array(answer.logProbabilities.map { .number(Double($0)) }),
            ])
    }
}

extension ResponsesRow {
    /// Tokens of all responses.
    var tokenCount: Int { responses.reduce(0) { $0 + ($1.extra["tokens"]?.array?.count ?? 0) } }
}

/// Ends a response when one of the given texts appears in it, and cuts it there.
struct StopTextWatcher {
    private let stops: [String]
    private let tokenizer: Tokenizer
    private var decoders: [StreamingDecoder]
    private var texts: [String]

    init(_ stops: [String], tokenizer: Tokenizer, requests: Int) {
        self.stops = stops
        self.tokenizer = tokenizer
        decoders = stops.isEmpty ? [] : (0..<requests).map { _ in tokenizer.makeStreamingDecoder() }
        texts = stops.isEmpty ? [] : Array(repeating: "", count: requests)
    }

    mutating func continues(request: Int, token: Int) -> Bool {
        guard !stops.isEmpty else { return true }
        texts[request] += decoders[request].append(token)
        return !stops.contains { texts[request].contains($0) }
    }

    func text(of answer: GeneratedSequence, request: Int) -> String {
        let text = tokenizer.decode(answer.tokens, skippingSpecialTokens: true)
        let ends = stops.compactMap { text.range(of: $0)?.lowerBound }
        return ends.min().map { String(text[..<$0]) } ?? text
    }
}
