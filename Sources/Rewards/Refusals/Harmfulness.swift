import JSON

/// Whether a prompt asks for harm, as the prompt's row says in a column, true or false.
public enum Harmfulness {
    /// The column's name unless another is chosen.
    public static let column = "harmful"
}

extension TruthColumn {
    static func harmful(_ name: String?, reader: String) -> TruthColumn {
        TruthColumn(name ?? Harmfulness.column, reader: reader)
    }

    /// - Returns: nil for null.
    /// - Throws: `RewardError` for a missing column, and for what is neither true, false nor null.
    func boolean(in input: RewardInput) throws -> Bool? {
        switch try value(in: input) {
        case .boolean(let value): return value
        case .null: return nil
        case let value: throw unfit(value, expected: "true or false", in: input)
        }
    }
}
