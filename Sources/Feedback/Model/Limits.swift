import Foundation

/// What numbers from outside may be, wherever they come in: a form, a request, a file. What a store holds already is
/// brought within the same limits when it is read, so that nothing behind them meets a number that it cannot work with.
public enum Limits {
    /// How long a judgment took.
    public static let seconds = 0.0...31_622_400.0
    /// When something happened, in seconds since 1970: the years 1 to 9999.
    public static let moments = -62_135_596_800.0...253_402_300_799.0
    /// Marks. A project's lie within 100 of each other.
    public static let marks = -1_000_000...1_000_000
    /// Counts of people and answers.
    public static let counts = 1...1_000_000
    /// How long an item is kept for a person, in seconds.
    public static let lease = 1...31_622_400
    /// How long an invitation works, in days.
    public static let invitation = 0.01...365.0
    /// How many answers an item shows: as many as there are letters.
    public static let answers = 1...26

    /// The nearest value within a range; its lower end for what is no number.
    static func brought<Value: Comparable>(_ value: Value, within range: ClosedRange<Value>) -> Value {
        value >= range.lowerBound ? min(value, range.upperBound) : range.lowerBound
    }
}
