import Files
import Foundation
import JSON
import Runs
import Tokenization

/// What a line of a conversation says: something to answer, or something to do.
enum ChatLine: Equatable {
    case nothing
    case text(String)
    case exit, help, reset, undo, retry
    case system(String)
    case save(String)
    /// A word after a slash that is none of these.
    case unknown(String)

    init(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1].trimmingCharacters(in: .whitespaces) : ""
        self =
            switch words.first {
            case nil: .nothing
            case "/exit": .exit
            case "/help": .help
            case "/reset": .reset
            case "/undo": .undo
            case "/retry": .retry
            case "/system": .system(rest)
            case "/save": .save(rest)
            case let word? where word.hasPrefix("/"): .unknown(word)
            default: .text(line)
            }
    }
}

/// Whom one talks with: a model, or two that are compared.
protocol ChatPartner {
    /// What there is to do besides talking.
    static var commands: String { get }
    /// All that was said, the first message included.
    var conversation: [Message] { get }
    mutating func reset()
    mutating func reset(system: String)
}

extension ChatDuel { static let commands = "/help, /reset, /system TEXT, /save FILE, /exit" }
extension ChatSession: ChatPartner {
    static let commands = "/help, /retry, /undo, /reset, /system TEXT, /save FILE, /exit"
}

extension ChatPartner {
    /// Does what all conversations know; false where the line is none of that.
    mutating func obey(_ line: ChatLine) throws -> Bool {
        switch line {
        case .nothing: break
        case .help:
            Console.write(Self.help)
        case .reset:
            reset()
            Console.note("a new conversation")
        case .system(let text):
            reset(system: text)
            Console.note(
                "a new conversation, \(text.isEmpty ? "without a first message" : "with that first message")")
        case .save(let path): try save(to: path)
        case .unknown(let word): Console.note("\(word) is none of \(Self.commands)")
        default: return false
        }
        return true
    }

    private static var help: String {
        """
        \(commands)
        /retry has the last question answered anew, /undo takes it back, /system TEXT sets the first message and starts \
        over, without TEXT there is none, /save FILE writes the conversation as a row for 'heed sft'. In a terminal the arrow keys edit the line and \
        bring former ones back; Ctrl-C stops an answer, and ends the chat on an empty line, as Ctrl-D does.
        """
    }

    /// Writes the conversation as a row of JSON Lines.
    private func save(to path: String) throws {
        guard !path.isEmpty else { return Console.note("/save needs the name of a file") }
        let file = URL(fileURLWithPath: path)
        guard !FileSystem.exists(file) else {
            return Console.note("\(path): this file exists; choose another name")
        }
        let row: JSONValue = ["messages": .array(conversation.map(\.json))]
        try AtomicFile.write(Data((row.text() + "\n").utf8), to: file)
        Console.note("\(conversation.count) messages are in \(path)")
    }
}
