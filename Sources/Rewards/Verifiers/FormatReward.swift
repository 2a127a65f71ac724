/// Whether an answer has the form that was asked for: 1 or 0, whatever it says. With `weight=0` it is
/// reported beside correctness without being learned.
///
/// What it measures: each part once, in order, neither empty, nothing around them. What it misses: whether
/// the thoughts are any. How it can be gamed: by form alone, which is why it should weigh little beside a
/// verifier of the content.
struct FormatReward: Verifier {
    enum Style: String, CaseIterable, Sendable {
        /// `<think>…</think><answer>…</answer>`
        case thinkAnswer = "think-answer"
        /// `<think>…</think>` and an answer behind it.
        case think
        /// `<answer>…</answer>`, whatever stands before it.
        case answer
        /// One `\boxed{…}`.
        case boxed
        /// `#### N` as the last line.
        case gsm8k
    }

    let name = "format"
    let style: Style

    init(style: Style = .thinkAnswer) { self.style = style }

    var description: String {
        "A program that checks the form of answers (\(style.rawValue)). It does not know whether they are right."
    }

    func score(_ input: RewardInput) -> Double? { hasForm(input.text) ? 1 : 0 }

    private func hasForm(_ text: String) -> Bool {
        switch style {
        case .thinkAnswer:
            guard let think = block("think", in: text), let answer = block("answer", in: text) else {
                return false
            }
            return think.before.isBlank && !think.content.isBlank
                && answer.start >= think.end
                && text[think.end..<answer.start].isBlank && answer.after.isBlank && !answer.content.isBlank
        case .think:
            guard let think = block("think", in: text) else { return false }
            return think.before.isBlank && !think.content.isBlank && !think.after.isBlank
        case .answer:
            guard let answer = block("answer", in: text) else { return false }
            return answer.after.isBlank && !answer.content.isBlank
        case .boxed:
            let boxes = FormulaText(AnswerText.withoutThoughts(text)).boxes()
            return boxes.count == 1 && boxes[0].content.map { !$0[...].isBlank } == true
        case .gsm8k:
            let marks = text.ranges(of: GSM8KReward.mark)
            guard marks.count == 1 else { return false }
            let rest = text[marks[0].upperBound...].trimmed
            return !rest.contains(where: \.isNewline) && AnswerFinder.value(in: rest)?.number != nil
        }
    }

    private struct Block {
        let text: String
        let start: String.Index
        let end: String.Index
        let content: Substring
        var before: Substring { text[..<start] }
        var after: Substring { text[end...] }
    }

    /// The only part in these tags; nil where there is none, or more than one of either tag.
    private func block(_ tag: String, in text: String) -> Block? {
        let (openings, closings) = (text.ranges(of: "<\(tag)>"), text.ranges(of: "</\(tag)>"))
        guard openings.count == 1, closings.count == 1, openings[0].upperBound <= closings[0].lowerBound
        else {
            return nil
        }
        return Block(
            text: text, start: openings[0].lowerBound, end: closings[0].upperBound,
            content: text[openings[0].upperBound..<closings[0].lowerBound])
    }
}

extension Substring {
    fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
