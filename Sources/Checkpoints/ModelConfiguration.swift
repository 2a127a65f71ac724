import Foundation

/// The shape of a decoder-only transformer and how it computes, as Hugging Face's `config.json` states it.
///
/// Read strictly: a setting that would change the numbers and that is not implemented (another activation, a
/// sliding window, quantised weights, an unknown RoPE scaling) is an error that names it, never ignored.
public struct ModelConfiguration: Codable, Equatable, Sendable {
    /// `model_type`: which architecture, and so which names the weights have.
    public enum Family: String, Codable, Sendable, CaseIterable {
        case llama, qwen2, qwen3

        /// What class names in `architectures` begin with.
        var className: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    }

    /// What follows the last norm.
    public enum Head: Equatable, Sendable {
        /// `*ForCausalLM`: logits over the vocabulary.
        case causalLanguageModel
        /// `*ForSequenceClassification`: one score per label, `score.weight` `[labels, hidden]`; a reward model
        /// has one.
        case sequenceClassification(labels: [String])
    }

    public var family: Family
    public var head: Head
    /// `hidden_size`.
    public var hiddenSize: Int
    /// `num_hidden_layers`.
    public var layerCount: Int
    /// `num_attention_heads`.
    public var headCount: Int
    /// `num_key_value_heads`; divides `headCount`.
    public var keyValueHeadCount: Int
    /// `head_dim`; not always `hiddenSize / headCount`.
    public var headSize: Int
    /// `intermediate_size`.
    public var feedForwardSize: Int
    /// `vocab_size`: rows of the embedding, which may be more than the tokenizer has tokens.
    public var vocabularySize: Int
    /// `max_position_embeddings`.
    public var maximumPositions: Int
    /// `rms_norm_eps`.
    public var normEpsilon: Double
    /// `rope_theta`, in old files at the top and in new ones inside `rope_parameters`.
    public var ropeTheta: Double
    public var ropeScaling: RopeScaling?
    /// `tie_word_embeddings`: the embedding is also the output projection.
    public var tiesEmbeddings: Bool
    /// Whether query, key and value projections have biases. For llama and qwen3 (`attention_bias`) the
    /// output projection then has one too; for qwen2 it is always true, and the output projection never has
    /// one.
    public var attentionHasBias: Bool
    /// `initializer_range`: the standard deviation of fresh weights.
    public var initializerRange: Double
    /// `bos_token_id`.
    public var beginningOfSequenceID: Int?
    /// `eos_token_id`, one or many.
    public var endOfSequenceIDs: [Int]
    /// `pad_token_id`.
    public var paddingID: Int?
    /// `dtype` (in old files `torch_dtype`): the type the weights are stored in.
    public var elementType: ElementType?

    /// `nil` for a language model.
    public var labelCount: Int? {
        if case .sequenceClassification(let labels) = head { labels.count } else { nil }
    }

    /// What a sequence classifier scores; of a language model none.
    public var labels: [String] {
        if case .sequenceClassification(let labels) = head { labels } else { [] }
    }

    /// Class names of `transformers`.
    public var architectures: [String] {
        switch head {
        case .causalLanguageModel: [family.className + "ForCausalLM"]
        case .sequenceClassification: [family.className + "ForSequenceClassification"]
        }
    }

    public init(
        family: Family, head: Head = .causalLanguageModel, hiddenSize: Int, layerCount: Int, headCount: Int,
        keyValueHeadCount: Int, headSize: Int, feedForwardSize: Int, vocabularySize: Int,
        maximumPositions: Int,
        normEpsilon: Double, ropeTheta: Double, ropeScaling: RopeScaling? = nil, tiesEmbeddings: Bool,
        attentionHasBias: Bool, initializerRange: Double = 0.02, beginningOfSequenceID: Int? = nil,
        endOfSequenceIDs: [Int] = [], paddingID: Int? = nil, elementType: ElementType? = nil
    ) {
        self.family = family
        self.head = head
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.feedForwardSize = feedForwardSize
        self.vocabularySize = vocabularySize
        self.maximumPositions = maximumPositions
        self.normEpsilon = normEpsilon
        self.ropeTheta = ropeTheta
        self.ropeScaling = ropeScaling
        self.tiesEmbeddings = tiesEmbeddings
        self.attentionHasBias = attentionHasBias
        self.initializerRange = initializerRange
        self.beginningOfSequenceID = beginningOfSequenceID
        self.endOfSequenceIDs = endOfSequenceIDs
        self.paddingID = paddingID
        self.elementType = elementType
    }

