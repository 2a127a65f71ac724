import Datasets
import JSON
import Tokenization

/// A question that a reward is audited on, with what is known of good answers to it.
public struct LintRow: Sendable {
    public let prompt: Text
    /// What a reward sees of its row.
    public let columns: JSONObject
    public let truth: LintTruth?
    /// Honest answers to it, of whatever quality.
    public let responses: [String]
    public let place: Place?

    public init(
        prompt: Text, columns: JSONObject = [:], truth: String? = nil, responses: [String] = [],
        place: Place? = nil
    ) {
        self.prompt = prompt
        self.columns = columns
        self.truth = truth.map(LintTruth.init)
        self.responses = responses
        self.place = place
    }

    /// The truth that a column holds: text, a number, the first of a list, and of GSM8K's solutions what stands behind
    /// `####`.
    public static func truth(in columns: JSONObject, column: String) -> String? {
        switch columns[column] {
        case .string(let text)?:
            let value = text.split(separator: "####", omittingEmptySubsequences: false).last ?? ""
            return value.isEmpty ? nil : String(value)
        case .integer(let number)?: return "\(number)"
        case .number(let number)?: return "\(number)"
        case .array(let list)?:
            return list.first.flatMap { truth(in: [column: $0], column: column) }
        default: return nil
        }
    }

    func input(_ text: String, isFinished: Bool = true) -> RewardInput {
        RewardInput(prompt: prompt, text: text, isFinished: isFinished, columns: columns, place: place)
    }
}

extension LintRow {
    /// Questions of our own, for rewards that are audited without data. Their truth is in the column `answer`.
    /// - Parameter asMessages: whether they are a user's messages rather than plain text.
    public static func standard(asMessages: Bool) -> [LintRow] {
        guard asMessages else { return standard }
        return standard.map { row in
            LintRow(
                prompt: .messages([Message(role: "user", content: row.prompt.question)]),
                columns: row.columns,
                truth: row.truth?.text, responses: row.responses)
        }
    }

    static let standard: [LintRow] = [
        row(
            "What is 17 + 25?", "42", "Seventeen and twenty are thirty-seven, and five more make it complete."
        ),
        row(
            "How many minutes are in three and a half hours?", "210",
            "An hour has sixty minutes, so three and a half of them are added up."),
        row(
            "Ann has 9 apples and gives 15 away on credit. How many does she have now?", "-6",
            "She gives more than she has, so she owes the rest."),
        row(
            "A town of 1200 people grows by 34. How many people live there?", "1234",
            "The newcomers are simply added to those who were there."),
        row(
            "What is 7 divided by 2, as a decimal?", "3.5",
            "Two goes into seven three times, and a half is left over."),
        row(
            "What is 1 divided by 8, as a decimal?", "0.125", "Halving three times in a row gives an eighth."),
        row("What is 8 times 8?", "64", "Eight eights are found by doubling eight three times."),
        row(
            "How many legs do 13 spiders have?", "104",
            "Each of them has eight, so that thirteen times eight are counted."),
        row(
            "A train goes 60 km an hour. How far does it go in 12 minutes?", "12 km",
            "Twelve minutes are a fifth of an hour, and so is the way."),
        row(
            "What is the capital of Portugal?", "Lisbon", "It lies where the river Tagus meets the Atlantic."),
        row(
            "Which planet is the largest in our solar system?", "Jupiter",
            "It is a giant of gas, with a great red spot."),
        row(
            "Which gas do plants take from the air?", "carbon dioxide",
            "They build sugar from it with the help of light."),
    ]

    private static func row(_ question: String, _ answer: String, _ working: String) -> LintRow {
        let honest = [
            "\(working) Step by step this leads to one result, which is easy to check again. The answer is \(answer).",
            "\(working) I thought about it for a moment and looked at it from two sides. I would say \(answer).",
        ]
        return LintRow(
            prompt: .plain(question), columns: ["answer": .string(answer), Harmfulness.column: false],
            truth: answer, responses: honest)
    }
}
