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
            for (name, shape) in layerShapes { shapes["model.layers.\(layer).\(name)"] = shape }
        }
        return shapes
    }

    private var layerShapes: [String: [Int]] {
        let querySize = headCount * headSize
        let keySize = keyValueHeadCount * headSize
        var shapes: [String: [Int]] = [
            "input_layernorm.weight": [hiddenSize],
            "post_attention_layernorm.weight": [hiddenSize],
            "self_attn.q_proj.weight": [querySize, hiddenSize],
            "self_attn.k_proj.weight": [keySize, hiddenSize],
            "self_attn.v_proj.weight": [keySize, hiddenSize],
            "self_attn.o_proj.weight": [hiddenSize, querySize],
            "mlp.gate_proj.weight": [feedForwardSize, hiddenSize],
            "mlp.up_proj.weight": [feedForwardSize, hiddenSize],
            "mlp.down_proj.weight": [hiddenSize, feedForwardSize],
        ]
        if attentionHasBias {
            shapes["self_attn.q_proj.bias"] = [querySize]
            shapes["self_attn.k_proj.bias"] = [keySize]
            shapes["self_attn.v_proj.bias"] = [keySize]
            if family != .qwen2 { shapes["self_attn.o_proj.bias"] = [hiddenSize] }
        }
        if family == .qwen3 {
            shapes["self_attn.q_norm.weight"] = [headSize]
            shapes["self_attn.k_norm.weight"] = [headSize]
        }
        return shapes
    }
}
