import JSON
import Tokenization

/// Alpaca: `{"instruction", "input", "output"}`, with `history`, earlier pairs of question and answer, in some sets. An instruction and its input are one message, a line apart. With `chosen` and `rejected` in place of the output a
/// row is a comparison; with `kto_tag` its output is judged.
enum Alpaca: PublicFormat {
    static func recognizes(_ columns: JSONObject) -> Bool {
        let has = { (name: String) in columns[name]?.string != nil }
        return has("instruction") && (has("output") || has("chosen") && has("rejected"))
    }

    static func read(_ fields: inout RowFields) throws -> PublicRow {
        let prompt = Text.messages(try self.prompt(&fields))
        if fields.contains("chosen"), fields.contains("rejected") {
            return .comparison(
                prompt: prompt, chosen: answer(try fields.string("chosen")),
                rejected: answer(try fields.string("rejected")))
        }
        let completion = answer(try fields.string("output"))
        guard fields.contains("kto_tag") else {
            return .demonstration(prompt: prompt, completion: completion)
        }
        return .labelled(prompt: prompt, completion: completion, isGood: try fields.boolean("kto_tag"))
    }

    private static func prompt(_ fields: inout RowFields) throws -> [Message] {
        var messages: [Message] = []
        for turn in fields.contains("history") ? try fields.values("history") : [] {
            let texts = turn.array?.compactMap(\.string) ?? []
            guard texts.count == 2 else {
                throw fields.invalid(
                    "history", expected: "pairs of question and answer", found: turn.kindDescription)
            }
            messages += [
                Message(role: "user", content: texts[0]), Message(role: "assistant", content: texts[1]),
            ]
        }
        let instruction = try fields.string("instruction")
        let input = try fields.optionalString("input") ?? ""
        let lines = [instruction, input].filter { !$0.isEmpty }
        guard !lines.isEmpty else {
            throw fields.invalid("instruction", expected: "an instruction", found: "an empty one")
        }
        return messages + [Message(role: "user", content: lines.joined(separator: "\n"))]
    }

    private static func answer(_ text: String) -> Text {
        .messages([Message(role: "assistant", content: text)])
    }
}
