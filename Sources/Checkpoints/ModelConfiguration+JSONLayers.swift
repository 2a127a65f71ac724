import JSON

// Settings that say of layers how they differ.

extension ModelConfiguration {
    /// Rotary settings, which version 4 of `transformers` has at the top and version 5 in `rope_parameters`.
    struct Rope {
        let theta: Double
        let scaling: RopeScaling?
        let fraction: Double
        let sliding: SlidingRope?

        init(_ json: ConfigurationFields, _ family: Family) throws {
            let positions = try json.required("max_position_embeddings", json.integer)
            // Phi-3 has a default for it, which precedes what its rope_parameters say.
            let original =
                try json.integer("original_max_position_embeddings") ?? (family == .phi3 ? 4096 : nil)
            func scaling(_ parameters: ConfigurationFields?) throws -> RopeScaling? {
                try parameters.flatMap {
                    try RopeScaling($0, positions: positions, originalPositions: original, family: family)
                }
            }
            let defaults = family.defaults
            guard family == .gemma3 else {
                let parameters = try json.object("rope_scaling") ?? json.object("rope_parameters")
                theta =
                    try parameters?.number("rope_theta") ?? json.number("rope_theta") ?? defaults.ropeTheta
                self.scaling = try scaling(parameters)
                fraction =
                    try parameters?.number("partial_rotary_factor") ?? json.number("partial_rotary_factor")
                    ?? 1
                sliding = nil
                guard family == .phi3 || fraction == 1 else {
                    throw json.unsupported("partial_rotary_factor", expected: "1", found: "\(fraction)")
                }
                return
            }
            let kinds = try json.object("rope_parameters")
            let full = try kinds?.object("full_attention")
            let own = try kinds?.object("sliding_attention")
            if let kinds, full == nil, own == nil {
                throw kinds.malformed(
                    "full_attention", expected: "an object for each kind of layer", found: "none")
            }
            theta = try full?.number("rope_theta") ?? json.number("rope_theta") ?? defaults.ropeTheta
            self.scaling = try scaling(json.object("rope_scaling") ?? full)
            fraction = try json.number("partial_rotary_factor") ?? 1
            for parameters in [full, own] {
                guard let share = try parameters?.number("partial_rotary_factor"), share != 1 else {
                    continue
                }
                throw json.unsupported(
                    "rope_parameters.partial_rotary_factor", expected: "1", found: "\(share)")
            }
            sliding = SlidingRope(
                theta: try own?.number("rope_theta") ?? json.number("rope_local_base_freq") ?? 10_000,
                scaling: try scaling(own))
        }
    }

    /// Which layers slide, and which have no positions.
    struct LayerSettings {
        let window: Int?
        let sliding: Set<Int>
        let withoutPositions: Set<Int>

        init(_ json: ConfigurationFields, _ family: Family, layerCount: Int) throws {
            let layers = 0..<layerCount
            withoutPositions = try Self.layersWithoutPositions(json, family, layers)
            let window = try Self.window(json, family)
            let kinds = try Self.kinds(json, layers)
            var sliding: Set<Int>
            switch family {
            case .llama, .olmo2, .granite: sliding = []
            case .mistral, .phi3, .qwen3MoE: sliding = window == nil ? [] : Set(layers)
            case .qwen2, .qwen3:
                let first = try json.integer("max_window_layers") ?? 28
                sliding = window == nil ? [] : Set(layers.filter { $0 >= first })
            case .smollm3: sliding = window == nil ? [] : withoutPositions
            case .gemma3:
                let pattern = try json.integer("sliding_window_pattern") ?? 6
                guard pattern > 0 else {
                    throw json.malformed(
                        "sliding_window_pattern", expected: "1 or more", found: "\(pattern)")
                }
                sliding = Set(layers.filter { !($0 + 1).isMultiple(of: pattern) })
            }
            if let kinds {
                let listed = Set(layers.filter { kinds[$0] == "sliding_attention" })
                guard family.readsLayerTypes || listed == sliding else {
                    throw json.unsupported(
                        "layer_types", expected: "what \(family.rawValue) does in every layer",
                        found: "another choice of layers that slide")
                }
                sliding = listed
            }
            if family == .gemma3, window == nil, !sliding.isEmpty {
                throw json.malformed("sliding_window", expected: "a size, as layers slide", found: "none")
            }
            self.window = sliding.isEmpty ? nil : window
            self.sliding = sliding
        }

        /// The window that the family's layers would use. Absent is 4096 to most families, null is none.
        private static func window(_ json: ConfigurationFields, _ family: Family) throws -> Int? {
            if [.llama, .olmo2, .granite].contains(family) { return nil }
            if family.asksForSlidingWindow {
                guard try json.boolean("use_sliding_window") ?? false else { return nil }
            }
            let isAbsent = json.members["sliding_window"] == nil
            let hasDefault = ![.phi3, .smollm3].contains(family)
            return try json.integer("sliding_window") ?? (isAbsent && hasDefault ? 4096 : nil)
        }

        /// `layer_types`, one entry a layer.
        private static func kinds(_ json: ConfigurationFields, _ layers: Range<Int>) throws -> [String]? {
            guard let kinds = try json.strings("layer_types") else { return nil }
            let known = ["full_attention", "sliding_attention"]
            if let other = kinds.first(where: { !known.contains($0) }) {
                throw json.unsupported(
                    "layer_types", expected: known.joined(separator: " or "), found: quoted(other))
            }
            guard kinds.count == layers.count else {
                throw json.malformed(
                    "layer_types", expected: "\(layers.count) entries, one a layer", found: "\(kinds.count)")
            }
            return kinds
        }

        private static func layersWithoutPositions(
            _ json: ConfigurationFields, _ family: Family, _ layers: Range<Int>
        ) throws -> Set<Int> {
            guard family == .smollm3 else {
                try json.refuse("no_rope_layers")
                return []
            }
            guard let flags = try json.integers("no_rope_layers") else {
                let interval = try json.integer("no_rope_layer_interval") ?? 4
                guard interval > 0 else {
                    throw json.malformed(
                        "no_rope_layer_interval", expected: "1 or more", found: "\(interval)")
                }
                return Set(layers.filter { ($0 + 1).isMultiple(of: interval) })
            }
            guard flags.count == layers.count else {
                throw json.malformed(
                    "no_rope_layers", expected: "\(layers.count) entries, one a layer",
                    found: "\(flags.count)")
            }
            return Set(layers.filter { flags[$0] == 0 })
        }
    }
}

extension ModelConfiguration.Experts {
    init(_ json: ConfigurationFields, layerCount: Int) throws {
        let step = try json.integer("decoder_sparse_step") ?? 1
        guard step > 0 else {
            throw json.malformed("decoder_sparse_step", expected: "1 or more", found: "\(step)")
        }
        let dense = Set(try json.integers("mlp_only_layers") ?? [])
        self.init(
            count: try json.integer("num_local_experts") ?? json.integer("num_experts") ?? 128,
            perToken: try json.integer("num_experts_per_tok") ?? 8,
            feedForwardSize: try json.integer("moe_intermediate_size") ?? 768,
            normalizesWeights: try json.boolean("norm_topk_prob") ?? false,
            denseLayers: Set(
                (0..<layerCount).filter { dense.contains($0) || !($0 + 1).isMultiple(of: step) }),
            routerLossWeight: try json.number("router_aux_loss_coef") ?? 0.001,
            addsRouterLoss: try json.boolean("output_router_logits") ?? false)
    }
}
