import Foundation

/// A llama, qwen2 or qwen3 model inside a GGUF file, seen with Hugging Face's names, shapes and row order.
///
/// Llama files hold the rows of query and key projections permuted, for a rotary embedding of neighbouring
/// pairs; here they are back in the order of two halves that Hugging Face's layout uses. Qwen files are not
/// permuted.
public struct GGUFModel: Sendable {
    public let file: GGUFFile
    public let configuration: ModelConfiguration
    private let sources: [String: GGUFTensorDescription]

    /// Throws where the architecture or a setting is not supported, or tensors are missing, unknown or of
    /// another shape than the metadata says.
    public init(_ file: GGUFFile) throws {
        self.file = file
        do {
            configuration = try Self.configuration(metadata: file.metadata, tensors: file.tensors)
            sources = try Self.sources(configuration, file.tensors)
        } catch let error as CheckpointError {
            throw error.located(in: file.url)
        }
    }

    /// Dequantised values of a weight by its Hugging Face name, row-major in the shape of
    /// `configuration.parameterShapes`.
    public func floats(of parameter: String) throws -> [Float] {
        let values = try file.floats(of: sources[parameter]?.name ?? parameter)
        guard configuration.family == .llama else { return values }
        if parameter.contains(".q_proj.") {
            return Self.halfSplitRows(
                values, headCount: configuration.headCount, headSize: configuration.headSize)
        }
        if parameter.contains(".k_proj.") {
            return Self.halfSplitRows(
                values, headCount: configuration.keyValueHeadCount, headSize: configuration.headSize)
        }
        return values
    }

    /// Every weight as float32, which holds a dequantised value exactly; dequantised one at a time, when it
    /// is written.
    public var entries: [SafetensorsWriter.Entry] {
        configuration.parameterShapes.sorted { $0.key < $1.key }.map { name, shape in
            SafetensorsWriter.Entry(name: name, elementType: .float32, shape: shape) { write in
                try floats(of: name).withUnsafeBytes(write)
            }
        }
    }

    /// Special tokens for `generation_config.json`: every token that the file says ends a turn or a text.
    public var generationDefaults: GenerationDefaults {
        GenerationDefaults(
            beginningOfSequenceID: configuration.beginningOfSequenceID,
            endOfSequenceIDs: configuration.endOfSequenceIDs, paddingID: configuration.paddingID)
    }
}

// MARK: - Row order

extension GGUFModel {
    /// Rows of a query or key projection, `[headCount · headSize, inputs]`, from interleaved to half-split
    /// order: within a head, rows `x₀ y₀ x₁ y₁ …` become `x₀ x₁ … y₀ y₁ …`. A bias is the case of one input.
    static func halfSplitRows(_ values: [Float], headCount: Int, headSize: Int) -> [Float] {
        let rowCount = headCount * headSize
        precondition(values.count.isMultiple(of: rowCount), "\(values.count) values for \(rowCount) rows")
        let rowLength = values.count / rowCount
        let half = headSize / 2
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for head in 0..<headCount {
            for row in 0..<headSize {
                let source = head * headSize + (row < half ? 2 * row : 2 * (row - half) + 1)
                result.append(contentsOf: values[source * rowLength..<(source + 1) * rowLength])
            }
        }
        return result
    }
}

// MARK: - Names

