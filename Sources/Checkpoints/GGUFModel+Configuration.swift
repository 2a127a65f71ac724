import Foundation

extension GGUFModel {
    /// What the metadata and the presence of tensors say about the model.
    static func configuration(_ file: GGUFFile) throws -> ModelConfiguration {
        let tensors = file.tensors
        let family = try family(file.metadata)
        let keys = GGUFKeys(metadata: file.metadata, architecture: family.ggufArchitecture)
        try refuseWhatIsNotImplemented(keys, family)

        let hiddenSize = try keys.required("embedding_length", keys.integer)
        let headCount = try keys.required("attention.head_count", keys.integer)
        guard headCount > 0 else {
            throw keys.malformed("attention.head_count", expected: "a positive number", found: "\(headCount)")
        }
        let headSize = try keys.integer("attention.key_length") ?? hiddenSize / headCount
        if let size = try keys.integer("attention.value_length"), size != headSize {
            throw keys.unsupported(
                "attention.value_length", expected: "the head size \(headSize)", found: "\(size)")
        }
        guard let embedding = tensors["token_embd.weight"], let vocabularySize = embedding.shape.first else {
            throw CheckpointError.malformed(
                nil, nil, expected: "a tensor 'token_embd.weight'", found: "none of that name")
        }
        let layerCount = try keys.required("block_count", keys.integer)
        let layers = try layerSettings(keys, family, layerCount: layerCount)
        let fraction = try rotaryFraction(keys, family, headSize: headSize)

        let configuration = ModelConfiguration(
            family: family, hiddenSize: hiddenSize, layerCount: layerCount, headCount: headCount,
            keyValueHeadCount: try keys.integer("attention.head_count_kv") ?? headCount, headSize: headSize,
            feedForwardSize: try keys.required("feed_forward_length", keys.integer),
            vocabularySize: vocabularySize,
            maximumPositions: try keys.required("context_length", keys.integer),
            normEpsilon: try keys.required("attention.layer_norm_rms_epsilon", keys.number),
            ropeTheta: try keys.number("rope.freq_base") ?? 10_000,
            ropeScaling: try ropeScaling(file, keys, headSize: headSize), rotaryFraction: fraction,
            slidingRope: family == .gemma3
                ? .init(theta: try keys.number("rope.freq_base_swa") ?? 10_000) : nil,
            layersWithoutPositions: layers.withoutPositions, slidingWindow: layers.window,
            slidingLayers: layers.sliding, tiesEmbeddings: tensors["output.weight"] == nil,
            attentionHasBias: tensors["blk.0.attn_q.bias"] != nil,
            feedForwardHasBias: tensors["blk.0.ffn_gate.bias"] != nil,
            activation: family == .gemma3 ? .geluTanh : .silu,
            scales: try scales(keys, family, hiddenSize, headCount, headSize, layerCount: layerCount),
            experts: family == .qwen3MoE ? try experts(keys, tensors, layerCount: layerCount) : nil,
            beginningOfSequenceID: try keys.token("bos"),
            endOfSequenceIDs: try keys.tokens("eos", "eot", "eom"),
            paddingID: try keys.token("padding"), elementType: .float32)
        try configuration.validate()
        return configuration
    }

    private static func family(_ metadata: [String: GGUFValue]) throws -> ModelConfiguration.Family {
        let name = metadata["general.architecture"]?.string ?? ""
        guard let family = ModelConfiguration.Family.allCases.first(where: { $0.ggufArchitecture == name })
        else {
            let known = ModelConfiguration.Family.allCases.filter { $0 != .mistral }.map(\.ggufArchitecture)
            throw CheckpointError(
                .unsupported, place: "metadata key 'general.architecture'",
                expected: "one of \(known.joined(separator: ", "))", found: quoted(name),
                remedy: "use a model of one of these families")
        }
        return family
    }

