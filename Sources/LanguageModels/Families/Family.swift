import Checkpoints

/// One family of decoders, each in a file of its own: how its attention differs from the others'.
protocol DecoderFamily {
    static func attentionTraits(_ configuration: ModelConfiguration) -> AttentionTraits
}

extension ModelConfiguration.Family {
    var implementation: any DecoderFamily.Type {
        switch self {
        case .llama: Llama.self
        case .qwen2: Qwen2.self
        case .qwen3: Qwen3.self
        }
    }
}
