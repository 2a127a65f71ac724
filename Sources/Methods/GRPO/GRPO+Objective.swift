// The losses of the family. For a token with ratio ρ = π/π_old and advantage A, before it is averaged:
//   grpo, dr_grpo, bnpo, dapo, luspo, rloo   −min(ρA, clip(ρ, 1 − ε, 1 + ε_high)·A), ρ at most δ in the first term
//   cispo    −min(ρ, ε_high)·A·log π, no gradient through the ratio (arXiv 2506.13585)
//   sapo     −σ(τ(ρ − 1))·4/τ·A, τ by the sign of A ("Soft Adaptive Policy Optimization", arXiv 2511.20347)
//   vespo    −φ(w)·A·log π with φ(w) = w^k·exp(λ − λw), w the ratio of the whole response (arXiv 2602.10693)
// ρ is of the token, of the mean log-ratio of its response (Zheng et al., GSPO, 2025), or for rloo of the whole response.
// β·k3 of the reference is added, times ρ so that its gradient is that of the divergence (DeepSeek-V3.2, 2025).
import Foundation
import Settings
import Statistics
import Torch
import Training

extension GRPO {
    public struct Objective: ConfigurationSection, Equatable {
        /// They differ in the surrogate, and in what a token's loss is divided by.
        public enum Loss: String, Codable, Sendable, CaseIterable {
            /// The mean over responses of the means over their tokens (Shao et al. 2024): short ones weigh more.
            case grpo
            /// All tokens over the tokens that the responses could have had (Liu et al. 2025).
            case drGRPO = "dr_grpo"
            /// All tokens over the tokens of the step (Yu et al., "DAPO", 2025).
            case dapo
            /// All tokens over the tokens of the micro-batch.
            case bnpo
            /// As dapo.
            case cispo
            /// The mean over responses of the sums over their tokens (arXiv 2602.05261).
            case luspo
            /// As grpo.
            case sapo
            /// As dapo.
            case vespo
            /// The mean over responses, each one action (Ahmadian et al., "Back to Basics", 2024).
            case rloo

            /// Whether ratios are clipped to 1 − ε and 1 + ε_high.
            var clips: Bool {
                switch self {
                case .grpo, .drGRPO, .dapo, .bnpo, .luspo, .rloo: true
                case .cispo, .sapo, .vespo: false
                }
            }
        }

        public enum Importance: String, Codable, Sendable, CaseIterable {
            case token, sequence
        }

        public var loss = Loss.dapo
        public var importance = Importance.token
        public var epsilon = 0.2
        /// Nil: ε. The cap itself for `cispo`.
        public var epsilonHigh: Double?
        /// The most that a ratio counts where the clipping leaves it alone.
        public var delta: Double?
        /// β, the weight of the KL to the reference; nil: 0.05 for `rloo`, otherwise 0, and no reference is needed.
        public var beta: Double?
        public var correctsKL = true
        public var entropy = EntropyBonus()
        /// Only this share of the tokens, those of the highest entropy, carries a policy gradient.
        public var topEntropyQuantile = 1.0
        /// Bad responses that have become less likely than this, in nats a token since they were sampled, drop out.
        public var offPolicyThreshold: Double?
        public var sapoTemperaturePositive = 1.0
        public var sapoTemperatureNegative = 1.05
        public var vespoPowerPositive = 2.0
        public var vespoDecayPositive = 3.0
        public var vespoPowerNegative = 3.0
        public var vespoDecayNegative = 2.0
        public var correction = SamplerCorrection()

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case loss, importance, epsilon, delta, beta, correction
            /// A section, whose keys are at the same level as the others.
            case entropy = "entropy_bonus"
            case epsilonHigh = "epsilon_high"
            case correctsKL = "kl_correction"
            case topEntropyQuantile = "top_entropy_quantile"
            case offPolicyThreshold = "off_policy_threshold"
            case sapoTemperaturePositive = "sapo_temperature_pos"
            case sapoTemperatureNegative = "sapo_temperature_neg"
            case vespoPowerPositive = "vespo_k_pos"
            case vespoDecayPositive = "vespo_lambda_pos"
            case vespoPowerNegative = "vespo_k_neg"
            case vespoDecayNegative = "vespo_lambda_neg"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"), "importance_sampling_level": .name("importance"),
            "use_bias_correction_kl": .name("kl_correction"),
            "off_policy_mask_threshold": .name("off_policy_threshold"),
        ]

        public static let ranges: [String: SettingRange] = [
            "epsilon": .atLeast(0), "epsilon_high": .atLeast(0), "delta": .above(0), "beta": .atLeast(0),
            "top_entropy_quantile": .above(0, upTo: 1),
            "off_policy_threshold": .atLeast(0), "sapo_temperature_pos": .above(0),
            "sapo_temperature_neg": .above(0), "vespo_k_pos": .atLeast(0), "vespo_lambda_pos": .atLeast(0),
            "vespo_k_neg": .atLeast(0), "vespo_lambda_neg": .atLeast(0),
        ]

