import JSON

extension ModelConfiguration {
    /// As `config.json` has it, in the keys of `transformers` 5 and beside them those of version 4.
    var members: JSONObject {
        var members: JSONObject = [
            "architectures": .array(architectures.map(JSONValue.string)),
            "model_type": .string(family.rawValue),
            "hidden_size": .integer(hiddenSize),
            "num_hidden_layers": .integer(layerCount),
            "num_attention_heads": .integer(headCount),
            "num_key_value_heads": .integer(keyValueHeadCount),
            "head_dim": .integer(headSize),
            "intermediate_size": .integer(feedForwardSize),
            "vocab_size": .integer(vocabularySize),
            "max_position_embeddings": .integer(maximumPositions),
            "rms_norm_eps": .number(normEpsilon),
            "tie_word_embeddings": .boolean(tiesEmbeddings),
            "initializer_range": .number(initializerRange),
            "bos_token_id": beginningOfSequenceID.map(JSONValue.integer) ?? .null,
            "eos_token_id": JSONValue(identifiers: endOfSequenceIDs),
            "pad_token_id": paddingID.map(JSONValue.integer) ?? .null,
        ]
        members[family == .gemma3 ? "hidden_activation" : "hidden_act"] = .string(activation.rawValue)
        if family.readsAttentionBias { members["attention_bias"] = .boolean(attentionHasBias) }
        if family.readsFeedForwardBias { members["mlp_bias"] = .boolean(feedForwardHasBias) }
        if let name = elementType?.torchName { members["dtype"] = .string(name) }
        for part in [ropeMembers, layerMembers, scaleMembers, expertMembers, labelMembers] {
            for (key, value) in part { members[key] = value }
        }
        return members
    }

    /// Version 4 reads θ at the top and the scaling in `rope_scaling`; version 5 reads `rope_parameters`.
    private var ropeMembers: JSONObject {
        var members: JSONObject = ["rope_theta": .number(ropeTheta)]
        let parameters = Self.parameters(
            theta: ropeTheta, scaling: ropeScaling, fraction: rotaryFraction, positions: maximumPositions)
        if rotaryFraction != 1 { members["partial_rotary_factor"] = .number(rotaryFraction) }
        if let slidingRope {
            members["rope_local_base_freq"] = .number(slidingRope.theta)
            members["rope_parameters"] = [
                "full_attention": .object(parameters),
                "sliding_attention": .object(
                    Self.parameters(
                        theta: slidingRope.theta, scaling: slidingRope.scaling, fraction: 1,
                        positions: maximumPositions)),
            ]
        } else {
            members["rope_parameters"] = .object(parameters)
        }
        guard let ropeScaling else { return members }
        var scaling = ropeScaling.members(positions: maximumPositions)
        if case .longrope(let rope) = ropeScaling, family == .phi3 {
            // Version 4 of the family takes no key here besides.
            members["original_max_position_embeddings"] = .integer(rope.originalMaximumPositions)
            scaling["original_max_position_embeddings"] = nil
            scaling["type"] = scaling["rope_type"]
            scaling["rope_type"] = nil
        }
        members["rope_scaling"] = .object(scaling)
        return members
    }

    private static func parameters(
        theta: Double, scaling: RopeScaling?, fraction: Double, positions: Int
    ) -> JSONObject {
        var members = scaling?.members(positions: positions) ?? ["rope_type": "default"]
        members["rope_theta"] = .number(theta)
        if fraction != 1 { members["partial_rotary_factor"] = .number(fraction) }
        return members
    }

    private var layerMembers: JSONObject {
        var members = JSONObject()
        let isFixed = [.llama, .olmo2, .granite].contains(family)
        if !isFixed { members["sliding_window"] = slidingWindow.map(JSONValue.integer) ?? .null }
        if family.asksForSlidingWindow { members["use_sliding_window"] = .boolean(slidingWindow != nil) }
        if family.readsLayerTypes {
            members["layer_types"] = .array(
                (0..<layerCount).map {
                    .string(slidingLayers.contains($0) ? "sliding_attention" : "full_attention")
                })
        }
        if [.qwen2, .qwen3].contains(family), let first = slidingLayers.min() {
            members["max_window_layers"] = .integer(first)
        }
        if family == .smollm3 {
            members["no_rope_layers"] = .array(
                (0..<layerCount).map { .integer(layersWithoutPositions.contains($0) ? 0 : 1) })
        }
        return members
    }

    private var scaleMembers: JSONObject {
        switch family {
        case .granite:
            [
                "embedding_multiplier": .number(scales.embedding),
                "attention_multiplier": .number(scales.attention ?? 1),
                "residual_multiplier": .number(scales.residual), "logits_scaling": .number(scales.logits),
            ]
        case .gemma3:
            [
                "query_pre_attn_scalar": scales.attention.map {
                    let scalar = 1 / ($0 * $0)
                    // Whole numbers, as published models have them, come back as they were.
                    guard let whole = Int(exactly: scalar.rounded()),
                        abs(scalar - Double(whole)) < 1e-9 * scalar
                    else { return .number(scalar) }
                    return .integer(whole)
                } ?? .integer(headSize)
            ]
        default: [:]
        }
    }

    private var expertMembers: JSONObject {
        guard let experts else { return [:] }
        return [
            "num_experts": .integer(experts.count), "num_experts_per_tok": .integer(experts.perToken),
            "moe_intermediate_size": .integer(experts.feedForwardSize),
            "norm_topk_prob": .boolean(experts.normalizesWeights), "decoder_sparse_step": .integer(1),
            "mlp_only_layers": .array(experts.denseLayers.sorted().map(JSONValue.integer)),
            "router_aux_loss_coef": .number(experts.routerLossWeight),
            "output_router_logits": .boolean(experts.addsRouterLoss),
        ]
    }

    private var labelMembers: JSONObject {
        guard case .sequenceClassification(let labels) = head else { return [:] }
        let ids = Array(labels.enumerated())
        return [
            "id2label": .object(JSONObject(ids.map { (key: String($0), value: .string($1)) })),
            "label2id": .object(JSONObject(ids.map { (key: $1, value: .integer($0)) })),
        ]
    }
}

extension JSONValue {
    /// Null for no id, a number for one, a list for more.
    init(identifiers: [Int]) {
        self =
            switch identifiers.count {
            case 0: .null
            case 1: .integer(identifiers[0])
            default: .array(identifiers.map(JSONValue.integer))
            }
    }
}

extension ElementType {
    /// The name in `config.json`, for the types that a model's weights may have.
    var torchName: String? {
        switch self {
        case .float64: "float64"
        case .float32: "float32"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        default: nil
        }
    }
}
