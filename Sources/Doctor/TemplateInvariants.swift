import Tokenization

/// What the template marks as the assistant's, and is therefore learned, includes the token that ends a turn.
struct StopTokenIsLearned: Invariant {
    let tokenizer: Tokenizer
    let conversations: [[Message]]
    let stopTokens: Set<Int>

    let name = "stop token in the template's loss"
    let advice =
        "a model trained with this template would never stop; let the template write the end-of-turn token "
        + "after each answer, inside {% generation %} where it has such blocks"

    var obstacle: String? { tokenizer.templateObstacle }

    func measure() throws -> Deviation {
        let answers = conversations.map { $0.count { $0.role == "assistant" } }.reduce(0, +)
        let ended = try conversations.map { conversation in
            let marked = try tokenizer.encodeMarkingAssistant(conversation)
            return endedTurns(marked.ids, marked.isAssistant)
        }.reduce(0, +)
        return Deviation(abs(answers - ended), of: answers, "answers without a learned end")
    }

    /// Stretches of the assistant's tokens with a stop token as their last.
    private func endedTurns(_ ids: [Int], _ isAssistant: [Bool]) -> Int {
        ids.indices.count { index in
            let isLast = index + 1 == ids.count || !isAssistant[index + 1]
            return isAssistant[index] && isLast && stopTokens.contains(ids[index])
        }
    }
}

/// A longer conversation begins with the text of the shorter one, up to and including the header of the next answer.
struct TemplatePreservesPrefixes: Invariant {
    let tokenizer: Tokenizer
    let conversations: [[Message]]

    let name = "template prefix-preserving"
    let advice =
        "what a model is asked and what it was trained on would differ, and answers could not be told apart "
        + "from prompts; use a template that never rewrites earlier messages"

    var obstacle: String? { tokenizer.templateObstacle }

    func measure() throws -> Deviation {
        var (broken, answers) = (0, 0)
        for conversation in conversations {
            let whole = try tokenizer.render(conversation, addGenerationPrompt: false)
            for index in conversation.indices where conversation[index].role == "assistant" {
                let before = try tokenizer.render(
                    Array(conversation[..<index]), addGenerationPrompt: true)
                let through = try tokenizer.render(
                    Array(conversation[...index]), addGenerationPrompt: false)
                answers += 1
                if !whole.utf8.starts(with: through.utf8) || !through.utf8.starts(with: before.utf8) {
                    broken += 1
                }
            }
        }
        return Deviation(broken, of: answers, "answers that do not continue their prompt")
    }
}

extension Tokenizer {
    fileprivate var templateObstacle: String? { chatTemplate == nil ? "no chat template" : nil }
}