        /// A clip range is among the settings of every file of TRL.
        public static let needs: [String: SettingNeed] = {
            let sapo = ["sapo_temperature_pos", "sapo_temperature_neg"]
            let vespo = ["vespo_k_pos", "vespo_lambda_pos", "vespo_k_neg", "vespo_lambda_neg"]
            let clips = Loss.allCases.filter(\.clips)
            var needs = Dictionary(
                uniqueKeysWithValues: sapo.map { ($0, SettingNeed.choice("loss", of: [Loss.sapo])) }
                    + vespo.map { ($0, SettingNeed.choice("loss", of: [Loss.vespo])) })
            needs["epsilon"] = SettingNeed.choice("loss", of: clips).noted()
            needs["epsilon_high"] = SettingNeed.choice("loss", of: clips + [.cispo]).noted()
            return needs
        }()

        public func validate() throws {
            try InvalidSetting.check(
                loss != .cispo || (epsilonHigh ?? 0) >= 1, CodingKeys.epsilonHigh,
                expected: "the largest ratio that counts, at least 1 (loss cispo)", found: upperEpsilon)
            try InvalidSetting.check(
                loss != .vespo || correction.mode == nil, CodingKeys.loss,
                expected: "another loss beside sampler_correction", found: loss.rawValue)
            try InvalidSetting.check(
                delta == nil || loss.clips, CodingKeys.delta,
                expected: "none beside the loss \(loss.rawValue), which clips no ratio", found: delta ?? 0)
            try InvalidSetting.check(
                loss != .rloo || importance == .token, CodingKeys.importance,
                expected: "token beside the loss rloo, whose ratio is of the whole response anyway",
                found: importance.rawValue)
        }

        /// Says which weight the KL has, and how far a ratio may rise.
        public mutating func resolve() {
            beta = klWeight
            epsilonHigh = upperEpsilon
        }

