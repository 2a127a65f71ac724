/// In what one layer may differ from the next, and one family's arithmetic from another's.
extension ModelConfiguration {
    /// What the feed-forward's gate goes through.
    public enum Activation: String, Sendable {
        case silu
        case geluTanh = "gelu_pytorch_tanh"
    }

    /// Constants that a model is multiplied by at some places; 1 where it is not.
    public struct Scales: Equatable, Sendable {
        /// Of embeddings: `embedding_multiplier` of granite; the root of the hidden size in gemma3.
        public var embedding = 1.0
        /// Of scores: `attention_multiplier` of granite, `query_pre_attn_scalar` to the power of −½ of gemma3; nil: one
        /// over the root of the head's size.
        public var attention: Double?
        /// Of what a block adds: `residual_multiplier` of granite.
        public var residual = 1.0
        /// What logits are divided by: `logits_scaling` of granite.
        public var logits = 1.0

        public init() {}
    }

    /// Rotary frequencies of layers that slide.
    public struct SlidingRope: Equatable, Sendable {
        public var theta: Double
        public var scaling: RopeScaling?

        public init(theta: Double, scaling: RopeScaling? = nil) {
            self.theta = theta
            self.scaling = scaling
        }
    }

    /// A feed-forward of which each token takes a few parts.
    public struct Experts: Equatable, Sendable {
        /// `num_experts`.
        public var count: Int
        /// `num_experts_per_tok`.
        public var perToken: Int
        /// `moe_intermediate_size`.
        public var feedForwardSize: Int
        /// `norm_topk_prob`: whether the weights of those that are taken are made to sum to 1.
        public var normalizesWeights: Bool
        /// Layers that have an ordinary feed-forward all the same.
        public var denseLayers: Set<Int>
        /// `router_aux_loss_coef`: what the loss that spreads tokens over experts is weighted by in training.
        public var routerLossWeight: Double
        /// `output_router_logits`: whether it is part of the loss.
        public var addsRouterLoss: Bool

        public init(
            count: Int, perToken: Int, feedForwardSize: Int, normalizesWeights: Bool,
            denseLayers: Set<Int> = [], routerLossWeight: Double = 0.001, addsRouterLoss: Bool = false
        ) {
            self.count = count
            self.perToken = perToken
            self.feedForwardSize = feedForwardSize
            self.normalizesWeights = normalizesWeights
            self.denseLayers = denseLayers
            self.routerLossWeight = routerLossWeight
            self.addsRouterLoss = addsRouterLoss
        }
    }

    /// Where a layer has positions from.
    public enum Positions: Sendable {
        case rotary
        /// By the frequencies of layers that slide.
        case slidingRotary
        case none
    }

    /// The dimensions of a head that rotate.
    public var rotarySize: Int { Int(Double(headSize) * rotaryFraction) }

    /// How many tokens a layer sees, the own one included; nil: all before.
    public func window(of layer: Int) -> Int? { slidingLayers.contains(layer) ? slidingWindow : nil }

    public func positions(of layer: Int) -> Positions {
        if layersWithoutPositions.contains(layer) { return .none }
        return slidingRope != nil && slidingLayers.contains(layer) ? .slidingRotary : .rotary
    }

    /// Whether a layer's feed-forward is one of experts.
    public func hasExperts(_ layer: Int) -> Bool {
        experts.map { !$0.denseLayers.contains(layer) } ?? false
    }

    /// Whether rotary frequencies depend on how long a sequence is, so that what is known of its beginning does not hold
    /// when it grows.
    public var dependsOnLength: Bool {
        ropeScaling?.dependsOnLength ?? false || slidingRope?.scaling?.dependsOnLength ?? false
    }

    /// How long sequences may be: the positions of the model, which dynamic scaling stretches.
    public var contextLength: Int {
        guard case .dynamic(let factor) = ropeScaling else { return maximumPositions }
        return Int(min(Double(maximumPositions) * max(factor, 1), 0x1p32).rounded(.down))
    }
}

extension ModelConfiguration.Experts {
    func validate(layerCount: Int) throws {
        func invalid(_ name: String, expected: String, found: Int) -> CheckpointError {
            ConfigurationFields([:]).malformed(name, expected: expected, found: "\(found)")
        }
        // Far above any model: every expert of every layer has weights to list.
        let limit = (1 << 17) / max(layerCount, 1)
        guard count >= 1, count <= limit else {
            throw invalid("num_experts", expected: "1 to \(limit)", found: count)
        }
        guard (1...count).contains(perToken) else {
            throw invalid("num_experts_per_tok", expected: "1 to the \(count) experts", found: perToken)
        }
        guard (1...1 << 24).contains(feedForwardSize) else {
            throw invalid("moe_intermediate_size", expected: "1 to \(1 << 24)", found: feedForwardSize)
        }
        guard routerLossWeight >= 0, routerLossWeight.isFinite else {
            throw ConfigurationFields([:]).malformed(
                "router_aux_loss_coef", expected: "0 or more", found: "\(routerLossWeight)")
        }
    }
}
