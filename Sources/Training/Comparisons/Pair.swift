import Torch

/// The same thing of both sides of a comparison.
public struct Pair<Value> {
    public let chosen: Value
    public let rejected: Value

    public init(chosen: Value, rejected: Value) {
        self.chosen = chosen
        self.rejected = rejected
    }

    public func map<Result>(_ transform: (Value) -> Result) -> Pair<Result> {
        Pair<Result>(chosen: transform(chosen), rejected: transform(rejected))
    }

    /// As if the other one had been chosen.
    public var swapped: Pair { Pair(chosen: rejected, rejected: chosen) }
}

extension Pair where Value == Tensor {
    public static func - (a: Pair, b: Pair) -> Pair {
        Pair(chosen: a.chosen - b.chosen, rejected: a.rejected - b.rejected)
    }

    public static func / (a: Pair, b: Pair) -> Pair {
        Pair(chosen: a.chosen / b.chosen, rejected: a.rejected / b.rejected)
    }

    public static func * (a: Pair, factor: Double) -> Pair { a.map { $0 * factor } }

    /// Chosen minus rejected.
    public var margin: Tensor { chosen - rejected }
}
