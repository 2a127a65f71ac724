import RandomNumbers

/// Whether an answer says the same as the truth. Not symmetric: the truth decides what form is asked for.
///
/// - Numbers are equal exactly; a decimal or a percentage that is compared with a fraction, a root or another
///   decimal, at ``decimals`` digits after the point. Percentages are equal to the number of hundredths and
///   to what they are worth.
/// - Terms with symbols are equal where they are at several points, exactly if they are rational (Schwartz,
///   1980).
/// - An equation with a symbol on its left, such as `x = 5`, is its right side where no equation is compared
///   with it. An inequality as truth is the interval that it means; the other way round is refused, as is an
///   open interval for a closed one.
/// - Sets have no order; a list for a tuple must have the tuple's.
struct MathEquivalence {
    static let decimals = 6
    /// Longer lists are not compared: the work grows with their square.
    private static let maximumCount = 200

    /// - Parameter gold: the truth.
    static func isEqual(_ gold: MathValue, _ answer: MathValue) -> Bool {
        if gold == answer { return true }
        let (gold, answer) = unwrapped(gold, answer)
        switch (gold, answer) {
        case (.scalar(let gold), .scalar(let answer)): return isEqual(gold, answer)
        case (.text(let gold), .text(let answer)): return gold == answer
        case (.text(let text), .scalar(let term)), (.scalar(let term), .text(let text)):
            return term == .symbol(text)
        case (.relations(let gold), .relations(let answer)): return isEqual(gold, answer)
        case (.relations(let gold), _):
            return interval(of: gold).map { isEqual(.interval($0), answer) } ?? false
        case (.interval(let gold), _): return answer.asInterval.map { isEqual(gold, $0) } ?? false
        case (.union(let gold), .union(let answer)): return isEqualUnordered(gold, answer, intervals: true)
        case (.matrix(let gold), .matrix(let answer)):
            return gold.count == answer.count && zip(gold, answer).allSatisfy { isEqualInOrder($0, $1) }
        case (.tuple(let gold), .tuple(let answer)): return isEqualInOrder(gold, answer)
        // A list without brackets says nothing of order, but the truth does.
        case (.tuple(let gold), .set(let answer)): return isEqualInOrder(gold, answer)
        case (.set(let gold), .tuple(let answer)): return isEqualUnordered(gold, answer)
        case (.set(let gold), .set(let answer)): return isEqualUnordered(gold, answer)
        case (.set(let members), _): return members.count == 1 && isEqual(members[0], answer)
        case (_, .set(let members)): return members.count == 1 && isEqual(gold, members[0])
        default: return false
        }
    }

    // MARK: Relations

    /// Both without the equation that only names what they are worth.
    private static func unwrapped(_ gold: MathValue, _ answer: MathValue) -> (MathValue, MathValue) {
        if let value = answer.lastSide, gold.lastSide == nil { return (gold, value) }
        if let value = gold.assigned, answer.lastSide == nil { return (value, answer) }
        return (gold.withoutSteps, answer.withoutSteps)
    }

    private static func isEqual(_ gold: [MathValue.Relation], _ answer: [MathValue.Relation]) -> Bool {
        guard gold.count == answer.count, gold.count <= maximumCount else { return false }
        return isMatched(gold, answer) { isEqual($0, $1) }
    }

    private static func isEqual(_ gold: MathValue.Relation, _ answer: MathValue.Relation) -> Bool {
        if gold.sign == answer.sign, isEqual(gold.left, answer.left), isEqual(gold.right, answer.right) {
            return true
        }
        if gold.sign == answer.sign.flipped, isEqual(gold.left, answer.right),
            isEqual(gold.right, answer.left)
        {
            return true
        }
        guard let first = gold.difference, let second = answer.difference else { return false }
        switch ratio(first, second) {
        case .some(1): return gold.sign == answer.sign
        case .some(-1): return gold.sign == answer.sign.flipped
        default: return false
        }
    }

    /// The sign of the constant that `first` is `second` times; nil where it is none.
    private static func ratio(_ first: Expression, _ second: Expression) -> Int? {
        var ratio: Quantity?
        for point in Self.points(for: first.symbols.union(second.symbols)) {
            guard let above = first.value(point), let below = second.value(point), !below.isZero,
                let quotient = above / below
            else { continue }
            if let ratio, !ratio.isEqual(to: quotient) { return nil }
            ratio = quotient
        }
        guard let ratio, !ratio.isZero else { return nil }
        return ratio.double < 0 ? -1 : 1
    }

    /// What `2 ≤ x < 5` or `x > 2` leaves for its symbol.
    private static func interval(of relations: [MathValue.Relation]) -> MathValue.Interval? {
        var interval = MathValue.Interval(
            low: .negated(.infinity), high: .infinity, includesLow: false, includesHigh: false)
        for relation in relations {
            guard let left = relation.left.expression, let right = relation.right.expression else {
                return nil
            }
            let isLeft = left.isSymbol
            guard isLeft != right.isSymbol else { return nil }
            let (bound, sign) = isLeft ? (right, relation.sign) : (left, relation.sign.flipped)
            switch sign {
            case .greater, .greaterOrEqual:
                (interval.low, interval.includesLow) = (bound, sign == .greaterOrEqual)
            case .less, .lessOrEqual:
                (interval.high, interval.includesHigh) = (bound, sign == .lessOrEqual)
            case .equal, .unequal: return nil
            }
        }
        return interval
    }

