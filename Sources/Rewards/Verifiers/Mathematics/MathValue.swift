/// What an answer says, as mathematics.
indirect enum MathValue: Hashable, Sendable {
    case scalar(Expression)
    /// Words, such as `\text{Yes}`: in lower case, without blanks and the brackets of a choice.
    case text(String)
    /// In round brackets: a tuple or, of two members, perhaps an open interval.
    case tuple([MathValue])
    /// In braces, or a list without brackets.
    case set([MathValue])
    case interval(Interval)
    case union([MathValue])
    case matrix([[MathValue]])
    /// Relations that all hold, as in `2 ≤ x < 5`.
    case relations([Relation])

    struct Interval: Hashable, Sendable {
        var low: Expression
        var high: Expression
        var includesLow: Bool
        var includesHigh: Bool
    }

    struct Relation: Hashable, Sendable {
        enum Sign: Hashable, Sendable {
            case equal, unequal, less, lessOrEqual, greater, greaterOrEqual

            /// With both sides exchanged.
            var flipped: Sign {
                switch self {
                case .equal, .unequal: self
                case .less: .greater
                case .lessOrEqual: .greaterOrEqual
                case .greater: .less
                case .greaterOrEqual: .lessOrEqual
                }
            }
        }

        var left: MathValue
        var sign: Sign
        var right: MathValue
    }

    var expression: Expression? {
        if case .scalar(let expression) = self { expression } else { nil }
    }

    /// An interval as it is written; a pair in round brackets as an open one.
    var asInterval: Interval? {
        switch self {
        case .interval(let interval): return interval
        case .tuple(let members):
            guard members.count == 2, let low = members[0].expression, let high = members[1].expression else {
                return nil
            }
            return Interval(low: low, high: high, includesLow: false, includesHigh: false)
        default: return nil
        }
    }
}