    /// Reads a `config.json`.
    public init(contentsOf file: URL) throws {
        self = try ConfigurationFields.read(file) { try ModelConfiguration($0) }
    }

    /// Writes a `config.json` that `transformers` loads, both the current major version and the one before.
    public func write(to file: URL) throws {
        try validate()
        try ConfigurationFields(members).write(to: file)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(ConfigurationFields(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try ConfigurationFields(members).encode(to: encoder)
    }

    /// Throws where sizes are not positive or not plausible, or do not fit each other.
    public func validate() throws {
        // The limits are far above any model and keep every product of two sizes within 64 bits.
        let sizes: [(name: String, size: Int, limit: Int)] = [
            ("hidden_size", hiddenSize, 1 << 20), ("num_hidden_layers", layerCount, 1 << 12),
            ("num_attention_heads", headCount, 1 << 14), ("num_key_value_heads", keyValueHeadCount, 1 << 14),
            ("head_dim", headSize, 1 << 14), ("intermediate_size", feedForwardSize, 1 << 24),
            ("vocab_size", vocabularySize, 1 << 24), ("max_position_embeddings", maximumPositions, 1 << 32),
        ]
        for (name, size, limit) in sizes where !(1...limit).contains(size) {
            throw invalid(name, expected: "a size from 1 to \(limit)", found: "\(size)")
        }
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw invalid(
                "num_key_value_heads", expected: "a divisor of the \(headCount) heads",
                found: "\(keyValueHeadCount)")
        }
        guard headSize.isMultiple(of: 2) else {
            throw invalid("head_dim", expected: "an even size, for rotary positions", found: "\(headSize)")
        }
        for (name, value) in [
            ("rms_norm_eps", normEpsilon), ("rope_theta", ropeTheta),
        ] where !(value > 0 && value.isFinite) {
            throw invalid(name, expected: "a positive number", found: "\(value)")
        }
        guard initializerRange >= 0, initializerRange.isFinite else {
            throw invalid("initializer_range", expected: "0 or more", found: "\(initializerRange)")
        }
        let ids =
            [("bos_token_id", beginningOfSequenceID), ("pad_token_id", paddingID)]
            + endOfSequenceIDs.map { ("eos_token_id", $0) }
        for case (let name, let id?) in ids where !(0..<vocabularySize).contains(id) {
            throw invalid(name, expected: "an id below the vocabulary's \(vocabularySize)", found: "\(id)")
        }
        if labelCount == 0 { throw invalid("id2label", expected: "at least one label", found: "none") }
        try ropeScaling?.validate()
    }

    private func invalid(_ key: String, expected: String, found: String) -> CheckpointError {
        ConfigurationFields([:]).malformed(key, expected: expected, found: found)
    }
}

/// A change of the rotary frequencies that stretches a model beyond the positions it was first trained on.
public enum RopeScaling: Equatable, Sendable {
    /// Every position divided by `factor`.
    case linear(factor: Double)
    /// Llama 3.1: long wavelengths divided by `factor`, short ones kept, those between blended.
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalMaximumPositions: Int
    )

    func validate() throws {
        let (numbers, isOrdered): ([Double], Bool) =
            switch self {
            case .linear(let factor): ([factor], true)
            case .llama3(let factor, let low, let high, let positions):
                ([factor, low, high, Double(positions)], low < high)
            }
        guard numbers.allSatisfy({ $0 > 0 && $0.isFinite }), isOrdered else {
            throw ConfigurationFields([:]).malformed(
                "rope_parameters", expected: "positive factors, the low-frequency one below the high",
                found: "\(numbers)")
        }
    }
}
