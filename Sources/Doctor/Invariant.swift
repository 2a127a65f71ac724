import Statistics

/// Something that must hold whatever the model, so that its numbers mean what they seem to; measured on a given model.
///
/// What is examined is given to each invariant when it is made: two ways to the same numbers, a template, a way to save.
/// `ExaminedModel` gives the ones that training and sampling use.
protocol Invariant {
    /// What must hold, in a few words.
    var name: String { get }
    /// What goes wrong where it does not, and what to do.
    var advice: String { get }
    /// Why it cannot be measured here; nil where it can.
    var obstacle: String? { get }
    /// How far it is from holding.
    func measure() throws -> Deviation
}

extension Invariant {
    var obstacle: String? { nil }
}

/// How far an invariant is from holding, and how far it may be.
public struct Deviation: Equatable, Sendable {
    /// 0 where it holds exactly; a number that is not finite is beyond every limit.
    public let value: Double
    /// What it is a number of: `nats a token`, `of 8 rows`.
    public let unit: String
    public let limit: Double
    /// What is worth knowing where the invariant holds.
    public let note: String?

    public init(_ value: Double, unit: String, limit: Double, note: String? = nil) {
        self.value = value
        self.unit = unit
        self.limit = limit
        self.note = note
    }

    /// Things that are not as they should be, none of which may be.
    public init(_ count: Int, of total: Int, _ things: String, note: String? = nil) {
        self.init(Double(count), unit: "of \(total) \(things)", limit: 0, note: note)
    }

    public var isWithinLimit: Bool { value <= limit }
}

extension Deviation {
    /// The root mean square of the differences between two lists of log-probabilities of the same tokens.
    init(between first: [[Double]], and second: [[Double]], limit: Double) {
        let pairs = zip(first.joined(), second.joined())
        let squares = pairs.map { ($0 - $1) * ($0 - $1) }
        let isComplete = first.map(\.count) == second.map(\.count) && !squares.isEmpty
        self.init(
            isComplete ? Moments(squares).mean.squareRoot() : .infinity,
            unit: "nats a token", limit: limit)
    }
}
