/// How long the rest of a recipe will take: what each stage took before, or else what its author expects of it, at the
/// pace of the stages that have finished, or else what stages of its kind took.
struct RecipeClock {
    private struct Estimate {
        let measured: Double?
        let expected: Double?
        let likeness: String?
    }

    private var waiting: [String: Estimate]
    /// What no stage of this recipe does yet.
    private let later: [String: Int]
    /// Of the finished stages for which something was expected.
    private var (spent, expected) = (0.0, 0.0)
    /// What stages of a kind took.
    private var kinds: [String: [Double]] = [:]

    /// - Parameters:
    ///   - later: how many stages of which kind are to come besides.
    ///   - measured: seconds that a stage took before, by its name.
    init(_ recipe: Recipe, later: [String: Int] = [:], measured: (String) -> Double?) {
        self.later = later
        waiting = Dictionary(
            uniqueKeysWithValues: recipe.stages.map {
                (
                    $0.name,
                    Estimate(
                        measured: measured($0.name), expected: $0.expectedSeconds, likeness: $0.likeness)
                )
            })
        for estimate in waiting.values {
            if let kind = estimate.likeness, let seconds = estimate.measured {
                kinds[kind, default: []].append(seconds)
            }
        }
    }

    /// - Parameter seconds: 0 where nothing had to be done.
    mutating func finish(_ stage: String, seconds: Double) {
        guard let estimate = waiting.removeValue(forKey: stage) else { return }
        if let kind = estimate.likeness, estimate.measured == nil, seconds > 0 {
            kinds[kind, default: []].append(seconds)
        }
        guard let expected = estimate.expected else { return }
        spent += seconds
        self.expected += expected
    }

    /// Seconds; nil where nothing is known about one of the stages.
    var remaining: Double? {
        let pace = expected > 0 ? spent / expected : 1
        let seconds = waiting.values.map { stage in
            stage.measured ?? stage.expected.map { $0 * pace } ?? stage.likeness.flatMap(usual)
        }
        let further = later.map { kind, count in usual(kind).map { Double(count) * $0 } }
        return (seconds + further).contains(nil) ? nil : (seconds + further).reduce(0) { $0 + ($1 ?? 0) }
    }

    private func usual(_ kind: String) -> Double? {
        kinds[kind].map { $0.reduce(0, +) / Double($0.count) }
    }
}
