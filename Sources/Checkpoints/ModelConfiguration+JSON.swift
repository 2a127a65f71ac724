import JSON

/// How `config.json` spells a configuration: the keys of `transformers`, those of its version 4 and of its
/// version 5.
extension ModelConfiguration {
    init(_ json: ConfigurationFields) throws {
        let family = try Self.family(json)
        try Self.refuseWhatIsNotImplemented(json)

        let headCount = try json.required("num_attention_heads", json.integer)
        let hiddenSize = try json.required("hidden_size", json.integer)
        guard headCount > 0 else {
            throw json.malformed("num_attention_heads", expected: "a positive number", found: "\(headCount)")
        }
        let rope = try Self.rope(json)

        self.init(
            family: family, head: try Self.head(json, family: family), hiddenSize: hiddenSize,
            layerCount: try json.required("num_hidden_layers", json.integer), headCount: headCount,
            keyValueHeadCount: try json.integer("num_key_value_heads") ?? headCount,
            // Where the key is absent, transformers takes 128 for qwen3 and divides for the others.
            headSize: try json.integer("head_dim") ?? (family == .qwen3 ? 128 : hiddenSize / headCount),
            feedForwardSize: try json.required("intermediate_size", json.integer),
            vocabularySize: try json.required("vocab_size", json.integer),
            maximumPositions: try json.required("max_position_embeddings", json.integer),
            normEpsilon: try json.number("rms_norm_eps") ?? 1e-6,
            ropeTheta: rope.theta, ropeScaling: rope.scaling,
            tiesEmbeddings: try json.boolean("tie_word_embeddings") ?? false,
            attentionHasBias: try family == .qwen2 || json.boolean("attention_bias") ?? false,
            initializerRange: try json.number("initializer_range") ?? 0.02,
            beginningOfSequenceID: try Self.identifiers("bos_token_id", json, inOldLlama: 1, family).first,
            endOfSequenceIDs: try Self.identifiers("eos_token_id", json, inOldLlama: 2, family),
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

    private static func refuseWhatIsNotImplemented(_ json: ConfigurationFields) throws {
        try json.refuse("quantization_config", "mlp_bias", "use_sliding_window")
        // Two names of one function.
        if let activation = try json.string("hidden_act"), !["silu", "swish"].contains(activation) {
            throw json.unsupported("hidden_act", expected: "silu", found: quoted(activation))
        }
        if let other = try json.strings("layer_types")?.first(where: { $0 != "full_attention" }) {
            throw json.unsupported("layer_types", expected: "full_attention everywhere", found: quoted(other))
        }
        if let fraction = try json.number("partial_rotary_factor"), fraction != 1 {
            throw json.unsupported("partial_rotary_factor", expected: "1", found: "\(fraction)")
        }
    }

    /// An absent key means llama's original tokens to `transformers`; null means none.
    private static func identifiers(
        _ key: String, _ json: ConfigurationFields, inOldLlama id: Int, _ family: Family
    ) throws -> [Int] {
        guard json.members[key] != nil else { return family == .llama ? [id] : [] }
        return try json.identifiers(key) ?? []
    }

    private static func elementType(_ json: ConfigurationFields) throws -> ElementType? {
        let name = try json.string("dtype") ?? json.string("torch_dtype")
        return name.flatMap { name in ElementType.allCases.first { $0.torchName == name } }
    }

    // MARK: Head

    private static func head(_ json: ConfigurationFields, family: Family) throws -> Head {
        guard let name = try json.strings("architectures")?.first else { return .causalLanguageModel }
        switch name {
        case family.className + "ForCausalLM": return .causalLanguageModel
        case family.className + "ForSequenceClassification":
            return .sequenceClassification(labels: try labels(json))
        default:
            throw json.unsupported(
                "architectures",
                expected: "\(family.className)ForCausalLM or \(family.className)ForSequenceClassification",
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

    // MARK: Rotary positions

    private static func rope(_ json: ConfigurationFields) throws -> (theta: Double, scaling: RopeScaling?) {
        let parameters = try json.object("rope_scaling") ?? json.object("rope_parameters")
        let theta = try parameters?.number("rope_theta") ?? json.number("rope_theta") ?? 10_000
        guard let parameters else { return (theta, nil) }
        if let fraction = try parameters.number("partial_rotary_factor"), fraction != 1 {
            throw parameters.unsupported("partial_rotary_factor", expected: "1", found: "\(fraction)")
        }
        return (theta, try ropeScaling(parameters))
    }

    private static func ropeScaling(_ json: ConfigurationFields) throws -> RopeScaling? {
        let key = json["rope_type"] == nil ? "type" : "rope_type"
        let type = try json.string(key) ?? "default"
        switch type {
        case "default": return nil
        case "linear": return .linear(factor: try json.required("factor", json.number))
        case "llama3":
            return .llama3(
                factor: try json.required("factor", json.number),
                lowFrequencyFactor: try json.required("low_freq_factor", json.number),
                highFrequencyFactor: try json.required("high_freq_factor", json.number),
                originalMaximumPositions: try json.required("original_max_position_embeddings", json.integer))
        default: throw json.unsupported(key, expected: "default, linear or llama3", found: quoted(type))
        }
    }

    private var ropeParameters: JSONObject {
        var members: JSONObject = [
            "rope_theta": .number(ropeTheta), "rope_type": .string("default"),
        ]
        switch ropeScaling {
        case nil: break
        case .linear(let factor):
            members["rope_type"] = .string("linear")
            members["factor"] = .number(factor)
        case .llama3(let factor, let low, let high, let positions):
            members["rope_type"] = .string("llama3")
            members["factor"] = .number(factor)
            members["low_freq_factor"] = .number(low)
            members["high_freq_factor"] = .number(high)
            members["original_max_position_embeddings"] = .integer(positions)
        }
        return members
    }

    // MARK: Writing

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
            "rope_theta": .number(ropeTheta),
            "rope_parameters": .object(ropeParameters),
            "tie_word_embeddings": .boolean(tiesEmbeddings),
            "initializer_range": .number(initializerRange),
            "hidden_act": .string("silu"),
            "bos_token_id": beginningOfSequenceID.map(JSONValue.integer) ?? .null,
            "eos_token_id": JSONValue(identifiers: endOfSequenceIDs),
            "pad_token_id": paddingID.map(JSONValue.integer) ?? .null,
        ]
        // Version 4 of transformers reads the theta at the top and the scaling here; version 5 reads
        // `rope_parameters`.
        if ropeScaling != nil { members["rope_scaling"] = .object(ropeParameters) }
        if family != .qwen2 { members["attention_bias"] = .boolean(attentionHasBias) }
        if let name = elementType?.torchName { members["dtype"] = .string(name) }
        if case .sequenceClassification(let labels) = head {
            let ids = Array(labels.enumerated())
            members["id2label"] = .object(JSONObject(ids.map { (key: String($0), value: .string($1)) }))
            members["label2id"] = .object(JSONObject(ids.map { (key: $1, value: .integer($0)) }))
        }
        return members
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
    fileprivate var torchName: String? {
        switch self {
        case .float64: "float64"
        case .float32: "float32"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        default: nil
        }
    }
}
