/// How an answer is laid out around its value: what one verifier asks for, another does not read.
public struct AnswerForm: Hashable, Sendable {
    /// As reports name it.
    public let name: String
    /// An answer whose value is `@`.
    private let text: String
    /// The same with a denial in front of the value.
    private let denial: String

    private init(_ name: String, _ text: String, denial: String) {
        (self.name, self.text, self.denial) = (name, text, denial)
    }

    /// A whole answer with a value.
    func answer(_ value: String) -> String { text.replacing("@", with: value) }

    /// The answer that says the value is not the one.
    func denial(of value: String) -> String { denial.replacing("@", with: value) }

    static let sentence = AnswerForm("sentence", "The answer is @.", denial: "The answer is not @.")

    /// From the plainest on, which is preferred where several do.
    static let all = [
        sentence, AnswerForm("bare", "@", denial: "not @"),
        AnswerForm("boxed", #"The answer is \boxed{@}."#, denial: #"The answer is not \boxed{@}."#),
        AnswerForm("hashes", "\(working)\n#### @", denial: "\(working) But it is not\n#### @"),
        AnswerForm(
            "tags", "\(thought)<answer>@</answer>", denial: "\(thought)<answer>It is not @.</answer>"),
        AnswerForm(
            "boxed in tags", "\(thought)<answer>\\boxed{@}</answer>",
            denial: "\(thought)<answer>It is not \\boxed{@}.</answer>"),
        AnswerForm("JSON", #"{"answer": "@"}"#, denial: #"{"answer": "not @"}"#),
        AnswerForm("JSON number", #"{"answer": @}"#, denial: #"{"not the answer": @}"#),
    ]

    private static let working = "That can be worked out."
    private static let thought = "<think>\n\(working)\n</think>\n"

    /// The marks of all forms, and nothing in them.
    static let marksOfAll = "<think>\n\n</think>\n<answer></answer>\n\\boxed{}\n####\n{\"answer\": \"\"}"
}
