import Foundation

/// The shape of a decoder-only transformer and how it computes, as Hugging Face's `config.json` states it.
///
/// Read strictly: a setting that would change the numbers and that is not implemented (another activation,
/// soft-capping, quantised weights, an unknown RoPE scaling) is an error that names it, never ignored.
public struct ModelConfiguration: Codable, Equatable, Sendable {
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
    /// `partial_rotary_factor`: the share of a head's dimensions that rotate, the first ones.
    public var rotaryFraction: Double
    /// Frequencies of layers that slide, where they have their own (gemma3).
    public var slidingRope: SlidingRope?
    /// `no_rope_layers`: those without positions, by number (smollm3).
    public var layersWithoutPositions: Set<Int>
    /// `sliding_window`: how many tokens layers that slide see, the own one included.
    public var slidingWindow: Int?
    /// Layers that slide, by number; the others see everything.
    public var slidingLayers: Set<Int>
    /// `tie_word_embeddings`: the embedding is also the output projection.
    public var tiesEmbeddings: Bool
    /// Whether query, key and value projections have biases. Where a family has the choice (`attention_bias`) the
    /// output projection then has one too; for qwen2 it is always true, and the output projection never has
    /// one.
    public var attentionHasBias: Bool
    /// `mlp_bias`: whether the three projections of the feed-forward have biases.
    public var feedForwardHasBias: Bool
    /// `hidden_act`.
    public var activation: Activation
    public var scales: Scales
    /// In place of the feed-forward of most layers, where the family has experts (qwen3_moe).
    public var experts: Experts?
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
        case .causalLanguageModel: [family.classNames.languageModel]
        case .sequenceClassification: [family.classNames.classifier]
        }
    }

    public init(
        family: Family, head: Head = .causalLanguageModel, hiddenSize: Int, layerCount: Int, headCount: Int,
        keyValueHeadCount: Int, headSize: Int, feedForwardSize: Int, vocabularySize: Int,
        maximumPositions: Int,
        normEpsilon: Double, ropeTheta: Double, ropeScaling: RopeScaling? = nil, rotaryFraction: Double = 1,
        slidingRope: SlidingRope? = nil, layersWithoutPositions: Set<Int> = [], slidingWindow: Int? = nil,
        slidingLayers: Set<Int> = [], tiesEmbeddings: Bool, attentionHasBias: Bool,
        feedForwardHasBias: Bool = false, activation: Activation = .silu, scales: Scales = Scales(),
        experts: Experts? = nil, initializerRange: Double = 0.02, beginningOfSequenceID: Int? = nil,
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
        self.rotaryFraction = rotaryFraction
        self.slidingRope = slidingRope
        self.layersWithoutPositions = layersWithoutPositions
        self.slidingWindow = slidingWindow
        self.slidingLayers = slidingLayers
        self.tiesEmbeddings = tiesEmbeddings
        self.attentionHasBias = attentionHasBias
        self.feedForwardHasBias = feedForwardHasBias
        self.activation = activation
        self.scales = scales
        self.experts = experts
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
}
