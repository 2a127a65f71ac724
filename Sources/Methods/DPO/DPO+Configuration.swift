import LanguageModels
import Settings
import Training

extension DPO {
    /// What a policy learns from comparisons.
    public enum Loss: String, Codable, Sendable, CaseIterable {
        case sigmoid, cdpo, robust, hinge, ipo, aot, discopop
        case sigmoidNorm = "sigmoid_norm"
        case ipoSum = "ipo_sum"
        case exoPair = "exo_pair"
        case ncaPair = "nca_pair"
        case bcoPair = "bco_pair"
        case sppoHard = "sppo_hard"
        case aotUnpaired = "aot_unpaired"
        case apoZero = "apo_zero"
        case apoDown = "apo_down"
        /// The likelihood of chosen responses.
        case sft

        /// Whether it compares scores in a difference, in which a divergence other than reverse KL has a meaning.
        var takesDivergence: Bool {
            [.sigmoid, .cdpo, .robust, .sigmoidNorm, .hinge, .ipo, .ipoSum, .exoPair, .discopop, .sft]
                .contains(self)
        }
        var sorts: Bool { self == .aot || self == .aotUnpaired }
        var isSmoothed: Bool { [.cdpo, .robust, .exoPair].contains(self) || sorts }
    }

    public struct Configuration: ComparisonConfiguration, Equatable {
        /// One, or several that are added up.
        public var losses = [Loss.sigmoid]
        /// One for each loss; nil: 1.
        public var lossWeights: [Double]?
        /// How strongly the policy is held to the reference.
        public var beta = 0.1
        /// ε, the share of comparisons that are the wrong way round.
        public var labelSmoothing = 0.0
        /// The reference policy; nil: the policy as it was before training; `none`: no reference.
        public var reference: String?
        /// Whether the reference's log-probabilities are measured before training, and kept for later runs.
        public var precomputesReference = false
        /// Weight of the likelihood of chosen responses, beside the losses; nil: none.
        public var sftWeight: Double?
        public var divergence = FDivergence()
        /// How much tokens count beyond the length of the pair's shorter response; nil: as much as the others.
        public var lengthAlpha: Double?
        /// Whether pairs are weighted as in WPO.
        public var usesWeighting = false
        public var discopopTemperature = 0.05
        public var synchronization = ReferenceSynchronization()
        public var rounds = PreferenceRounds()

        /// The reference that is none.
        public static let noReference = "none"

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case beta, reference, divergence, synchronization
            case losses = "loss"
            case lossWeights = "loss_weights"
            case labelSmoothing = "label_smoothing"
            case precomputesReference = "precompute_reference"
            case sftWeight = "sft_weight"
            case lengthAlpha = "ld_alpha"
            case usesWeighting = "use_weighting"
            case discopopTemperature = "discopop_tau"
            /// A section, whose keys are at the same level as the others.
            case rounds = "online"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"), "ref_model": .name("reference"),
            "ref_model_name_or_path": .name("reference"), "rpo_alpha": .name("sft_weight"),
            "reference_free": .name("reference", values: ["true": noReference, "false": nil]),
            "precompute_ref_log_probs": .name("precompute_reference"),
            "precompute_ref_batch_size": .ignored,
            "activation_offloading": .ignored, "pad_token": .ignored,
        ]

        /// Whether there is a model to be held to.
        var hasReference: Bool { reference != Self.noReference }

        public var distanceScale: Double? { hasReference ? beta : nil }

        public mutating func hold(to start: String) { reference = reference ?? start }

        public mutating func resolve() {
            lossWeights = weights
            sftWeight = sftWeight ?? 0
            lengthAlpha = lengthAlpha ?? 1
        }

        private var weights: [Double] { lossWeights ?? losses.map { _ in 1 } }

        /// The losses with their weights.
        var terms: [(loss: Loss, weight: Double)] {
            let likelihood = sftWeight ?? 0
            return zip(losses, weights).map { ($0, $1) } + (likelihood == 0 ? [] : [(.sft, likelihood)])
        }

        /// What tokens beyond the length of the shorter response count; nil where they count as the others.
        var weightOfTails: Double? { lengthAlpha == 1 ? nil : lengthAlpha }
    }
}

// MARK: - Settings that do not go together

extension DPO.Configuration {
    public static let ranges: [String: SettingRange] = [
        "beta": .above(0), "sft_weight": .atLeast(0), "ld_alpha": .share, "discopop_tau": .above(0),
        "label_smoothing": .errorRate,
    ]

    public static let needs: [String: SettingNeed] = [
        "discopop_tau": .choice("loss", of: [DPO.Loss.discopop])
    ]

    public func validate() throws {
        try InvalidSetting.check(
            !losses.isEmpty, CodingKeys.losses, expected: "at least one loss", found: "an empty list")
        try InvalidSetting.check(
            weights.count == losses.count, CodingKeys.lossWeights,
            expected: "one for each of \(losses.count) losses", found: weights.count)
        try validateSmoothing()
        try validateDivergence()
        try validateReference()
    }

    private func validateSmoothing() throws {
        try InvalidSetting.check(
            !losses.contains(.exoPair) || labelSmoothing > 0, CodingKeys.labelSmoothing,
            expected: "above 0 beside the loss exo_pair, such as 0.001", found: labelSmoothing)
    }

    private func validateDivergence() throws {
        let unfit = losses.first { !$0.takesDivergence }
        try InvalidSetting.check(
            divergence.kind == .reverseKL || unfit == nil, FDivergence.CodingKeys.kind,
            expected: "reverse_kl beside the loss \(unfit?.rawValue ?? "")", found: divergence.kind.rawValue)
        let sorting = losses.first(where: \.sorts)
        try InvalidSetting.check(
            !usesWeighting || sorting == nil, CodingKeys.usesWeighting,
            expected: "false beside the loss \(sorting?.rawValue ?? ""), which sorts pairs apart",
            found: "true")
    }

    private func validateReference() throws {
        guard !hasReference || precomputesReference, synchronization.isOn else { return }
        throw InvalidSetting(
            ReferenceSynchronization.CodingKeys.isOn.stringValue,
            expected: precomputesReference
                ? "false beside precompute_reference, which measures once"
                : "false where there is no reference",
            found: "true")
    }
}
