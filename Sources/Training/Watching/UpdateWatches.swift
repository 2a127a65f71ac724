/// Something is no number.
public struct NotFiniteMetric: Watch {
    public let name = "not finite"
    public let metrics = ["loss"]

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let (metric, step, value) = history.notFinite else { return nil }
        return alarm(
            in: history, metric, seen: "\(metric) is \(value) at step \(step)",
            meaning: "a number that is none spreads to every weight that it is multiplied with",
            advice: "lower --learning-rate; --precision fp32; look at the rows of that step")
    }
}

/// Nothing is learned, as there is no gradient.
public struct NoGradient: Watch {
    public let name = "no gradient"
    public let metrics = ["grad_norm"]

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let norm = history.series(metrics), norm.end() < 1e-9 else { return nil }
        return alarm(
            in: history, norm.name, from: norm.start(), to: norm.end(),
            seen: "the gradient is 0 for \(Series.window) steps",
            meaning: "no weight changes, whatever the loss says",
            advice:
                "look for rewards that are all the same, rows without a learned token, or weights that are frozen"
        )
    }
}

/// Updates want to go further than they may.
public struct ClipFraction: Watch {
    public let name = "clip fraction"
    public let metrics = ["policy/clipfrac_avg", "clip_ratio/region_mean"]

    private static let limit = 0.3

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let clipped = history.series(metrics), clipped.end() > Self.limit else { return nil }
        return alarm(
            in: history, clipped.name, from: clipped.start(), to: clipped.end(),
            seen: "\(percent(clipped.end())) of the tokens are at the limit of the ratio",
            meaning:
                "what is clipped has no gradient: most of the batch is thrown away, and the rest pulls too far",
            advice:
                "lower --learning-rate, or take fewer passes over a batch (--ppo-epochs, --num-iterations)")
    }
}

/// The critic predicts no better than a constant.
public struct BlindCritic: Watch {
    public let name = "critic"
    public let metrics = ["critic/vf_explained_var"]

    /// New critics explain nothing; from here on they should.
    private static let patience = (harmful: 20, useless: 50)
    private static let window = 10

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let explained = history.series(metrics, atLeast: Self.patience.harmful) else { return nil }
        let end = explained.end(Self.window)
        let isUseless = explained.points.count >= Self.patience.useless && end < 0.05
        guard end < -0.05 || isUseless else { return nil }
        return alarm(
            in: history, explained.name, from: explained.start(Self.window), to: end,
            seen:
                "the critic explains \(percent(end)) of how returns vary, after \(explained.points.count) steps",
            meaning: "advantages are then mostly noise: tokens are praised and blamed by chance",
            advice:
                "raise --value-coefficient or --value-clip-range, let the critic learn before the policy, or take grpo, "
                + "which has none")
    }
}

/// A preference run whose policy stays its reference.
public struct StandingMargins: Watch {
    public let name = "margins"
    public let metrics = ["rewards/margins"]

    private static let steps = 10

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let margins = history.series(metrics, atLeast: Self.steps),
            margins.points.allSatisfy({ abs($0.value) < 1e-6 })
        else { return nil }
        return alarm(
            in: history, margins.name, from: 0, to: margins.end(),
            seen: "chosen and rejected answers are exactly as far apart as the reference has them, after "
                + "\(margins.points.count) steps",
            meaning:
                "policy and reference are the same model and stay so: the loss stands at ln 2 and nothing is learned",
            advice:
                "check the learning rate, what is trained (adapters, frozen weights), and that the reference is not the "
                + "policy itself")
    }
}
