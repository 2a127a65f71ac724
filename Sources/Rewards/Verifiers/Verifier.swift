import Datasets
import JSON

/// A reward that checks answers by rule, one at a time, often against a truth in the prompt's row, which it reads before the
/// answer.
protocol Verifier: Reward {
    /// The columns that it compares answers with; without a truth in one of them no answer has a score.
    var truths: [TruthColumn] { get }
    /// 1 for what is right, 0 for what is wrong; nil where the truth itself cannot be read. There is one in every column of
    /// ``truths``.
    func score(_ input: RewardInput) throws -> Double?
}

extension Verifier {
    var truths: [TruthColumn] { [] }

    func scores(of inputs: [RewardInput]) throws -> [Double?] { try inputs.map(scoreWhereKnown) }
    func canScore(answersTo question: RewardInput) throws -> Bool { try scoreWhereKnown(question) != nil }

    func obstacle(to input: RewardInput) -> String {
        unknownTruth(in: input) ?? "expected an answer that '\(name)' can score"
    }

    /// Why no answer to the row's prompt has a score; nil where its truths are known.
    func unknownTruth(in input: RewardInput) -> String? {
        truths.first { $0.isNull(in: input) }?.obstacle(to: input, expected: "a truth")
    }

    private func scoreWhereKnown(_ input: RewardInput) throws -> Double? {
        try unknownTruth(in: input) == nil ? score(input) : nil
    }
}

/// The column of a prompt's row that a verifier compares answers with.
struct TruthColumn: Hashable, Sendable {
    /// The option that names it.
    static let option = "column"
    static let standard = "answer"

    let name: String
    /// Who reads it and by which option another can be named, for messages.
    let reader: String
    let option: String

    init(_ name: String = standard, reader: String, option: String = option) {
        self.name = name
        self.reader = reader
        self.option = option
    }

    /// Whether the row has the column and says in it that its truth is not known.
    func isNull(in input: RewardInput) -> Bool { input.columns[name]?.isNull ?? false }

    /// - Throws: ``RewardError/missingColumn(_:reader:option:input:)`` where the row has none.
    func value(in input: RewardInput) throws -> JSONValue {
        guard let value = input.columns[name] else {
            throw RewardError.missingColumn(name, reader: reader, option: option, input: input)
        }
        return value
    }

    /// A text, or a number as it is written.
    ///
    /// - Throws: `RewardError` for a missing column, and for a list or an object.
    func text(in input: RewardInput) throws -> String {
        switch try value(in: input) {
        case .string(let text): return text
        case let value where value.array == nil && value.object == nil: return value.description
        case let value: throw unfit(value, expected: "text or a number", in: input)
        }
    }

    /// A whole number, which may be written as text.
    func integer(in input: RewardInput) throws -> Int {
        let value = try value(in: input)
        guard let integer = value.integer ?? value.string.flatMap({ Int($0.trimmed) }) else {
            throw unfit(value, expected: "a whole number", in: input)
        }
        return integer
    }

    func integers(in input: RewardInput) throws -> [Int] {
        let value = try value(in: input)
        guard let list = value.array, case let integers = list.compactMap(\.integer),
            integers.count == list.count, !list.isEmpty
        else { throw unfit(value, expected: "a list of whole numbers", in: input) }
        return integers
    }

    func unfit(_ value: JSONValue, expected: String, in input: RewardInput) -> RewardError {
        .unfitColumn(name, reader: reader, expected: expected, found: value.kindDescription, input: input)
    }

    /// Why an answer has no score although the column is there.
    func obstacle(to input: RewardInput, expected: String) -> String {
        "expected \(expected) in the column \"\(name)\""
            + (input.columns[name].map { ", found '\($0.description.prefix(60))'" } ?? "")
    }
}