    /// Things that share an architecture's name and compute something else.
    private static func refuseWhatIsNotImplemented(
        _ keys: GGUFKeys, _ family: ModelConfiguration.Family
    ) throws {
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if let value = try keys.number(key), value != 0 {
                throw keys.unsupported(key, expected: "0", found: "\(value)")
            }
        }
        var zeros: [String] = []
        if family != .qwen3MoE { zeros.append("expert_count") }
        if ![.gemma3, .phi3].contains(family) { zeros.append("attention.sliding_window") }
        for key in zeros {
            if let count = try keys.integer(key), count != 0 {
                throw keys.unsupported(key, expected: "0", found: "\(count)")
            }
        }
    }

    // MARK: Layers

    /// What llama.cpp knows of its architectures and does not write down: every sixth layer of gemma3 sees everything,
    /// every fourth of smollm3 has no positions.
    private static func layerSettings(
        _ keys: GGUFKeys, _ family: ModelConfiguration.Family, layerCount: Int
    ) throws -> (window: Int?, sliding: Set<Int>, withoutPositions: Set<Int>) {
        let layers = 0..<min(max(layerCount, 0), 1 << 12)
        switch family {
        case .smollm3: return (nil, [], Set(layers.filter { ($0 + 1).isMultiple(of: 4) }))
        case .gemma3:
            let window = try keys.required("attention.sliding_window", keys.integer)
            let pattern = try keys.integer("attention.sliding_window_pattern") ?? 6
            guard pattern > 0 else {
                throw keys.malformed(
                    "attention.sliding_window_pattern", expected: "1 or more", found: "\(pattern)")
            }
            return (window, Set(layers.filter { !($0 + 1).isMultiple(of: pattern) }), [])
        case .phi3:
            guard let window = try keys.integer("attention.sliding_window"), window != 0 else {
                return (nil, [], [])
            }
            return (window, Set(layers), [])
        default: return (nil, [], [])
        }
    }

    private static func scales(
        _ keys: GGUFKeys, _ family: ModelConfiguration.Family, _ hiddenSize: Int, _ headCount: Int,
        _ headSize: Int, layerCount: Int
    ) throws -> ModelConfiguration.Scales {
        var scales = ModelConfiguration.Scales()
        switch family {
        case .granite:
            scales.embedding = try keys.number("embedding_scale") ?? 1
            scales.attention = try keys.number("attention.scale")
            scales.residual = try keys.number("residual_scale") ?? 1
            scales.logits = try keys.number("logit_scale") ?? 1
        case .gemma3:
            scales.embedding = Double(max(hiddenSize, 0)).squareRoot()
            // The largest model alone, with 62 layers, scales by the hidden size's share of a head.
            let scalar = layerCount == 62 ? hiddenSize / headCount : headSize
            scales.attention = 1 / Double(max(scalar, 1)).squareRoot()
        default: break
        }
        return scales
    }

    /// llama.cpp always normalises the weights of experts.
    private static func experts(
        _ keys: GGUFKeys, _ tensors: [String: GGUFTensorDescription], layerCount: Int
    ) throws -> ModelConfiguration.Experts {
        let layers = 0..<min(max(layerCount, 0), 1 << 12)
        return ModelConfiguration.Experts(
            count: try keys.required("expert_count", keys.integer),
            perToken: try keys.required("expert_used_count", keys.integer),
            feedForwardSize: try keys.required("expert_feed_forward_length", keys.integer),
            normalizesWeights: true,
            denseLayers: Set(layers.filter { tensors["blk.\($0).ffn_gate_inp.weight"] == nil }))
    }

    // MARK: Rotary positions

    private static func rotaryFraction(
        _ keys: GGUFKeys, _ family: ModelConfiguration.Family, headSize: Int
    ) throws -> Double {
        let key = "rope.dimension_count"
        guard let size = try keys.integer(key), size != headSize else { return 1 }
        guard family == .phi3, headSize > 0 else {
            throw keys.unsupported(key, expected: "the head size \(headSize)", found: "\(size)")
        }
        return Double(size) / Double(headSize)
    }

    private static func ropeScaling(
        _ file: GGUFFile, _ keys: GGUFKeys, headSize: Int
    ) throws -> RopeScaling? {
        if file.tensors[longFactors] != nil { return try longRope(file, keys) }
        let key = "rope.scaling.type"
        switch try keys.string(key) ?? "none" {
        case "none":
            return try file.tensors[rotaryFactors].map { _ in
                try llama3Scaling(file, theta: keys.number("rope.freq_base") ?? 10_000, headSize: headSize)
            }
        case "linear": return .linear(factor: try keys.required("rope.scaling.factor", keys.number))
        case "yarn":
            var yarn = RopeScaling.Yarn(
                factor: try keys.required("rope.scaling.factor", keys.number),
                originalMaximumPositions: try keys.required(
                    "rope.scaling.original_context_length", keys.integer))
            if let turns = try keys.number("rope.scaling.yarn_beta_fast") { yarn.fastTurns = turns }
            if let turns = try keys.number("rope.scaling.yarn_beta_slow") { yarn.slowTurns = turns }
            return .yarn(yarn)
        case let type:
            throw keys.unsupported(key, expected: "none, linear or yarn", found: quoted(type))
        }
    }

    private static func longRope(_ file: GGUFFile, _ keys: GGUFKeys) throws -> RopeScaling {
        let positions = try keys.required("context_length", keys.integer)
        let original = try keys.required("rope.scaling.original_context_length", keys.integer)
        func factors(_ name: String) throws -> [Double] {
            try file.floats(of: name).compactMap { GGUFValue.float32($0).number }
        }
        return .longrope(
            RopeScaling.LongRope(
                short: try factors(shortFactors), long: try factors(longFactors),
                originalMaximumPositions: original,
                factor: Double(positions) / Double(max(original, 1)),
                attentionFactor: try keys.number("rope.scaling.attn_factor")))
    }

    /// The divisors of the frequencies are those of Llama 3, whose parameters the file does not state; all models that
    /// have them share all but one, which is the greatest divisor.
    private static func llama3Scaling(
        _ file: GGUFFile, theta: Double, headSize: Int
    ) throws -> RopeScaling {
        let divisors = try file.floats(of: rotaryFactors).map(Double.init)
        let (factor, original) = (divisors.max() ?? 1, 8192)
        let expected = (0..<divisors.count).map { pair -> Double in
            let frequency = pow(theta, -2 * Double(pair) / Double(max(headSize, 1)))
            let turns = Double(original) * frequency / (2 * .pi)
            let blend = min(max((turns - 1) / 3, 0), 1)
            return 1 / (blend + (1 - blend) / factor)
        }
        guard divisors.count == headSize / 2,
            zip(divisors, expected).allSatisfy({ abs($0 - $1) <= 1e-3 * $1 })
        else {
            throw CheckpointError(
                .unsupported, place: "tensor '\(rotaryFactors)'",
                expected: "the divisors of Llama 3's rotary frequencies",
                found: "others, whose parameters the file does not state",
                remedy: "use the same model in Hugging Face layout")
        }
        return .llama3(
            factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: original)
    }
}
