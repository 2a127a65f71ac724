extension ModelConfiguration {
    /// `model_type`: which architecture, and so which names the weights have.
    public enum Family: String, Codable, Sendable, CaseIterable {
        case llama, qwen2, qwen3, mistral
        case gemma3 = "gemma3_text"
        case phi3, olmo2, smollm3, granite
        case qwen3MoE = "qwen3_moe"
    }
}

extension ModelConfiguration.Family {
    /// What class names of `transformers` begin with.
    private var className: String {
        switch self {
        case .smollm3: "SmolLM3"
        case .qwen3MoE: "Qwen3Moe"
        case .gemma3: "Gemma3"
        default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }

    /// The classes of `transformers` for a language model and for a sequence classifier. Granite has no class of the
    /// second kind there; its name follows the others'.
    var classNames: (languageModel: String, classifier: String) {
        let classifier = self == .gemma3 ? "Gemma3Text" : className
        return ("\(className)ForCausalLM", "\(classifier)ForSequenceClassification")
    }

    /// What `general.architecture` of a GGUF file calls it. Mistral's files call themselves llama.
    var ggufArchitecture: String {
        switch self {
        case .gemma3: "gemma3"
        case .qwen3MoE: "qwen3moe"
        case .mistral: "llama"
        default: rawValue
        }
    }

    /// What `transformers` takes where `config.json` lacks a key.
    var defaults: Defaults {
        switch self {
        case .llama: Defaults(bos: 1, eos: 2)
        case .mistral: Defaults(keyValueHeads: 8, bos: 1, eos: 2)
        case .qwen2, .olmo2: Defaults(normEpsilon: self == .olmo2 ? 1e-5 : 1e-6)
        case .qwen3: Defaults(headSize: 128)
        case .qwen3MoE: Defaults(keyValueHeads: 4)
        case .gemma3:
            Defaults(
                headSize: 256, keyValueHeads: 4, ropeTheta: 1e6, tiesEmbeddings: true, bos: 2, eos: 1)
        case .phi3: Defaults(normEpsilon: 1e-5, bos: 1, eos: 32_000)
        case .smollm3:
            Defaults(keyValueHeads: 4, ropeTheta: 2e6, tiesEmbeddings: true, bos: 128_000, eos: 128_001)
        case .granite: Defaults(bos: 1, eos: 2)
        }
    }

    struct Defaults {
        /// nil: the hidden size over the number of heads.
        var headSize: Int?
        /// nil: as many as query heads.
        var keyValueHeads: Int?
        var normEpsilon = 1e-6
        var ropeTheta = 10_000.0
        var tiesEmbeddings = false
        var bos: Int?
        var eos: Int?
    }

    /// Whether `attention_bias` is a setting of the family. Qwen2 has biases in any case.
    var readsAttentionBias: Bool { ![.qwen2, .mistral, .phi3].contains(self) }
    /// Whether `mlp_bias` is.
    var readsFeedForwardBias: Bool { [.llama, .granite, .smollm3].contains(self) }
    /// Whether `layer_types` says layer by layer which ones slide.
    var readsLayerTypes: Bool { [.qwen2, .qwen3, .gemma3, .smollm3].contains(self) }
    /// Whether a sliding window counts only where `use_sliding_window` is true.
    var asksForSlidingWindow: Bool { [.qwen2, .qwen3, .qwen3MoE, .smollm3].contains(self) }
}
