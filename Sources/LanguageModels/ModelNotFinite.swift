import Errors

/// A model computed a number that is none, or infinite: nothing that follows from it may count as a result.
public struct ModelNotFinite: CategorizedError, Equatable, CustomStringConvertible {
    /// The folders that the model was loaded from.
    public let model: String
    /// What was computed, such as `a log-probability`.
    public let quantity: String
    public let value: Double
    /// Which of the texts that the model was given it was met in, counted from 0.
    public let index: Int
    /// That text as the user knows it, such as a row of a file.
    public var place: String?

    public init(model: String, quantity: String, value: Double, index: Int) {
        self.model = model
        self.quantity = quantity
        self.value = value
        self.index = index
    }

    public var category: ErrorCategory { .badData }

    public var description: String {
        "\(place ?? "text \(index + 1)"): expected finite numbers of the model \(model), found \(quantity) of "
            + "\(value.isNaN ? "nan" : "\(value)"); its weights are damaged, or overflow in this precision: "
            + "fetch or train it again, or use --precision fp32"
    }

    /// What `body` gives; its error names the text by `name`.
    public static func naming<Result>(
        _ name: (_ index: Int) -> String, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch var error as ModelNotFinite {
            error.place = error.place ?? name(error.index)
            throw error
        }
    }
}

extension TokenLikelihoods {
    /// The log-probabilities of each sequence's counted tokens.
    ///
    /// - Throws: `ModelNotFinite` with the number of the sequence.
    public func finiteLogProbabilities() throws -> [[Double]] {
        var remaining = logProbabilities.doubles()[...]
        return try countsPerSequence.enumerated().map { sequence, count in
            defer { remaining = remaining.dropFirst(count) }
            let own = Array(remaining.prefix(count))
            if let value = own.first(where: { !$0.isFinite }) {
                throw ModelNotFinite(
                    model: model, quantity: "a log-probability", value: value, index: sequence)
            }
            return own
        }
    }
}
