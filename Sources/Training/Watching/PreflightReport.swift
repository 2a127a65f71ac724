import Files
import Foundation
import Rewards
import Runs
import Statistics

/// What some answers, written before anything is learned, say of the run to come: `preflight.json`.
public struct PreflightReport: Codable, Equatable, Sendable {
    /// One reward's scores of all answers.
    public struct Reward: Codable, Equatable, Sendable {
        public let name: String
        /// Answers that it could score.
        public let scored: Int
        public let mean: Double
        public let deviation: Double
        public let lowest: Double
        public let highest: Double
        /// The share of right answers, where every score is 0 or 1.
        public let successRate: Double?

        private enum CodingKeys: String, CodingKey {
            case name, scored, mean, deviation, lowest, highest
            case successRate = "success_rate"
        }
    }

    public let prompts: Int
    public let answers: Int
    /// Tokens that an answer may have, and how many they have on average.
    public let maximumNewTokens: Int
    public let meanLength: Double
    /// Shares of answers that ended by themselves, and that were cut off.
    public let eosRate: Double
    public let truncated: Double
    public let rewards: [Reward]
    /// Shares of the groups whose answers all have the same reward, see ``SilentGroups``; nil without groups.
    public let tooEasy: Double?
    public let tooHard: Double?
    /// What the run will take; nil where that was not measured.
    public var estimate: RunEstimate?
    /// What is wrong, why it matters and what to change, a sentence each.
    public let warnings: [String]

    private enum CodingKeys: String, CodingKey {
        case prompts, answers, truncated, rewards, estimate, warnings
        case maximumNewTokens = "max_new_tokens"
        case meanLength = "mean_length"
        case eosRate = "eos_rate"
        case tooEasy = "groups_too_easy"
        case tooHard = "groups_too_hard"
    }

    /// - Parameters:
    ///   - inputs: answers of the policy as it is, with their numbers of tokens, those to one prompt side by side.
    ///   - scores: of them, at least one column.
    ///   - groupSize: answers to each prompt.
    public init(_ inputs: [RewardInput], _ scores: RewardTable, groupSize: Int, maximumNewTokens: Int) {
        let count = Double(max(1, inputs.count))
        (prompts, answers) = (inputs.count / max(1, groupSize), inputs.count)
        self.maximumNewTokens = maximumNewTokens
        meanLength = Moments(inputs.map { Double($0.tokenCount ?? 0) }).mean
        eosRate = Double(inputs.count(where: \.isFinished)) / count
        truncated = Double(inputs.count { !$0.isFinished }) / count
        rewards = scores.columns.map { Reward(name: $0.name, $0.scores) }
        let groups = Metrics.silentGroups(
            scores.totals, groupSize: groupSize, fullMarks: scores.columns.map(\.weight).fullMarks)
        (tooEasy, tooHard) = (groups[SilentGroups.easy], groups[SilentGroups.hard])
        var warnings = Self.warnings(truncated: truncated, eosRate: eosRate, limit: maximumNewTokens)
        let learned = Set(scores.columns.filter { $0.weight != 0 }.map(\.name))
        warnings += rewards.filter { learned.contains($0.name) }.compactMap(\.warning)
        if let tooEasy, let tooHard, tooEasy + tooHard > 0.5 {
            warnings.append(
                "in \(percent(tooEasy + tooHard)) of the groups all answers have the same reward (\(percent(tooEasy)) too "
                    + "easy, \(percent(tooHard)) too hard) and teach nothing: prompts of middling difficulty, or more "
                    + "answers a prompt")
        }
        self.warnings = warnings
    }

    private static func warnings(truncated: Double, eosRate: Double, limit: Int) -> [String] {
        if eosRate == 0 {
            return [
                "no answer ended within \(limit) tokens, so that every reward is of a fragment: raise --max-new-tokens; a "
                    + "model that never ends has not learned its stop token (heed doctor --model, heed sft)"
            ]
        }
        guard truncated > 0.1 else { return [] }
        return [
            "\(percent(truncated)) of the answers are cut off at \(limit) tokens and scored as they stand: raise "
                + "--max-new-tokens, or ask for short answers"
        ]
    }

    // MARK: In the folder of a run

    private static let file = "preflight.json"

    package func write(to run: URL) throws {
        try AtomicFile.write(encoding: self, to: run.appendingPathComponent(Self.file))
    }

    /// What was written there; nil where nothing was, or nothing that can be read.
    package static func kept(in run: URL) -> PreflightReport? {
        try? FileSystem.decode(Self.self, from: run.appendingPathComponent(file))
    }

    // MARK: For people

    /// A short table, and what is wrong.
    public var lines: [String] {
        let head =
            "before the first update: \(prompts) prompts, \(answers) answer\(answers == 1 ? "" : "s") of "
            + "\(shown(meanLength)) tokens on average"
        var rows = [
            ("ended", percent(eosRate)), ("cut off", "\(percent(truncated)) at \(maximumNewTokens) tokens"),
        ]
        rows += rewards.map { ($0.name, $0.text) }
        if let tooEasy, let tooHard {
            rows.append(("no signal", "\(percent(tooEasy)) of groups too easy, \(percent(tooHard)) too hard"))
        }
        if let estimate { rows.append(("the run", estimate.text)) }
        let width = rows.map(\.0.count).max() ?? 0
        return [head]
            + rows.map { "  \($0.0.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.1)" }
            + warnings.map { "beware: \($0)" }
    }
}

extension PreflightReport.Reward {
    fileprivate init(name: String, _ scores: [Double?]) {
        let known = scores.compactMap(\.self)
        let moments = Moments(known)
        self.init(
            name: name, scored: known.count, mean: moments.mean, deviation: moments.deviation,
            lowest: known.min() ?? 0, highest: known.max() ?? 0,
            successRate: !known.isEmpty && known.allSatisfy { $0 == 0 || $0 == 1 } ? moments.mean : nil)
    }

    fileprivate var text: String {
        guard scored > 0 else { return "scored none" }
        if let successRate { return "\(percent(successRate)) right" }
        return "\(shown(mean)) ± \(shown(deviation)), from \(shown(lowest)) to \(shown(highest))"
    }

    /// Why nothing can be learned from it; nil where something can.
    fileprivate var warning: String? {
        guard scored > 0 else {
            return
                "reward '\(name)' could score no answer: the prompts' rows lack the column that it needs, or answers are "
                + "longer than its context"
        }
        guard lowest == highest else { return nil }
        switch successRate {
        case 0?:
            return
                "reward '\(name)' finds 0 % right, which is no signal: easier prompts (heed tasks --difficulty), "
                + "supervised fine-tuning first, or more tokens; heed lint-reward shows whether it takes right answers"
        case 1?:
            return
                "reward '\(name)' finds 100 % right, which is no signal: nothing is left to learn on these prompts; take "
                + "harder ones"
        default:
            return
                "reward '\(name)' gives every answer \(shown(lowest)), which is no signal: look at its options, and at "
                + "the answers (heed sample)"
        }
    }
}

/// What a run will take, from what its parts took on some answers.
public struct RunEstimate: Codable, Equatable, Sendable {
    public var seconds: Double
    /// Of memory; nil where the system does not tell what is used.
    public var bytes: Int?

    public init(seconds: Double, bytes: Int?) { (self.seconds, self.bytes) = (seconds, bytes) }

    fileprivate var text: String {
        "about " + ProgressText.duration(seconds)
            + (bytes.map { ", at most about \(NumberStyle.fixed(Double($0) / 1e9, decimals: 1)) GB" } ?? "")
    }
}