extension GGUFModel {
    /// `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; `nil` for a tensor these families do
    /// not have.
    static func huggingFaceName(of name: String) -> String? {
        switch name {
        case "token_embd.weight": return "model.embed_tokens.weight"
        case "output_norm.weight": return "model.norm.weight"
        case "output.weight": return "lm_head.weight"
        default: break
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0,
            let module = layerModules[String(parts[2])], parts[3] == "weight" || parts[3] == "bias"
        else { return nil }
        return "model.layers.\(layer).\(module).\(parts[3])"
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

    /// The tensor behind each weight; both sides must match completely.
    private static func sources(
        _ configuration: ModelConfiguration, _ tensors: [String: GGUFTensorDescription]
    ) throws -> [String: GGUFTensorDescription] {
        var sources: [String: GGUFTensorDescription] = [:]
        let expected = configuration.parameterShapes
        var unknown: Set<String> = []
        for tensor in tensors.values {
            guard let name = huggingFaceName(of: tensor.name), let shape = expected[name] else {
                unknown.insert(tensor.name)
                continue
            }
            guard shape == tensor.shape else {
                throw CheckpointError.malformed(
                    nil, "tensor \(quoted(tensor.name))", expected: "shape \(shape), as the metadata says",
                    found: "\(tensor.shape)")
            }
            sources[name] = tensor
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
}

// MARK: - Configuration

extension GGUFModel {
    /// What the metadata and the presence of tensors say about the model.
    static func configuration(
        metadata: [String: GGUFValue], tensors: [String: GGUFTensorDescription]
    ) throws -> ModelConfiguration {
        let family = try family(metadata)
        let keys = GGUFKeys(metadata: metadata, architecture: family.rawValue)
        try refuseWhatIsNotImplemented(keys, tensors)

        let hiddenSize = try keys.required("embedding_length", keys.integer)
        let headCount = try keys.required("attention.head_count", keys.integer)
        guard headCount > 0 else {
            throw keys.malformed("attention.head_count", expected: "a positive number", found: "\(headCount)")
        }
        let headSize = try keys.integer("attention.key_length") ?? hiddenSize / headCount
        for key in ["attention.value_length", "rope.dimension_count"] {
            if let size = try keys.integer(key), size != headSize {
                throw keys.unsupported(key, expected: "the head size \(headSize)", found: "\(size)")
            }
        }
        guard let embedding = tensors["token_embd.weight"], let vocabularySize = embedding.shape.first else {
            throw CheckpointError.malformed(
                nil, nil, expected: "a tensor 'token_embd.weight'", found: "none of that name")
        }

        let configuration = ModelConfiguration(
            family: family, hiddenSize: hiddenSize,
            layerCount: try keys.required("block_count", keys.integer), headCount: headCount,
            keyValueHeadCount: try keys.integer("attention.head_count_kv") ?? headCount, headSize: headSize,
            feedForwardSize: try keys.required("feed_forward_length", keys.integer),
            vocabularySize: vocabularySize,
            maximumPositions: try keys.required("context_length", keys.integer),
            normEpsilon: try keys.required("attention.layer_norm_rms_epsilon", keys.number),
            ropeTheta: try keys.number("rope.freq_base") ?? 10_000, ropeScaling: try ropeScaling(keys),
            tiesEmbeddings: tensors["output.weight"] == nil,
            attentionHasBias: tensors["blk.0.attn_q.bias"] != nil,
            beginningOfSequenceID: try keys.token("bos"),
            endOfSequenceIDs: try keys.tokens("eos", "eot", "eom"),
            paddingID: try keys.token("padding"), elementType: .float32)
        try configuration.validate()
        return configuration
    }

    private static func family(_ metadata: [String: GGUFValue]) throws -> ModelConfiguration.Family {
        let name = metadata["general.architecture"]?.string ?? ""
        guard let family = ModelConfiguration.Family(rawValue: name) else {
            let known = ModelConfiguration.Family.allCases.map(\.rawValue).joined(separator: ", ")
            throw CheckpointError(
                .unsupported, place: "metadata key 'general.architecture'", expected: "one of \(known)",
                found: quoted(name), remedy: "use a model of one of these families")
        }
        return family
    }

    /// Things that share an architecture's name and compute something else.
    private static func refuseWhatIsNotImplemented(
        _ keys: GGUFKeys, _ tensors: [String: GGUFTensorDescription]
    ) throws {
        for key in ["expert_count", "attention.sliding_window"] {
            if let count = try keys.integer(key), count != 0 {
                throw keys.unsupported(key, expected: "0", found: "\(count)")
            }
        }
        guard tensors["rope_freqs.weight"] == nil else {
            throw CheckpointError(
                .unsupported, place: "tensor 'rope_freqs.weight'", expected: "plain rotary frequencies",
                found: "per-frequency factors, whose parameters the file does not state",
                remedy: "use the same model in Hugging Face layout")
        }
    }

    private static func ropeScaling(_ keys: GGUFKeys) throws -> RopeScaling? {
        let key = "rope.scaling.type"
        switch try keys.string(key) ?? "none" {
        case "none": return nil
        case "linear": return .linear(factor: try keys.required("rope.scaling.factor", keys.number))
        case let type: throw keys.unsupported(key, expected: "none or linear", found: quoted(type))
        }
    }
}

/// Metadata of one architecture, whose keys begin with its name, and the tokenizer's ids.
private struct GGUFKeys {
    let metadata: [String: GGUFValue]
    let architecture: String

    func integer(_ key: String) throws -> Int? { try read(full(key), "a whole number", \.integer) }
    func number(_ key: String) throws -> Double? { try read(full(key), "a number", \.number) }
    func string(_ key: String) throws -> String? { try read(full(key), "text", \.string) }

    func required<Value>(_ key: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(key) else { throw malformed(key, expected: "a value", found: "none") }
        return value
    }

    /// The id of a special token.
    func token(_ role: String) throws -> Int? {
        try read("tokenizer.ggml.\(role)_token_id", "a token id", \.integer)
    }

    /// The ids of several roles, each once.
    func tokens(_ roles: String...) throws -> [Int] {
        try roles.compactMap(token).reduce(into: []) { ids, id in
            if !ids.contains(id) { ids.append(id) }
        }
    }

    func malformed(_ key: String, expected: String, found: String) -> CheckpointError {
        CheckpointError.malformed(nil, "metadata key '\(full(key))'", expected: expected, found: found)
    }

    func unsupported(_ key: String, expected: String, found: String) -> CheckpointError {
        CheckpointError(
            .unsupported, place: "metadata key '\(full(key))'", expected: expected, found: found,
            remedy: "this is not supported: use another model")
    }

    private func full(_ key: String) -> String { "\(architecture).\(key)" }

    private func read<Value>(
        _ key: String, _ expected: String, _ convert: (GGUFValue) -> Value?
    ) throws -> Value? {
        guard let stored = metadata[key] else { return nil }
        guard let value = convert(stored) else {
            throw CheckpointError.malformed(
                nil, "metadata key '\(key)'", expected: expected, found: "another type of value")
        }
        return value
    }
}
