import JSON

/// How `config.json` spells a configuration: the keys of `transformers`, those of its version 4 and of its
/// version 5.
extension ModelConfiguration {
    init(_ json: ConfigurationFields) throws {
        let family = try Self.family(json)
        try Self.refuseWhatIsNotImplemented(json, family)

        let headCount = try json.required("num_attention_heads", json.integer)
        let hiddenSize = try json.required("hidden_size", json.integer)
        guard headCount > 0 else {
            throw json.malformed("num_attention_heads", expected: "a positive number", found: "\(headCount)")
        }
        let layerCount = try json.required("num_hidden_layers", json.integer)
        // Layers are listed below, so that their number is checked before.
        guard (1...1 << 12).contains(layerCount) else {
            throw json.malformed(
                "num_hidden_layers", expected: "a size from 1 to \(1 << 12)", found: "\(layerCount)")
        }
        let vocabularySize = try json.required("vocab_size", json.integer)
        let defaults = family.defaults
        let rope = try Rope(json, family)
        let layers = try LayerSettings(json, family, layerCount: layerCount)

        self.init(
            family: family, head: try Self.head(json, family: family), hiddenSize: hiddenSize,
            layerCount: layerCount, headCount: headCount,
            keyValueHeadCount: try json.integer("num_key_value_heads")
                ?? (json.members["num_key_value_heads"] == nil ? defaults.keyValueHeads : nil) ?? headCount,
            headSize: try json.integer("head_dim") ?? defaults.headSize ?? hiddenSize / headCount,
            feedForwardSize: try json.required("intermediate_size", json.integer),
            vocabularySize: vocabularySize,
            maximumPositions: try json.required("max_position_embeddings", json.integer),
            normEpsilon: try json.number("rms_norm_eps") ?? defaults.normEpsilon,
            ropeTheta: rope.theta, ropeScaling: rope.scaling, rotaryFraction: rope.fraction,
            slidingRope: rope.sliding, layersWithoutPositions: layers.withoutPositions,
            slidingWindow: layers.window, slidingLayers: layers.sliding,
            tiesEmbeddings: try json.boolean("tie_word_embeddings") ?? defaults.tiesEmbeddings,
            attentionHasBias: try family == .qwen2 || json.boolean("attention_bias") ?? false,
            feedForwardHasBias: try json.boolean("mlp_bias") ?? false,
            activation: try Self.activation(json, family),
            scales: try Self.scales(json, family, hiddenSize: hiddenSize),
            experts: family == .qwen3MoE ? try Experts(json, layerCount: layerCount) : nil,
            initializerRange: try json.number("initializer_range") ?? 0.02,
            beginningOfSequenceID: try Self.identifiers(
                "bos_token_id", json, absent: defaults.bos, vocabularySize
            ).first,
            endOfSequenceIDs: try Self.identifiers(
                "eos_token_id", json, absent: defaults.eos, vocabularySize),
            // The first Llama files say -1 where they mean none.
            paddingID: try json.integer("pad_token_id").flatMap { $0 < 0 ? nil : $0 },
            elementType: try Self.elementType(json))
        try validate()
    }

    private static func family(_ json: ConfigurationFields) throws -> Family {
        let name = try json.required("model_type", json.string)
        guard let family = Family(rawValue: name) else {
            let known = Family.allCases.map(\.rawValue).joined(separator: ", ")
            throw json.unsupported("model_type", expected: "one of \(known)", found: quoted(name))
        }
        return family
    }

    private static func refuseWhatIsNotImplemented(_ json: ConfigurationFields, _ family: Family) throws {
        try json.refuse(
            "quantization_config", "attn_logit_softcapping", "final_logit_softcapping",
            "use_bidirectional_attention")
        if !family.asksForSlidingWindow { try json.refuse("use_sliding_window") }
        if !family.readsAttentionBias, family != .qwen2 { try json.refuse("attention_bias") }
        if !family.readsFeedForwardBias { try json.refuse("mlp_bias") }
    }

    private static func activation(_ json: ConfigurationFields, _ family: Family) throws -> Activation {
        let key = family == .gemma3 ? "hidden_activation" : "hidden_act"
        switch try json.string(key) {
        case nil: return family == .gemma3 ? .geluTanh : .silu
        // Two names of one function.
        case "silu", "swish": return .silu
        case Activation.geluTanh.rawValue: return .geluTanh
        case let other?:
            throw json.unsupported(key, expected: "silu or gelu_pytorch_tanh", found: quoted(other))
        }
    }

    private static func scales(
        _ json: ConfigurationFields, _ family: Family, hiddenSize: Int
    ) throws -> Scales {
        var scales = Scales()
        switch family {
        case .granite:
            scales.embedding = try json.number("embedding_multiplier") ?? 1
            scales.attention = try json.number("attention_multiplier") ?? 1
            scales.residual = try json.number("residual_multiplier") ?? 1
            scales.logits = try json.number("logits_scaling") ?? 1
        case .gemma3:
            scales.embedding = Double(max(hiddenSize, 0)).squareRoot()
            let scalar = try json.number("query_pre_attn_scalar") ?? 256
            guard (1e-6...1e12).contains(scalar) else {
                throw json.malformed(
                    "query_pre_attn_scalar", expected: "a number from 1e-6 to 1e12", found: "\(scalar)")
            }
            scales.attention = 1 / scalar.squareRoot()
        default: break
        }
        return scales
    }

    /// An absent key means the family's first tokens to `transformers`; null means none.
    private static func identifiers(
        _ key: String, _ json: ConfigurationFields, absent id: Int?, _ vocabularySize: Int
    ) throws -> [Int] {
        guard json.members[key] != nil else { return [id].compactMap { $0 }.filter { $0 < vocabularySize } }
        return try json.identifiers(key) ?? []
    }

    private static func elementType(_ json: ConfigurationFields) throws -> ElementType? {
        let name = try json.string("dtype") ?? json.string("torch_dtype")
        return name.flatMap { name in ElementType.allCases.first { $0.torchName == name } }
    }

    // MARK: Head

    private static func head(_ json: ConfigurationFields, family: Family) throws -> Head {
        guard let name = try json.strings("architectures")?.first else { return .causalLanguageModel }
        let names = family.classNames
        switch name {
        case names.languageModel: return .causalLanguageModel
        case names.classifier: return .sequenceClassification(labels: try labels(json))
        default:
            throw json.unsupported(
                "architectures", expected: "\(names.languageModel) or \(names.classifier)",
                found: quoted(name))
        }
    }

    private static func labels(_ json: ConfigurationFields) throws -> [String] {
        let declaredCount = try json.integer("num_labels")
        guard let names = try json.object("id2label") else {
            // Two is what transformers assumes, and leaves out of the files that it writes.
            let count = declaredCount ?? 2
            guard (1...1 << 16).contains(count) else {
                throw json.malformed("num_labels", expected: "1 to \(1 << 16)", found: "\(count)")
            }
            return (0..<count).map { "LABEL_\($0)" }
        }
        guard declaredCount ?? names.members.count == names.members.count else {
            throw json.malformed(
                "num_labels", expected: "\(names.members.count), as id2label has",
                found: "\(declaredCount ?? 0)")
        }
        return try (0..<names.members.count).map { try names.required(String($0), names.string) }
    }
}
