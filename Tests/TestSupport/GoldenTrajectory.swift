import Testing

/// The steps of a golden training run, with the tolerance that its own noise asks for.
public struct GoldenTrajectory {
    public let name: String
    public let expected: GoldenValue

    /// - Parameter folder: below the golden numbers; its name stands in messages.
    public init(_ folder: String) throws {
        name = folder
        expected = try Fixtures.goldenValues("\(folder)/expected.json")
    }

    /// Compares every metric of every step.
    /// - Parameters:
    ///   - found: of each step, its metrics by name.
    ///   - ignored: metrics that are not compared.
    public func check(_ found: [(String) -> Double?], ignoring ignored: Set<String> = []) throws {
        let steps = try expected["steps"].array
        #expect(found.count == steps.count)
        for (metric, step) in zip(found, steps) {
            for key in step.keys where key != "step" && !ignored.contains(key) {
                let wanted = try step[key].double
                let place = "\(name) step \(try step["step"].int) \(key)"
                guard let value = metric(key) else {
                    Issue.record("\(place) is missing")
                    continue
                }
                let tolerance = try tolerance(key, wanted)
                #expect(
                    abs(value - wanted) <= tolerance,
                    "\(place): found \(value), expected \(wanted) ± \(tolerance)")
            }
        }
    }

    /// The spread is listed for some metrics only; these are made of the same numbers as those listed.
    private static let sameSource = [
        "rewards/chosen": ["rewards/margins"], "rewards/rejected": ["rewards/margins"],
        "logps/rejected": ["logps/chosen"], "logits/chosen": ["entropy"], "logits/rejected": ["entropy"],
        "min_reward": ["margin", "mean_reward"], "max_reward": ["margin", "mean_reward"],
        "policy_loss": ["loss"], "log_odds_chosen": ["log_odds_ratio", "logps/chosen"],
        // Of a whole response it has the rounding of all its log-probabilities, as gradients have.
        "sampling/importance_sampling_ratio/max": ["grad_norm"],
    ]

    /// 20 times the spread among correct implementations and 2e-6 relative; counting metrics may flip one element.
    private func tolerance(_ name: String, _ wanted: Double) throws -> Double {
        var noise = 0.0
        for kind in ["float32_eager_attention", "float64_weights"] {
            for listed in [name] + Self.sameSource[name, default: []] {
                guard let spread = try expected["observed_noise"].optional(kind)?.optional(listed) else {
                    continue
                }
                noise = max(noise, try spread["max_abs"].double)
            }
        }
        let basic = 20 * noise + 2e-6 * max(1, abs(wanted))
        return name == "grad_norm" ? max(basic, 1e-5 * abs(wanted)) : basic
    }
}
