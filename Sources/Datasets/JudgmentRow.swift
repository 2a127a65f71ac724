import JSON

/// A judgment of one answer, of two, or of many: anything that a reward model can learn from.
public enum JudgmentRow: DatasetRow, Hashable {
    /// Which of two is the better one.
    case comparison(ComparisonRow)
    /// Several in their order, ties among them.
    case ranking(RankedRow)
    /// A mark on a scale.
    case rating(RatedRow)
    /// Good or not.
    case thumb(UnpairedRow)

    public static let schemas: [DatasetSchema] = [.comparison, .unpaired, .ranked, .rated]

    public init(from fields: inout RowFields) throws {
        let columns = fields.remaining
        switch Self.schemas.first(where: { $0.matches(columns) }) {
        case .unpaired: self = .thumb(try UnpairedRow(from: &fields))
        case .ranked: self = .ranking(try RankedRow(from: &fields))
        case .rated: self = .rating(try RatedRow(from: &fields))
        default: self = .comparison(try ComparisonRow(from: &fields))
        }
    }

    public var schema: DatasetSchema {
        switch self {
        case .comparison: .comparison
        case .ranking: .ranked
        case .rating: .rated
        case .thumb: .unpaired
        }
    }

    public var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .comparison(let row): row.columns
        case .ranking(let row): row.columns
        case .rating(let row): row.columns
        case .thumb(let row): row.columns
        }
    }

    public var context: JudgmentContext {
        switch self {
        case .comparison(let row): row.context
        case .ranking(let row): row.context
        case .rating(let row): row.context
        case .thumb(let row): row.context
        }
    }

    /// The columns that no schema knows.
    public var extra: JSONObject {
        switch self {
        case .comparison(let row): row.extra
        case .ranking(let row): row.extra
        case .rating(let row): row.extra
        case .thumb(let row): row.extra
        }
    }

    /// Nil where it is to be read off the answers.
    public var prompt: Text? {
        switch self {
        case .comparison(let row): row.prompt
        case .ranking(let row): row.prompt
        case .rating(let row): row.prompt
        case .thumb(let row): row.prompt
        }
    }

    /// The answers that were judged; those of a comparison with the chosen one first.
    public var responses: [Text] {
        switch self {
        case .comparison(let row): [row.chosen, row.rejected]
        case .ranking(let row): row.responses
        case .rating(let row): [row.response]
        case .thumb(let row): [row.completion]
        }
    }

    /// Of a comparison the probability that its verdict is right; nil: it is for certain.
    public var preference: Double? {
        if case .comparison(let row) = self { row.preference } else { nil }
    }

    /// What was said about them.
    public var verdict: Verdict {
        switch self {
        case .comparison(let row): .preferred(margin: row.margin)
        case .ranking(let row): .ranked(row.ranking)
        case .rating(let row): .rated(row.rating, scale: row.scale)
        case .thumb(let row): .good(row.label)
        }
    }
}

/// What a judgment says about its answers.
public enum Verdict: Hashable, Sendable {
    /// The first of two is the better one, by `margin` in units of the score where it is known.
    case preferred(margin: Double?)
    /// The rank of each: the lowest number is the best, equal numbers are ties.
    case ranked([Int])
    /// The mark of one, on a scale from its lowest to its highest mark where these are known.
    case rated(Double, scale: ClosedRange<Double>?)
    /// Whether the one is good.
    case good(Bool)

    /// Positions of the answers in tiers, the best first; nil for a verdict on a single answer.
    public var tiers: [[Int]]? {
        switch self {
        case .preferred: return [[0], [1]]
        case .ranked(let ranks):
            let tiers = Dictionary(grouping: ranks.indices) { ranks[$0] }
            return tiers.sorted { $0.key < $1.key }.map(\.value)
        case .rated, .good: return nil
        }
    }
}
