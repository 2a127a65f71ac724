import Statistics

/// Most prompts teach nothing, as all answers to each of them have the same reward.
public struct SilentGroups: Watch {
    public let name = "groups without signal"
    public let metrics = ["frac_reward_zero_std"]

    static let easy = "groups/too_easy"
    static let hard = "groups/too_hard"
    private static let limit = 0.5

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let silent = history.series(metrics), silent.end() > Self.limit else { return nil }
        let cause = Cause(history)
        return alarm(
            in: history, silent.name, from: silent.start(), to: silent.end(),
            seen:
                "in \(percent(silent.end())) of the groups all answers have the same reward, \(cause.words)",
            meaning:
                "an answer is measured by how it compares to the others to its prompt: without a difference there is "
                + "no gradient, and the batch is smaller than it seems",
            advice: cause.advice)
    }

    /// Opposite ones have opposite cures.
    private enum Cause {
        case easy(String)
        case hard(String)
        case both(String)
        case unknown

        init(_ history: RunHistory) {
            guard let easy = history.series([SilentGroups.easy])?.end(),
                let hard = history.series([SilentGroups.hard])?.end()
            else {
                self.init(reward: history.series(["reward"])?.end())
                return
            }
            let words = "\(percent(easy)) too easy and \(percent(hard)) too hard"
            self = easy > 2 * hard ? .easy(words) : hard > 2 * easy ? .hard(words) : .both(words)
        }

        /// By the mean reward, where it is a share of right answers.
        private init(reward: Double?) {
            guard let reward, (0...1).contains(reward) else {
                self = .unknown
                return
            }
            let words = "which with a mean reward of \(shown(reward)) are mostly "
            self = reward > 0.5 ? .easy(words + "too easy") : .hard(words + "too hard")
        }

        var words: String {
            switch self {
            case .easy(let words), .hard(let words), .both(let words): words
            case .unknown: "too easy or too hard"
            }
        }

        var advice: String {
            let harder = "harder prompts, or without those that are always solved"
            let easier =
                "easier prompts first, supervised fine-tuning before, more answers a prompt (--group-size) or "
                + "more tokens (--max-new-tokens)"
            return switch self {
            case .easy: harder
            case .hard: easier
            case .both, .unknown: "prompts of middling difficulty: \(harder); \(easier)"
            }
        }
    }
}

extension Metrics {
    /// Which of the groups whose answers all have the same score are too easy and which too hard, as shares of all groups.
    ///
    /// Too easy is what scores above the middle: half of full marks where scores are within 0 and full marks, as those of
    /// verifiers are, or else halfway between the batch's lowest and highest.
    /// - Parameters:
    ///   - scores: of answers, those to one prompt side by side; nil where one could not be scored.
    ///   - fullMarks: what a right answer is given by rewards that give 1.
    package static func silentGroups(_ scores: [Double?], groupSize: Int, fullMarks: Double) -> Metrics {
        let known = scores.compactMap(\.self)
        guard groupSize > 1, let lowest = known.min(), let highest = known.max() else { return Metrics() }
        let isMark = lowest >= 0 && highest <= fullMarks
        let middle = isMark ? fullMarks / 2 : (lowest + highest) / 2
        let groups = scores.chunked(groupSize).map { $0.compactMap(\.self) }
        let silent = groups.filter { !$0.isEmpty && Moments($0).deviation <= 1e-8 }
        let share = { (count: Int) in Double(count) / Double(groups.count) }
        let easy = silent.count { $0[0] > middle }
        return Metrics([
            SilentGroups.easy: share(easy), SilentGroups.hard: share(silent.count - easy),
        ])
    }
}
