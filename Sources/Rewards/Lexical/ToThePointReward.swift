import Datasets

/// Prefers answers that take up what was asked and add something to it.
///
///     score = min(1, taken / min(2, asked)) − copied
///
/// `asked` are the content words of the last message (see ``contentWords(of:)``), `taken` those of them that the answer
/// uses, `copied` the share of its four-word runs that stand in the question as they are. An answer with fewer than two
/// content words of its own takes up nothing: who is asked for a colour and says "Colour!" has not answered. A message
/// without content words, such as "What do you do?", asks for nothing in particular, and its answers are not scored.
public struct ToThePointReward: Reward, Sendable {
    private static let runLength = 4
    private static let fewestOwnWords = 2

    public let name = "to-the-point"

    public init() {}

    public var description: String {
        "A program that stands in for people. It likes answers that use the words of what was asked and add words of "
            + "their own (English words, by their stems), and marks down copying. It does not know whether an answer "
            + "is true."
    }

    public func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map(score) }

    public func obstacle(to input: RewardInput) -> String { "expected a question with content words" }

    private func score(_ input: RewardInput) -> Double? {
        let question = words(in: input.prompt.lastText)
        let answer = words(in: input.text)
        let asked = Set(contentWords(of: question))
        guard !asked.isEmpty else { return nil }
        let said = Set(contentWords(of: answer))
        let addsSomething = said.subtracting(asked).count >= Self.fewestOwnWords
        let taken = Double(said.intersection(asked).count) / Double(min(2, asked.count))
        return (addsSomething ? min(1, taken) : 0) - copiedShare(of: answer, from: question)
    }

    private func copiedShare(of answer: [String], from question: [String]) -> Double {
        let runs = answer.runs(of: Self.runLength)
        let known = Set(question.runs(of: Self.runLength))
        return runs.isEmpty ? 0 : Double(runs.count(where: known.contains)) / Double(runs.count)
    }
}
