import Datasets
import RandomNumbers
import Rewards

/// Two answers to one prompt and what people said of them.
struct VotedPair {
    /// The answer whose text is first in the order of bytes stands first, whoever preferred it.
    let answers: AnswerPair
    /// Whether each vote is for the first answer, with who gave it.
    private(set) var votes: [(isForFirst: Bool, annotator: String?)] = []

    /// The pairs of some comparisons in the order in which they first occur. Rows whose two answers are the same text say
    /// nothing and are left out.
    ///
    /// - Throws: `DataError` for a row without a prompt.
    static func all(in rows: [SourcedRow<ComparisonRow>]) throws -> [VotedPair] {
        struct Key: Hashable {
            let prompt: Text
            let first: String
            let second: String
        }
        var places: [Key: Int] = [:]
        var pairs: [VotedPair] = []
        for sourced in rows {
            let row = try sourced.row.withPrompt(at: sourced.place)
            let (chosen, rejected) = (row.chosen.lastText, row.rejected.lastText)
            guard let prompt = row.prompt, chosen != rejected else { continue }
            let isChosenFirst = chosen.utf8.lexicographicallyPrecedes(rejected.utf8)
            let (first, second) = isChosenFirst ? (chosen, rejected) : (rejected, chosen)
            let key = Key(prompt: prompt, first: first, second: second)
            let place = places[key] ?? pairs.count
            if place == pairs.count {
                let columns = PromptRow(prompt: prompt, extra: row.extra).columnsForRewards
                let inputs = [first, second].map {
                    RewardInput(
                        prompt: prompt, text: $0, isFinished: true, columns: columns, place: sourced.place)
                }
                pairs.append(VotedPair(answers: AnswerPair(inputs[0], inputs[1])))
                places[key] = place
            }
            pairs[place].votes.append((isChosenFirst, row.context.annotator))
        }
        return pairs
    }

    /// Whether it is one of the half of all prompts by which nothing is chosen.
    var isHeldOut: Bool {
        var hash = StableHash()
        hash.combine(answers.first.prompt.json.text())
        return hash.fraction < 0.5
    }

    /// Whether a verdict is the opposite of what most people said.
    func isDenied(by verdict: JudgedPairs.Verdict) -> Bool {
        let share = Double(votes.count(where: \.isForFirst)) / Double(votes.count)
        return (share - 0.5) * (verdict.choice - 0.5) < 0
    }

    /// Characters of the first answer beyond those of the second.
    var lengthDifference: Int { answers.first.text.count - answers.second.text.count }
}

extension ComparisonRow {
    fileprivate func withPrompt(at place: Place) throws -> ComparisonRow {
        guard let row = splittingPrompt() else {
            throw DataError(
                at: place, expected: "a prompt, or two answers that begin alike and then differ",
                found: "neither", remedy: "add a column \"prompt\"")
        }
        return row
    }
}
