/// Which numbers a setting may have. Every section states those of its own keys in ``ConfigurationSection/ranges``; a number
/// of which nothing is stated may have any sign.
///
/// No setting is larger than ``limit`` unless its range says so: what is computed of three counts still fits into a word,
/// and what is computed in float32 stays finite.
public struct SettingRange: Sendable, Equatable {
    private enum Bound: Equatable {
        case including(Double)
        case excluding(Double)
    }

    private let lowest: Bound?
    private let highest: Bound

    /// The largest number of a setting.
    public static let limit = 1e9
    /// The largest of counts that are multiplied with one another, such as the rows of a batch.
    private static let largestCount = 1e6

    /// Any number up to the limit.
    public static let any = SettingRange(lowest: .including(-limit), highest: .including(limit))
    /// Any 64-bit number.
    public static let word = SettingRange(lowest: nil, highest: .including(.greatestFiniteMagnitude))
    /// Things of which there is at least one, and which are counted for one step.
    public static let count = SettingRange(lowest: .including(1), highest: .including(largestCount))
    /// A share of a whole.
    public static let share = SettingRange.within(0...1)

    /// How often judgments are wrong: from one half on they would say the opposite.
    public static let errorRate = SettingRange.within(0..<0.5)

    public static func atLeast(_ bound: Double) -> Self {
        SettingRange(lowest: .including(bound), highest: .including(limit))
    }

    public static func above(_ bound: Double) -> Self {
        SettingRange(lowest: .excluding(bound), highest: .including(limit))
    }

    public static func within(_ range: ClosedRange<Double>) -> Self {
        SettingRange(lowest: .including(range.lowerBound), highest: .including(range.upperBound))
    }

    public static func within(_ range: Range<Double>) -> Self {
        SettingRange(lowest: .including(range.lowerBound), highest: .excluding(range.upperBound))
    }

    /// Above the one and up to the other.
    public static func above(_ bound: Double, upTo highest: Double) -> Self {
        SettingRange(lowest: .excluding(bound), highest: .including(highest))
    }

    public static func between(_ bound: Double, _ highest: Double) -> Self {
        SettingRange(lowest: .excluding(bound), highest: .excluding(highest))
    }

    func contains(_ number: Double) -> Bool {
        guard number.isFinite else { return false }
        let isHighEnough =
            switch lowest {
            case .including(let bound): number >= bound
            case .excluding(let bound): number > bound
            case nil: true
            }
        return switch highest {
        case .including(let bound): isHighEnough && number <= bound
        case .excluding(let bound): isHighEnough && number < bound
        }
    }

    /// What was expected in place of `number`, in words. The limit of all settings is named only where it was passed.
    func expectation(for number: Double, isWhole: Bool) -> String {
        let noun = isWhole ? "" : "a number "
        let passesLimit = number > Self.limit || number < -Self.limit
        switch (lowest, highest) {
        case (.including(-Self.limit), _) where !passesLimit: return isWhole ? "a whole number" : "a number"
        case (.including(let bound), .including(Self.limit)) where !passesLimit,
            (.including(let bound), .including(Self.largestCount)) where number < bound:
            return noun + (isWhole ? "at least \(bound.plain)" : "of at least \(bound.plain)")
        case (.excluding(let bound), .including(Self.limit)) where !passesLimit:
            return noun + "above \(bound.plain)"
        case (.including(let bound), .including(let highest)):
            return noun + "from \(bound.plain) to \(highest.plain)"
        case (.including(let bound), .excluding(let highest)):
            return noun + "from \(bound.plain) to below \(highest.plain)"
        case (.excluding(let bound), .including(let highest)):
            return noun + "above \(bound.plain) and at most \(highest.plain)"
        case (.excluding(let bound), .excluding(let highest)):
            return noun + "above \(bound.plain) and below \(highest.plain)"
        case (nil, _): return isWhole ? "a whole number" : "a number"
        }
    }
}

extension Double {
    /// Without a fraction that is none: `1000000000`, `0.5`.
    fileprivate var plain: String { Int(exactly: self).map(String.init) ?? "\(self)" }
}

/// A value of a setting that holds numbers.
public protocol NumericSetting {
    var numbers: [Double] { get }
    /// Whether fractions make no sense.
    static var isWhole: Bool { get }
}

extension Int: NumericSetting {
    public var numbers: [Double] { [Double(self)] }
    public static var isWhole: Bool { true }
}

extension Double: NumericSetting {
    public var numbers: [Double] { [self] }
    public static var isWhole: Bool { false }
}

extension Array: NumericSetting where Element: NumericSetting {
    public var numbers: [Double] { flatMap(\.numbers) }
    public static var isWhole: Bool { Element.isWhole }
}
