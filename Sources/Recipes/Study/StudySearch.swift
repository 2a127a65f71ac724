import Foundation
import RandomNumbers
import Settings
import Yams

/// How settings are chosen, for every arm in the same way.
struct StudySearch {
    enum Procedure: String, CaseIterable { case random, halving }

    enum Criterion: String, CaseIterable {
        case winRate = "win_rate"
        case score, proxy

        var description: String {
            switch self {
            case .winRate: "how often the first judge prefers the answers to the start's"
            case .score: "the first judge's mean score"
            case .proxy: "the reward model's mean score"
            }
        }
    }

    var procedure = Procedure.random
    var trials = 4
    var criterion = Criterion.winRate
    /// Of a trial that is looked at for the last time; nil: those of the budget.
    var updates: Int?
    /// For every arm that has such a setting.
    var space: [SearchAxis] = []

    static let keys = ["by", "trials", "criterion", "updates", "space"]
}

/// One setting of a search, and what it may be.
struct SearchAxis {
    let setting: Setting
    private let values: Values

    private enum Values {
        case choices([Node])
        /// Even in the logarithm.
        case between(Double, Double)
    }

    var key: String { setting.key }

    /// - Parameter setting: a list of values, or `{from: A, to: B}` with numbers above 0.
    init(_ setting: Setting) throws {
        self.setting = setting
        if let list = setting.node.sequence, !list.isEmpty {
            values = .choices(Array(list))
            return
        }
        guard let mapping = setting.node.mapping, mapping.count == 2, let low = mapping["from"]?.float,
            let high = mapping["to"]?.float, low > 0, high > low, high.isFinite
        else {
            throw StudyMistake.unfit(
                setting, expected: "a list of values, or {from: A, to: B} with numbers 0 < A < B")
        }
        values = .between(low, high)
    }

    /// Numbers that can be told apart by three digits.
    func draw(_ random: inout RandomSource) -> Setting {
        let node =
            switch values {
            case .choices(let nodes): nodes[random.integer(below: nodes.count)]
            case .between(let low, let high):
                Node(String(format: "%.3g", low * pow(high / low, random.uniform())))
            }
        return Setting(key: key, node: node, origin: setting.origin)
    }
}

extension [SearchAxis] {
    /// Different points of the space, as many as asked for or as there are.
    func trials(_ count: Int, seed: UInt64) -> [[Setting]] {
        guard !isEmpty else { return [] }
        var random = RandomSource(seed: seed)
        var trials: [[Setting]] = []
        var seen: Set<String> = []
        for _ in 0..<count * 100 where trials.count < count {
            let trial = map { $0.draw(&random) }
            if seen.insert(trial.words).inserted { trials.append(trial) }
        }
        return trials
    }
}

extension [Setting] {
    /// As a reader sees them: `learning_rate 1e-4, beta 0.1`.
    var words: String {
        map { "\($0.key) \($0.node.sequence != nil ? $0.texts.joined(separator: "+") : $0.texts.joined())" }
            .joined(separator: ", ")
    }

    /// With others in place of those of the same keys.
    func replaced(by others: [Setting]) -> [Setting] {
        filter { setting in !others.contains { $0.key == setting.key } } + others
    }
}