        var klWeight: Double { beta ?? (loss == .rloo ? 0.05 : 0) }
        var upperEpsilon: Double { epsilonHigh ?? epsilon }
        /// Whether the log-probabilities of the sampler change what is learned.
        var usesSampling: Bool { correction.mode != nil || offPolicyThreshold != nil }
        /// Whether there is one ratio a response.
        var isOfSequences: Bool { importance == .sequence || loss == .rloo }
    }

    /// What a micro-batch is divided by so that those of a step add up to its loss.
    public struct StepShare {
        /// Micro-batches of the step.
        public let microBatches: Int
        /// Tokens of the step.
        public let tokens: Double
        /// Tokens that a response may have.
        public let maximumNewTokens: Int
    }

    /// The loss of every token of a micro-batch and what it is made of, [C] each.
    public struct Surrogate {
        public let losses: Tensor
        /// ρ
        public let ratios: Tensor
        /// Nil without a reference.
        public let kl: Tensor?
        /// The tokens that carry a policy gradient; nil: all.
        public let isUncertain: Tensor?
        /// φ of each response, [B], of vespo.
        public let responseWeights: Tensor?
    }

    /// The losses of a micro-batch's tokens, before they are averaged.
    public static func surrogate(_ tokens: ResponseTokens, _ objective: Objective) -> Surrogate {
        let logRatios = tokens.logProbabilities - tokens.old
        let ratios = ratios(logRatios, tokens, objective)
        let advantages = tokens.spread(tokens.advantages)
        let responseWeights = objective.loss == .vespo ? vespoWeights(logRatios, tokens, objective) : nil
        var losses: Tensor
        switch objective.loss {
        case .grpo, .drGRPO, .bnpo, .dapo, .luspo, .rloo:
            let range = 1 - objective.epsilon...1 + objective.upperEpsilon
            let plain = objective.capped(ratios) * advantages
            losses = -Tensor.minimum(plain, ratios.clamped(to: range) * advantages)
        case .cispo:
            let capped = Tensor.minimum(ratios, objective.upperEpsilon).detached()
            losses = -(capped * advantages * tokens.logProbabilities)
        case .sapo:
            let temperatures = (advantages .> 0).choosing(
                objective.sapoTemperaturePositive, else: objective.sapoTemperatureNegative, like: ratios)
            losses = -((temperatures * (ratios - 1)).sigmoid() * 4 / temperatures * advantages)
        case .vespo:
            let weights = responseWeights.map(tokens.spread) ?? ratios
            losses = -(weights * advantages * tokens.logProbabilities)
        }
        if let threshold = objective.offPolicyThreshold {
            let drift = tokens.averaged(tokens.sampling - tokens.logProbabilities.detached())
            let stays = (tokens.advantages .>= 0) .| (drift .<= threshold)
            losses = losses * tokens.spread(stays.to(losses.type))
        }
        let isUncertain = uncertainTokens(tokens, objective)
        for factor in [isUncertain, tokens.weights].compactMap(\.self) { losses = losses * factor }
        let kl = tokens.reference.map { reference in
            let difference = reference - tokens.logProbabilities
            let estimate = difference.expm1() - difference
            return objective.correctsKL ? estimate * ratios : estimate
        }
        if let kl { losses = losses + kl * objective.klWeight }
        return Surrogate(
            losses: losses, ratios: ratios, kl: kl, isUncertain: isUncertain,
            responseWeights: responseWeights)
    }

    /// A micro-batch's share of the step's loss, a scalar, before the bonus for entropy.
    public static func loss(
        _ surrogate: Surrogate, _ tokens: ResponseTokens, _ objective: Objective, share: StepShare
    ) -> Tensor {
        let (losses, parts) = (surrogate.losses, Double(share.microBatches))
        let responses = Double(tokens.responseCount)
        switch objective.loss {
        case .grpo, .sapo, .rloo: return tokens.averaged(losses).mean() / parts
        case .bnpo: return losses.mean() / parts
        case .drGRPO: return losses.sum() / (responses * Double(share.maximumNewTokens) * parts)
        case .luspo: return losses.sum() / (responses * parts)
        case .dapo, .cispo, .vespo: return losses.sum() / share.tokens
        }
    }

    /// The mean entropy of a micro-batch's tokens that learn, a scalar, and how many they are.
    static func entropy(_ surrogate: Surrogate, _ tokens: ResponseTokens) -> (mean: Tensor, count: Double) {
        guard let mask = surrogate.isUncertain else {
            return (tokens.entropies.mean(), Double(tokens.entropies.count))
        }
        let count = mask.sum()
        return ((tokens.entropies * mask).sum() / count, count.item())
    }

    /// What is written of a micro-batch; TRL's names.
    static func metrics(_ surrogate: Surrogate, _ tokens: ResponseTokens, _ objective: Objective) -> Metrics {
        var metrics = Metrics()
        metrics["kl"] = surrogate.kl?.mean().item()
        metrics["entropy"] = tokens.entropies.mean().item()
        let advantages = tokens.spread(tokens.advantages)
        let top = objective.loss == .cispo ? objective.upperEpsilon : 1 + objective.upperEpsilon
        let ratios = objective.loss == .cispo ? surrogate.ratios : objective.capped(surrogate.ratios)
        let isHigh = ((ratios .> top) .& (advantages .> 0)).to(ratios.type)
        let isLow = ((ratios .< 1 - objective.epsilon) .& (advantages .< 0)).to(ratios.type)
        let mean = { (values: Tensor) in
            (objective.isOfSequences ? tokens.averaged(values) : values).mean().item()
        }
        switch objective.loss {
        case .grpo, .drGRPO, .bnpo, .dapo, .luspo, .rloo:
            metrics["clip_ratio/low_mean"] = mean(isLow)
            metrics["clip_ratio/high_mean"] = mean(isHigh)
            metrics["clip_ratio/region_mean"] = mean(isLow + isHigh)
            metrics["clip_ratio/low_min"] = tokens.averaged(isLow).min().item()
            metrics["clip_ratio/high_max"] = tokens.averaged(isHigh).max().item()
        case .cispo: metrics["cispo_clip_ratio"] = mean(isHigh)
        case .vespo: metrics["vespo/phi_seq_mean"] = surrogate.responseWeights?.mean().item()
        case .sapo: break
        }
        return metrics
    }

    /// ρ at each token, [C].
    private static func ratios(
        _ logRatios: Tensor, _ tokens: ResponseTokens, _ objective: Objective
    ) -> Tensor {
        if objective.loss == .rloo { return tokens.spread(tokens.summed(logRatios).exp()) }
        switch objective.importance {
        case .token: return logRatios.exp()
        case .sequence: return tokens.spread(tokens.averaged(logRatios).exp())
        }
    }

    /// φ of each response, [B], without gradients; the bounds keep the powers finite.
    private static func vespoWeights(
        _ logRatios: Tensor, _ tokens: ResponseTokens, _ objective: Objective
    ) -> Tensor {
        let isGood = tokens.advantages .>= 0
        let power = isGood.choosing(
            objective.vespoPowerPositive, else: objective.vespoPowerNegative, like: logRatios)
        let decay = isGood.choosing(
            objective.vespoDecayPositive, else: objective.vespoDecayNegative, like: logRatios)
        let logWeight = tokens.summed(logRatios.clamped(to: -20...20)).clamped(
            to: -18.420_680_743_952_367...20)
        return (decay + power * logWeight - decay * logWeight.exp()).exp().detached()
    }

    /// 1 at the tokens whose entropy is in the top quantile of the micro-batch, [C]; nil where all are.
    private static func uncertainTokens(_ tokens: ResponseTokens, _ objective: Objective) -> Tensor? {
        guard objective.topEntropyQuantile < 1 else { return nil }
        let entropies = tokens.entropies.detached()
        let threshold = quantile(1 - objective.topEntropyQuantile, of: entropies.doubles()) ?? 0
        return (entropies .>= threshold).to(entropies.type)
    }
}

extension GRPO.Objective {
    /// Ratios of at most δ.
    fileprivate func capped(_ ratios: Tensor) -> Tensor {
        delta.map { Tensor.minimum(ratios, $0) } ?? ratios
    }
}

extension Tensor {
    /// `positive` where this tensor of Bool is true and `negative` elsewhere, in the type of `other`.
    fileprivate func choosing(_ positive: Double, else negative: Double, like other: Tensor) -> Tensor {
        to(other.type) * (positive - negative) + negative
    }
}
