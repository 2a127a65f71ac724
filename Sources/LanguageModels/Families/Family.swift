import Checkpoints

/// One family of decoders, each in a file of its own: how its layers differ from the others'. What differs from layer to layer,
/// and constants, are in its `ModelConfiguration`.
protocol DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits
}

/// In what the layers of one family differ from another's.
struct LayerTraits {
    enum HeadNorm {
        case none
        /// Every head of queries and keys by itself, by one weight for all.
        case perHead
        /// All heads of the projection together.
        case whole
    }

    enum NormPlacement {
        /// Of what goes into attention and feed-forward.
        case before
        /// Of what comes out of them.
        case after
        /// Both.
        case around
    }

    /// q, k and v have biases.
    var inputBias = false
    /// The output projection has one.
    var outputBias = false
    /// How queries and keys are normalised before rotation.
    var headNorm = HeadNorm.none
    var norms = NormPlacement.before
    /// What is added to the weights of norms.
    var normOffset = 0.0
    /// q, k and v are one matrix, and so are gate and up.
    var fusesProjections = false
}

extension ModelConfiguration.Family {
    var implementation: any DecoderFamily.Type {
        switch self {
        case .llama: Llama.self
        case .qwen2: Qwen2.self
        case .qwen3: Qwen3.self
        case .mistral: Mistral.self
        case .gemma3: Gemma3.self
        case .phi3: Phi3.self
        case .olmo2: OLMo2.self
        case .smollm3: SmolLM3.self
        case .granite: Granite.self
        case .qwen3MoE: Qwen3MoE.self
        }
    }
}
