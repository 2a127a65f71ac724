import Alignment
import ArgumentParser
import Datasets
import Foundation
import Tokenization

/// Text to ids and back, line by line from standard input to standard output.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Turn text into token ids and back, and lay out chats.",
        discussion: """
            EXAMPLE:
              echo 'What is the capital of France?' |
                heed tokenizer encode --model smollm2-135m-instruct
            """,
        subcommands: [Encode.self, Decode.self, Template.self])
}

/// The model whose tokenizer is used.
struct TokenizerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String

    @OptionGroup var reporting: ReportingOptions

    func tokenizer() throws -> Tokenizer {
        try CatalogueStore().tokenizer(ofModel: model, progress: reporting.startFetching().update)
    }
}

extension TokenizerCommand {
    struct Encode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the token ids of each line, a JSON array a line.",
            discussion: """
                A line is a JSON string, which may hold line breaks, or else plain text. Special tokens in it are \
                recognised.

                EXAMPLE:
                  echo '"Hello\\nworld"' |
                    heed tokenizer encode --model smollm2-135m-instruct
                """)

        @OptionGroup var options: TokenizerOptions

        func run() throws {
            let tokenizer = try options.tokenizer()
            try forEachLine { line in
                let text = (try? JSONDecoder().decode(String.self, from: Data(line.text.utf8))) ?? line.text
                try printJSON(tokenizer.encode(text))
            }
        }
    }

    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the text of each line of token ids, a JSON string a line.",
            discussion: """
                EXAMPLE:
                  echo '[1, 4093, 198]' |
                    heed tokenizer decode --model smollm2-135m-instruct
                """)

        @OptionGroup var options: TokenizerOptions

        @Flag(help: "Leave special tokens out.")
        var skipSpecialTokens = false

        func run() throws {
            let tokenizer = try options.tokenizer()
            try forEachLine { line in
                guard let ids = try? JSONDecoder().decode([Int].self, from: Data(line.text.utf8)) else {
                    throw line.error(expected: "a JSON array of token ids, such as [1, 4093]")
                }
                if let unknown = ids.first(where: { tokenizer.token(of: $0) == nil }) {
                    throw line.error(
                        expected: "ids of the vocabulary, below \(tokenizer.vocabularySize)",
                        found: "\(unknown)")
                }
                try printJSON(tokenizer.decode(ids, skippingSpecialTokens: skipSpecialTokens))
            }
        }
    }

    struct Template: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write each conversation as the model's chat template lays it out, a JSON string a line.",
            discussion: """
                A line is a JSON array of messages, or an object with the key "messages". With --mask, the ids and, for \
                each, whether the assistant wrote it: {"ids":[…],"assistant_mask":[0,1,…]}.

                EXAMPLE:
                  echo '[{"role":"user","content":"Hi"}]' |
                    heed tokenizer template --model smollm2-135m-instruct
                """)

        @OptionGroup var options: TokenizerOptions

        @Flag(help: "End with what opens the assistant's next turn.")
        var generationPrompt = false

        @Flag(help: "Write the ids and which of them the assistant wrote.")
        var mask = false

        func validate() throws {
            if mask && generationPrompt {
                throw ValidationError(
                    "--mask is about what the assistant wrote: leave out --generation-prompt")
            }
        }

        private struct MaskedConversation: Encodable {
            let ids: [Int]
            /// 1: written by the assistant.
            let assistantMask: [Int]

            enum CodingKeys: String, CodingKey {
                case ids
                case assistantMask = "assistant_mask"
            }
        }

        func run() throws {
            let tokenizer = try options.tokenizer()
            try forEachLine { line in
                let messages = try line.messages()
                if mask {
                    let (ids, isAssistant) = try tokenizer.encodeMarkingAssistant(messages)
                    try printJSON(MaskedConversation(ids: ids, assistantMask: isAssistant.map { $0 ? 1 : 0 }))
                } else {
                    try printJSON(tokenizer.render(messages, addGenerationPrompt: generationPrompt))
                }
            }
        }
    }
}

/// A line of standard input.
private struct InputLine {
    let number: Int
    let text: String

    func error(expected: String, found: String? = nil) -> DataError {
        let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return DataError(
            file: "standard input", line: number, expected: expected, found: found ?? "'\(shown)'",
            remedy: "correct the line")
    }

    func messages() throws -> [Message] {
        struct Row: Decodable { let messages: [Message] }
        let data = Data(text.utf8)
        if let messages = try? JSONDecoder().decode([Message].self, from: data) { return messages }
        guard let row = try? JSONDecoder().decode(Row.self, from: data) else {
            throw error(expected: #"messages, such as [{"role":"user","content":"Hi"}]"#)
        }
        return row.messages
    }
}

/// Calls `body` for every line of standard input that is not blank.
private func forEachLine(_ body: (InputLine) throws -> Void) throws {
    var number = 0
    while let text = readLine() {
        number += 1
        if !text.allSatisfy(\.isWhitespace) { try body(InputLine(number: number, text: text)) }
    }
}
