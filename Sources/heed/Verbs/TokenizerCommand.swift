import ArgumentParser
import Datasets
import Foundation
import JSON
import Models
import Tokenization

/// Text to ids and back, line by line from standard input to standard output.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Learn a tokenizer, turn text into token ids and back, and lay out chats.",
        discussion: """
            EXAMPLE:
              echo 'What is the capital of France?' |
                heed tokenizer encode --model smollm2-135m-instruct
            """,
        subcommands: [TokenizerTrainCommand.self, Encode.self, Decode.self, Template.self])
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
            abstract: "Write the token ids of each line, one JSON array per line.",
            discussion: """
                A line is a JSON string, which may hold line breaks, or else plain text. Special tokens in it are \
                recognised. An empty line is an empty text.

                EXAMPLE:
                  echo '"Hello\\nworld"' |
                    heed tokenizer encode --model smollm2-135m-instruct
                """)

        @OptionGroup var options: TokenizerOptions

        func run() throws {
            let tokenizer = try options.tokenizer()
            // Line by line for a person at the terminal, many at once, on all cores, for a file.
            for lines in ArrivingLines() {
                for ids in tokenizer.encode(lines.map(\.content)) {
                    print("[\(ids.map(String.init).joined(separator: ","))]")
                }
            }
        }
    }

    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the text of each line of token ids, one JSON string per line.",
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
            var withoutToken = 0
            let blank = try forEachLine { line in
                guard let ids = try line.json().array?.map(\.integer), !ids.contains(where: { $0 ?? -1 < 0 })
                else { throw line.error(expected: "a JSON array of token ids, such as [1, 4093]") }
                let known = ids.compactMap(\.self).filter { tokenizer.token(of: $0) != nil }
                withoutToken += ids.count - known.count
                try printJSON(tokenizer.decode(known, skippingSpecialTokens: skipSpecialTokens))
            }
            noteBlankLines(blank)
            // A model's vocabulary may be padded: ids beyond the tokenizer's stand for nothing.
            if withoutToken > 0 {
                Console.note(
                    "\(withoutToken) ids have no token among the tokenizer's \(tokenizer.vocabularySize) "
                        + "and were left out")
            }
        }
    }

    struct Template: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write each conversation as the model's chat template lays it out, one JSON string per line.",
            discussion: """
                A line is a JSON array of messages, or an object with the key "messages" and, for the template, "tools", \
                "documents" and "chat_template_kwargs"; other keys are noted. With --mask, the ids and, for each, whether the assistant wrote it: {"ids":[…],"assistant_mask":[0,1,…]}; on standard error the text \
                with what it wrote in brackets. A terminal shows that text alone, in colour. --json shows the ids alone.

                EXAMPLE:
                  printf '[%s,%s]\\n' '{"role":"user","content":"Hi"}' \\
                    '{"role":"assistant","content":"Hello!"}' |
                    heed tokenizer template --model smollm2-135m-instruct --mask
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
            var unread: Set<String> = []
            let blank = try forEachLine { line in
                let conversation = try line.conversation()
                unread.formUnion(conversation.unread)
                if mask {
                    try showMask(tokenizer, conversation)
                } else {
                    try printJSON(
                        tokenizer.render(
                            conversation.messages, addGenerationPrompt: generationPrompt,
                            variables: conversation.variables))
                }
            }
            noteBlankLines(blank)
            if !unread.isEmpty {
                Console.note("keys that a template is not given: \(unread.sorted().joined(separator: ", "))")
            }
        }

        private func showMask(_ tokenizer: Tokenizer, _ conversation: Conversation) throws {
            let (ids, isAssistant) = try tokenizer.encodeMarkingAssistant(
                conversation.messages, variables: conversation.variables)
            let preview = { (style: MaskPreview.Style) in
                MaskPreview.text(ids, isMarked: isAssistant, tokenizer: tokenizer, style: style)
            }
            let reporting = options.reporting
            if isatty(STDOUT_FILENO) == 1, !reporting.json {
                let wantsNoColour = ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty == false
                return print(preview(wantsNoColour ? .brackets : .colour))
            }
            if !reporting.json, !reporting.quiet { Console.write(preview(.brackets)) }
            try printJSON(MaskedConversation(ids: ids, assistantMask: isAssistant.map { $0 ? 1 : 0 }))
        }
    }
}

/// A line of standard input.
private struct InputLine {
    let number: Int
    let text: String

    var isBlank: Bool { text.allSatisfy(\.isWhitespace) }

    /// What a JSON string stands for, or else the text as it is.
    var content: String { (try? JSONDecoder().decode(String.self, from: Data(text.utf8))) ?? text }

    func error(expected: String, found: String? = nil) -> DataError {
        let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return DataError(
            file: "standard input", line: number, expected: expected, found: found ?? "'\(shown)'",
            remedy: "correct the line")
    }

    /// - Throws: `DataError` for what is not JSON.
    func json() throws -> JSONValue {
        do {
            return try JSONValue(parsing: Data(text.utf8), tolerating: .rows)
        } catch let error as JSONSyntaxError {
            throw self.error(
                expected: "\(error.expected) at column \(error.column)",
                found: error.found ?? "the end of the line")
        }
    }

    func conversation() throws -> Conversation {
        let value = try json()
        guard let values = (value["messages"] ?? value).array else {
            throw error(
                expected: #"messages, such as [{"role":"user","content":"Hi"}], or an object with "messages""#
            )
        }
        var conversation = Conversation()
        conversation.messages = try values.enumerated().map { index, value in
            do {
                return try Message(value)
            } catch {
                throw self.error(
                    expected: "messages of a conversation", found: "message \(index + 1): \(error)")
            }
        }
        let lists = ["tools", "documents"]
        let columns = value.object ?? [:]
        conversation.variables = try TemplateColumns.variables(
            in: columns, lists: lists, at: Place(file: "standard input", line: number))
        conversation.unread = columns.keys.filter {
            !(["messages", "chat_template_kwargs"] + lists).contains($0)
        }
        return conversation
    }
}

/// What a line gives a chat template.
private struct Conversation {
    var messages: [Message] = []
    var variables: JSONObject = [:]
    /// Keys of the line that no template is given.
    var unread: [String] = []
}

/// Calls `body` for every line of standard input that is not blank.
/// - Returns: how many lines are.
private func forEachLine(_ body: (InputLine) throws -> Void) throws -> Int {
    var blank = 0
    for lines in ArrivingLines() {
        for line in lines {
            if line.isBlank { blank += 1 } else { try body(line) }
        }
    }
    return blank
}

/// Says that lines give nothing, so that nobody counts lines of the result against those of the input.
private func noteBlankLines(_ count: Int) {
    guard count > 0 else { return }
    Console.note("\(count) blank line\(count == 1 ? "" : "s") of standard input gave nothing")
}

/// The lines of standard input, as many at a time as have arrived.
private struct ArrivingLines: Sequence, IteratorProtocol {
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    /// The beginning of a line whose end has not arrived.
    private var unfinished: [UInt8] = []
    private var linesSeen = 0

    mutating func next() -> [InputLine]? {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else { return takeLast() }
        unfinished += buffer[..<count]
        guard let end = unfinished.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { unfinished.removeSubrange(...end) }
        return lines(in: unfinished[..<end])
    }

    /// The end of the input ends its last line; nil when there is none left.
    private mutating func takeLast() -> [InputLine]? {
        guard !unfinished.isEmpty else { return nil }
        defer { unfinished = [] }
        return lines(in: unfinished[...])
    }

    private mutating func lines(in bytes: ArraySlice<UInt8>) -> [InputLine] {
        let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        defer { linesSeen += texts.count }
        return texts.enumerated().map { index, bytes in
            let text = String(
                decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
            return InputLine(number: linesSeen + index + 1, text: text)
        }
    }
}
