extension ModelConfiguration {
    /// Every weight a checkpoint of this model holds, by its Hugging Face name, with its row-major shape. A
    /// projection's shape is `[outputs, inputs]`. Tied embeddings have no `lm_head.weight`.
    public var parameterShapes: [String: [Int]] {
        var shapes: [String: [Int]] = [
            "model.embed_tokens.weight": [vocabularySize, hiddenSize],
            "model.norm.weight": [hiddenSize],
        ]
        switch head {
        case .causalLanguageModel:
            if !tiesEmbeddings { shapes["lm_head.weight"] = [vocabularySize, hiddenSize] }
        case .sequenceClassification(let labels):
            shapes["score.weight"] = [labels.count, hiddenSize]
        }
        for layer in 0..<layerCount {
            let blocks = [normShapes, attentionShapes, feedForwardShapes(layer)]
            for (name, shape) in blocks.joined() { shapes["model.layers.\(layer).\(name)"] = shape }
        }
        return shapes
    }

    private var normShapes: [String: [Int]] {
        let names =
            switch family {
            case .olmo2: ["post_attention_layernorm", "post_feedforward_layernorm"]
            case .gemma3:
                [
                    "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm",
                    "post_feedforward_layernorm",
                ]
            default: ["input_layernorm", "post_attention_layernorm"]
            }
        return Dictionary(uniqueKeysWithValues: names.map { ("\($0).weight", [hiddenSize]) })
    }

    private var attentionShapes: [String: [Int]] {
        let querySize = headCount * headSize
        let keySize = keyValueHeadCount * headSize
        var shapes = ["self_attn.o_proj.weight": [hiddenSize, querySize]]
        if family == .phi3 {
            shapes["self_attn.qkv_proj.weight"] = [querySize + 2 * keySize, hiddenSize]
        } else {
            for (name, size) in [("q_proj", querySize), ("k_proj", keySize), ("v_proj", keySize)] {
                shapes["self_attn.\(name).weight"] = [size, hiddenSize]
                if attentionHasBias { shapes["self_attn.\(name).bias"] = [size] }
            }
        }
        if attentionHasBias, family != .qwen2 { shapes["self_attn.o_proj.bias"] = [hiddenSize] }
        switch family {
        case .qwen3, .qwen3MoE, .gemma3:
            shapes["self_attn.q_norm.weight"] = [headSize]
            shapes["self_attn.k_norm.weight"] = [headSize]
        case .olmo2:
            shapes["self_attn.q_norm.weight"] = [querySize]
            shapes["self_attn.k_norm.weight"] = [keySize]
        default: break
        }
        return shapes
    }

    private func feedForwardShapes(_ layer: Int) -> [String: [Int]] {
        if let experts, hasExperts(layer) {
            var shapes = ["mlp.gate.weight": [experts.count, hiddenSize]]
            for expert in 0..<experts.count {
                let path = "mlp.experts.\(expert)"
                shapes["\(path).gate_proj.weight"] = [experts.feedForwardSize, hiddenSize]
                shapes["\(path).up_proj.weight"] = [experts.feedForwardSize, hiddenSize]
                shapes["\(path).down_proj.weight"] = [hiddenSize, experts.feedForwardSize]
            }
            return shapes
        }
        if family == .phi3 {
            return [
                "mlp.gate_up_proj.weight": [2 * feedForwardSize, hiddenSize],
                "mlp.down_proj.weight": [hiddenSize, feedForwardSize],
            ]
        }
        let sizes = [
            ("gate_proj", feedForwardSize, hiddenSize), ("up_proj", feedForwardSize, hiddenSize),
            ("down_proj", hiddenSize, feedForwardSize),
        ]
        return sizes.reduce(into: [:]) { shapes, layer in
            shapes["mlp.\(layer.0).weight"] = [layer.1, layer.2]
            if feedForwardHasBias { shapes["mlp.\(layer.0).bias"] = [layer.1] }
        }
    }
}
