import Models
import Rewards
import Settings

/// Settings of `measure`: one model's answers, and all that is measured on them.
public struct MeasureConfiguration: ConfigurationSection, Equatable {
    public var model: String?
    /// The model that the other began as; its divergence is measured from there. Nil: it is not measured.
    public var start: String?
    /// JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// Whether prompts in plain text become messages, laid out by the model's chat template.
    public var chatPrompts = false
    /// The number of prompts, from the beginning of the files; nil: all of them.
    public var limit: Int?
    public var sampler = SamplerConfiguration()
    /// Of so many answers the best by the proxy is taken; nil: answers are taken as they come.
    public var best: Int?
    /// Who judges: `NAME=REWARD` each, the reward as rewards are named anywhere. Those of one name are added up.
    public var judges: [String] = []
    /// Rewards whose sum was maximised, or stands in for what was.
    public var proxy: [String] = []
    /// Held-out plain text: `.txt` files, or JSON Lines files with one `text` per row.
    public var perplexity: [String] = []
    /// Run folders, one after the other, by which the model was made: what they cost is counted.
    public var runs: [String] = []
    /// Whether the checkpoints of the last of these runs are measured too, or fewer answers than the best is taken of.
    public var stations = false
    /// The folder of another measurement of the same prompts: by how much the model makes its answers more probable is measured.
    public var shiftOf: String?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case model, start, prompts, limit, sampler, best, judges, proxy, perplexity, runs, stations
        case shiftOf = "shift_of"
        case chatPrompts = "chat_prompts"
    }

    public static let ranges: [String: SettingRange] = ["limit": .atLeast(1), "best": .within(2...1000)]

    public static let needs: [String: SettingNeed] = ["best": .beside("proxy"), "shift_of": .beside("start")]

    public func validate() throws {
        _ = try judgeSelections
        try InvalidSetting.check(
            !stations || !runs.isEmpty || best != nil, CodingKeys.stations,
            expected: "a run with checkpoints, or the best of several answers", found: "neither")
    }

    /// What each judge consists of, in the order in which they are named.
    var judgeSelections: [(name: String, selection: RewardSelection)] {
        get throws {
            var selections: [(name: String, selection: RewardSelection)] = []
            for text in judges {
                let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard sides.count == 2, !sides[0].isEmpty, !sides[0].contains(":") else {
                    throw InvalidSetting("judges", expected: "NAME=REWARD", found: "'\(text)'")
                }
                if let place = selections.firstIndex(where: { $0.name == sides[0] }) {
                    selections[place].selection.arguments.append(sides[1])
                } else {
                    selections.append((sides[0], RewardSelection([sides[1]])))
                }
            }
            return selections
        }
    }

    var proxySelection: RewardSelection { RewardSelection(proxy) }

    /// The rewards that it names.
    public var selections: [RewardSelection] {
        ((try? judgeSelections) ?? []).map(\.selection) + (proxy.isEmpty ? [] : [proxySelection])
    }
}