    // MARK: Several

    private static func isEqual(_ gold: MathValue.Interval, _ answer: MathValue.Interval) -> Bool {
        gold.includesLow == answer.includesLow && gold.includesHigh == answer.includesHigh
            && isEqual(gold.low, answer.low) && isEqual(gold.high, answer.high)
    }

    private static func isEqualInOrder(_ gold: [MathValue], _ answer: [MathValue]) -> Bool {
        gold.count == answer.count && gold.count <= maximumCount
            && zip(gold, answer).allSatisfy { isEqual($0, $1) }
    }

    /// - Parameter intervals: whether pairs in round brackets are open intervals.
    private static func isEqualUnordered(
        _ gold: [MathValue], _ answer: [MathValue], intervals: Bool = false
    ) -> Bool {
        guard gold.count <= maximumCount, answer.count <= maximumCount else { return false }
        func equal(_ gold: MathValue, _ answer: MathValue) -> Bool {
            guard intervals, let gold = gold.asInterval, let answer = answer.asInterval else {
                return isEqual(gold, answer)
            }
            return isEqual(gold, answer)
        }
        let (gold, answer) = (unique(gold), unique(answer))
        return gold.count == answer.count && isMatched(gold, answer, by: equal)
    }

    private static func unique(_ members: [MathValue]) -> [MathValue] {
        members.reduce(into: []) { unique, member in
            if !unique.contains(where: { isEqual($0, member) }) { unique.append(member) }
        }
    }

    /// Whether each has a partner of its own on the other side.
    private static func isMatched<Element>(
        _ gold: [Element], _ answer: [Element], by isEqual: (Element, Element) -> Bool
    ) -> Bool {
        var rest = answer
        return gold.allSatisfy { member in
            guard let partner = rest.firstIndex(where: { isEqual(member, $0) }) else { return false }
            rest.remove(at: partner)
            return true
        }
    }

    // MARK: Terms

    static func isEqual(_ gold: Expression, _ answer: Expression) -> Bool {
        if gold == answer { return true }
        switch (gold, answer) {
        case (.percent(let gold), .percent(let answer)): return isEqual(gold, answer)
        case (.percent(let hundredths), let other), (let other, .percent(let hundredths)):
            return isEqualPlainly(hundredths, other, isRounded: true)
                || isEqualPlainly(.percent(hundredths), other, isRounded: true)
        default: return isEqualPlainly(gold, answer, isRounded: gold.isRounded || answer.isRounded)
        }
    }

    private static func isEqualPlainly(_ gold: Expression, _ answer: Expression, isRounded: Bool) -> Bool {
        let symbols = gold.symbols.union(answer.symbols)
        guard symbols.isEmpty else { return isIdentical(gold, answer, symbols) }
        guard let first = gold.value(), let second = answer.value() else { return false }
        // A whole number was not rounded: what is near it is another number.
        let isWhole = (!gold.isRounded && first.isWhole) || (!answer.isRounded && second.isWhole)
        return isRounded && !isWhole
            ? first.isEqual(to: second, roundedTo: decimals) : first.isEqual(to: second)
    }

    /// Whether two terms are equal wherever both have a value, of several points at least two.
    private static func isIdentical(
        _ gold: Expression, _ answer: Expression, _ symbols: Set<String>
    ) -> Bool {
        var compared = 0
        for point in points(for: symbols) {
            guard let first = gold.value(point), let second = answer.value(point) else { continue }
            guard first.isEqual(to: second) else { return false }
            compared += 1
        }
        return compared > 1
    }

    /// Values for symbols, always the same for the same name: below 1, above 1 and below 0.
    private static func points(for symbols: Set<String>) -> [[String: Rational]] {
        (0..<6).map { trial in
            Dictionary(
                uniqueKeysWithValues: symbols.map { name in
                    let hash = SplitMix64.mixed(StableHash("\(name) \(trial)".utf8).state)
                    let above = BigInteger(Int(hash % 9973) + 1)
                    let below = BigInteger(trial % 3 == 0 ? 10007 : 1009)
                    return (name, Rational(trial % 3 == 2 ? -above : above, over: below) ?? .zero)
                })
        }
    }
}

extension Quantity {
    fileprivate var isWhole: Bool { rational?.isInteger ?? false }
}

extension Expression {
    fileprivate var isSymbol: Bool {
        if case .symbol = self { true } else { false }
    }
}

extension MathValue {
    /// The last side of equations; nil for anything else.
    var lastSide: MathValue? {
        guard case .relations(let relations) = self, relations.allSatisfy({ $0.sign == .equal }) else {
            return nil
        }
        return relations.last?.right
    }

    /// What a symbol is said to be.
    fileprivate var assigned: MathValue? {
        guard case .relations(let relations) = self, relations.first?.left.expression?.isSymbol == true else {
            return nil
        }
        return lastSide
    }

    /// `x = 1 + 1 = 2` as `x = 2`.
    fileprivate var withoutSteps: MathValue {
        guard case .relations(let relations) = self, relations.count > 1, let assigned else { return self }
        return .relations([Relation(left: relations[0].left, sign: .equal, right: assigned)])
    }
}

extension MathValue.Relation {
    /// Left side less right side.
    fileprivate var difference: Expression? {
        guard let left = left.expression, let right = right.expression else { return nil }
        return .sum(left, .negated(right))
    }
}
