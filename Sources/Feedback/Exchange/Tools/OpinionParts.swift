import JSON

/// An opinion that comes in parts, each under a name of its own.
struct OpinionParts {
    let responseCount: Int
    private var choices: [String: Choice] = [:]
    private var strengths: [String: Int] = [:]
    private var ranks: [String: [Int: Int]] = [:]
    private var marks: [String: [Int: Int]] = [:]
    private var thumbs: [String: [Int: Bool]] = [:]
    private var opinion = Opinion()

    enum Choice: Hashable {
        case answer(Int), tie, bothBad
    }

    init(responseCount: Int) { self.responseCount = responseCount }

    mutating func choose(_ choice: Choice, aspect: String) { choices[aspect] = choice }
    mutating func setStrength(_ strength: Int, aspect: String) { strengths[aspect] = strength }
    mutating func setMark(_ mark: Int, of position: Int, aspect: String) {
        marks[aspect, default: [:]][position] = mark
    }
    mutating func setThumb(_ isGood: Bool, of position: Int, aspect: String) {
        thumbs[aspect, default: [:]][position] = isGood
    }
    mutating func setRank(_ rank: Int, of position: Int, aspect: String) {
        ranks[aspect, default: [:]][position] = rank
    }
    mutating func flag(_ flags: [Flag], _ position: Int) { opinion.flags[position] = flags }
    mutating func edit(_ text: String, _ position: Int) { opinion.edits[position] = text }
    mutating func explain(_ reason: String) { opinion.reason = reason }

    /// All parts together. A verdict that leaves answers out is none.
    var whole: Opinion {
        var opinion = opinion
        for (aspect, choice) in choices {
            opinion.verdicts[aspect] =
                switch choice {
                case .answer(let position): .better(position, strength: strengths[aspect] ?? 1)
                case .tie: .tie
                case .bothBad: .bothBad
                }
        }
        for (aspect, values) in ranks {
            opinion.verdicts[aspect] = complete(values).map { .ranking(ImportedItem.competitionRanks($0)) }
        }
        for (aspect, values) in marks { opinion.verdicts[aspect] = complete(values).map(ItemVerdict.marks) }
        for (aspect, values) in thumbs { opinion.verdicts[aspect] = complete(values).map(ItemVerdict.thumbs) }
        return opinion
    }

    private func complete<Value>(_ values: [Int: Value]) -> [Value]? {
        let inOrder = (0..<responseCount).compactMap { values[$0] }
        return inOrder.count == responseCount && values.count == responseCount ? inOrder : nil
    }
}

extension Opinion {
    var isEmpty: Bool { verdicts.isEmpty && flags.isEmpty && edits.isEmpty && reason.isEmpty }
}
