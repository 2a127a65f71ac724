extension GGUFModel {
    /// `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; `nil` for a tensor that the family does
    /// not have.
    static func huggingFaceName(
        of name: String, in family: ModelConfiguration.Family = .llama
    ) -> String? {
        switch name {
        case "token_embd.weight": return "model.embed_tokens.weight"
        case "output_norm.weight": return "model.norm.weight"
        case "output.weight": return "lm_head.weight"
        default: break
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0,
            let module = module(String(parts[2]), family), parts[3] == "weight" || parts[3] == "bias"
        else { return nil }
        return "model.layers.\(layer).\(module).\(parts[3])"
    }

    private static func module(_ name: String, _ family: ModelConfiguration.Family) -> String? {
        switch (family, name) {
        case (.gemma3, "ffn_norm"): "pre_feedforward_layernorm"
        case (.gemma3, "post_attention_norm"), (.olmo2, "post_attention_norm"): "post_attention_layernorm"
        case (.gemma3, "post_ffw_norm"), (.olmo2, "post_ffw_norm"): "post_feedforward_layernorm"
        case (.olmo2, "attn_norm"), (.olmo2, "ffn_norm"): nil
        case (.phi3, "attn_qkv"): "self_attn.qkv_proj"
        case (.phi3, "ffn_up"): "mlp.gate_up_proj"
        case (.qwen3MoE, "ffn_gate_inp"): "mlp.gate"
        default: layerModules[name]
        }
    }

    private static let layerModules = [
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm",
        "attn_k_norm": "self_attn.k_norm",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    ]

    /// Weights of all experts of a layer, which lie in one tensor, by their order: `blk.3.ffn_up_exps.weight` →
    /// `model.layers.3.mlp.experts.0.up_proj.weight` and so on.
    private static func expertNames(of name: String, _ configuration: ModelConfiguration) -> [String]? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let experts = configuration.experts, parts.count == 4, parts[0] == "blk",
            let layer = Int(parts[1]), parts[2].hasPrefix("ffn_"), parts[2].hasSuffix("_exps"),
            parts[3] == "weight"
        else { return nil }
        let module = parts[2].dropFirst("ffn_".count).dropLast("_exps".count)
        return (0..<experts.count).map { "model.layers.\(layer).mlp.experts.\($0).\(module)_proj.weight" }
    }

    /// The tensor behind each weight; both sides must match completely.
    static func sources(
        _ configuration: ModelConfiguration, _ tensors: [String: GGUFTensorDescription]
    ) throws -> [String: Source] {
        var sources: [String: Source] = [:]
        let expected = configuration.parameterShapes
        var unknown: Set<String> = []
        for tensor in tensors.values where !isRotary(tensor.name) {
            if let names = expertNames(of: tensor.name, configuration), let shape = expected[names[0]] {
                try check(tensor, [names.count] + shape)
                for (part, name) in names.enumerated() { sources[name] = Source(tensor: tensor, part: part) }
                continue
            }
            guard let name = huggingFaceName(of: tensor.name, in: configuration.family),
                let shape = expected[name]
            else {
                unknown.insert(tensor.name)
                continue
            }
            try check(tensor, shape)
            sources[name] = Source(tensor: tensor)
        }
        let missing = Set(expected.keys).subtracting(sources.keys)
        guard unknown.isEmpty else {
            throw CheckpointError(
                .unsupported, expected: "the tensors of a \(configuration.family.rawValue) model",
                found: "also \(listed(unknown))", remedy: "this variant is not supported: use another model")
        }
        guard missing.isEmpty else {
            throw CheckpointError.malformed(
                nil, nil, expected: "all \(expected.count) tensors of the model",
                found: "none for \(listed(missing))")
        }
        return sources
    }

    private static func check(_ tensor: GGUFTensorDescription, _ shape: [Int]) throws {
        guard tensor.shape == shape else {
            throw CheckpointError.malformed(
                nil, "tensor \(quoted(tensor.name))", expected: "shape \(shape), as the metadata says",
                found: "\(tensor.shape)")
        }
    }

    /// Factors of rotary frequencies, which are part of the configuration.
    private static func isRotary(_ name: String) -> Bool {
        [rotaryFactors, shortFactors, longFactors].contains(name)
    }

    static let rotaryFactors = "rope_freqs.weight"
    static let shortFactors = "rope_factors_short.weight"
    static let longFactors = "rope_factors_long.weight"
}
