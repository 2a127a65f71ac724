import Statistics

/// The policy is further from its reference than it may be.
public struct KLBudget: Watch {
    /// Nats per response; nil: what is usual.
    public let budget: Double?

    public let name = "kl budget"
    public let metrics = [RunHistory.klOfResponse, RunHistory.klOfToken]

    /// Beyond e¹⁰ a response is one that the reference practically never writes; long ones may differ by a tenth of a nat a token.
    private static let usual = (response: 10.0, token: 0.1)

    /// The distance now, in nats per response, over the last steps; nil where it is not measured.
    public static func distance(in history: RunHistory) -> Double? {
        history.series([RunHistory.klOfResponse], atLeast: 1)?.end()
    }

    public func alarm(in history: RunHistory) -> Alarm? {
        guard
            let kl = history.series(
                [RunHistory.klOfResponse], atLeast: budget == nil ? Series.window : 1)
        else { return nil }
        let length = history.series(["completions/mean_length"], atLeast: 1)?.end() ?? 0
        let limit = budget ?? max(Self.usual.response, Self.usual.token * length)
        guard kl.end() > limit else { return nil }
        return alarm(
            in: history, kl.name, from: limit, to: kl.end(),
            seen:
                "the policy is \(nats(kl.end())) nats a response from its reference, more than \(nats(limit))",
            meaning:
                "rewards are trustworthy near the answers that they were made for; further away a score rises by "
                + "what it fails to see",
            advice:
                "take an earlier checkpoint, raise --kl-coefficient or --beta, or set --kl-budget to stop there"
        )
    }
}

/// A distance that cannot be below 0 is.
public struct NegativeKL: Watch {
    public let name = "negative kl"
    public let metrics = [RunHistory.klOfResponse, RunHistory.klOfToken]

    private static let limit = -1.0

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let kl = history.series([RunHistory.klOfResponse]), kl.end() < Self.limit else { return nil }
        return alarm(
            in: history, kl.name, from: 0, to: kl.end(),
            seen:
                "the KL to the reference is \(nats(kl.end())) nats a response, and a distance is never below 0",
            meaning:
                "answers are drawn from another distribution than the one they are scored with, so that the "
                + "penalty rewards what it should punish",
            advice:
                "sample and score at the same temperature, without top-k and top-p; heed doctor --model shows whether "
                + "they agree")
    }
}

/// Sampler and trainer give the same tokens other probabilities.
public struct SamplerDrift: Watch {
    /// Nats a token, on average.
    public let limit: Double

    public let name = "sampler = trainer"
    public let metrics = ["on_policy/difference_mean"]

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let drift = history.series(metrics, atLeast: 1), drift.end() > limit else { return nil }
        return alarm(
            in: history, drift.name, from: limit, to: drift.end(),
            seen:
                "sampled tokens are \(shown(drift.end())) nats a token from what the trainer scores them with, more "
                + "than rounding (\(shown(limit)))",
            meaning:
                "the policy learns from answers of another policy than itself, and takes them for its own",
            advice:
                "sample and score at the same temperature, without filters and in one precision; --precision fp32 "
                + "tells rounding from a mistake")
    }
}
