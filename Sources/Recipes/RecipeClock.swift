/// How long the rest of a recipe will take: what each stage took before, or else what its author expects of it, at the
/// pace of the stages that have finished.
struct RecipeClock {
    private struct Estimate {
        let measured: Double?
        let expected: Double?
    }

    private var waiting: [String: Estimate]
    /// Of the finished stages for which something was expected.
    private var (spent, expected) = (0.0, 0.0)

    /// - Parameter measured: seconds that a stage took before, by its name.
    init(_ recipe: Recipe, measured: (String) -> Double?) {
        waiting = Dictionary(
            uniqueKeysWithValues: recipe.stages.map {
                ($0.name, Estimate(measured: measured($0.name), expected: $0.expectedSeconds))
            })
    }

    mutating func finish(_ stage: String, seconds: Double) {
        guard let expected = waiting.removeValue(forKey: stage)?.expected else { return }
        spent += seconds
        self.expected += expected
    }

    /// Seconds; nil where nothing is known about one of the stages.
    var remaining: Double? {
        let pace = expected > 0 ? spent / expected : 1
        let seconds = waiting.values.map { $0.measured ?? $0.expected.map { $0 * pace } }
        return seconds.contains(nil) ? nil : seconds.reduce(0) { $0 + ($1 ?? 0) }
    }
}
