import Datasets
import Files
import Foundation
import JSON
import Models
import Tokenization
import Training

/// A conversation of two people.
struct PairedConversation {
    let identifier: String
    /// Nil where none was given.
    let topic: String?
    /// The mean of its ratings, from 1 to 10; nil without any that say something.
    let rating: Double?
    let authors: Set<String>
    /// What they wrote in turn, from its beginning. Who speaks first is the user.
    let messages: [Message]
}

/// Conversations of two people, in the JSON layout of the Chit-Chat Challenge's data set: an object of conversations, each
/// with a `prompt`, its `messages` (a list of turns, each a list of `{"text", "sender"}`) and perhaps `ratings`, an object
/// of whole numbers from 1 to 10.
struct PairedConversations {
    /// Why conversations are left out, and how many for each reason.
    struct LeftOut: Equatable {
        var unrated = 0
        /// All ratings as the form shows them before anybody touches it, which says nothing.
        var untouched = 0
        var notOfTwo = 0
        var tooShort = 0
    }

    private(set) var conversations: [PairedConversation] = []
    private(set) var leftOut = LeftOut()

    /// What the form shows before anybody rates.
    private static let untouchedRating = 5
    fileprivate static let scale = 1...10

    /// - Parameters:
    ///   - argument: a `.json` file, or a name of the catalogue.
    ///   - words: of the beginning that is kept; no turn is cut.
    ///   - minimumTurns: that are left of a conversation to be kept.
    ///   - mustBeRated: whether those are left out that nobody rated on purpose.
    /// - Throws: `DataError`, or `CatalogueError` where it cannot be fetched.
    init(
        _ argument: String, words: Int, minimumTurns: Int, mustBeRated: Bool = false, context: RunContext
    ) throws {
        let file = try Self.file(argument, context)
        for (identifier, value) in try Self.root(of: file) {
            let fields = ConversationFields(value, identifier: identifier, file: file)
            let ratings = try fields.ratings ?? []
            let isRated = ratings.contains { $0 != Self.untouchedRating }
            guard isRated || !mustBeRated else {
                if ratings.isEmpty { leftOut.unrated += 1 } else { leftOut.untouched += 1 }
                continue
            }
            let turns = try fields.turns
            let authors = Set(turns.map(\.author))
            guard authors.count == 2 else {
                leftOut.notOfTwo += 1
                continue
            }
            let messages = Self.beginning(of: turns, words: words)
            guard messages.count >= minimumTurns else {
                leftOut.tooShort += 1
                continue
            }
            conversations.append(
                PairedConversation(
                    identifier: identifier, topic: try mustBeRated ? fields.requiredTopic : fields.topic,
                    rating: isRated ? Double(ratings.reduce(0, +)) / Double(ratings.count) : nil,
                    authors: authors, messages: messages))
        }
    }

    private static func beginning(of turns: [(author: String, text: String)], words: Int) -> [Message] {
        var remaining = words
        let kept = turns.prefix { turn in
            remaining -= turn.text.wordCount
            return remaining >= 0
        }
        return kept.map { turn in
            Message(role: turn.author == turns.first?.author ? "user" : "assistant", content: turn.text)
        }
    }

    private static func file(_ argument: String, _ context: RunContext) throws -> URL {
        let place = try CatalogueStore().data(argument, progress: context.computation.downloadProgress)
        return FileSystem.isFolder(place) ? place.appending(path: "dataset.json") : place
    }

    private static func root(of file: URL) throws -> JSONObject {
        do {
            let value = try JSONValue(parsing: FileSystem.read(file))
            guard let root = value.object else {
                throw ConversationFields.malformed(file, "an object of conversations", value.kindDescription)
            }
            return root
        } catch let error as JSONSyntaxError {
            throw DataError(
                file: file.path, line: error.line, expected: error.expected,
                found: error.found ?? "the end of the file", remedy: "correct the file")
        }
    }
}

/// One conversation while it is read.
private struct ConversationFields {
    let value: JSONValue
    let identifier: String
    let file: URL

    init(_ value: JSONValue, identifier: String, file: URL) {
        self.value = value
        self.identifier = identifier
        self.file = file
    }

    static func malformed(_ file: URL, _ expected: String, _ found: String) -> DataError {
        DataError(file: file.path, expected: expected, found: found, remedy: "correct or remove it")
    }

    private func malformed(_ expected: String, _ found: JSONValue?) -> DataError {
        Self.malformed(
            file, "\(expected) in conversation \(identifier)",
            found.map { $0.integer.map(String.init) ?? $0.kindDescription } ?? "nothing")
    }

    /// Nil where people had none to talk about.
    var topic: String? { value.object?["prompt"]?.string }

    var requiredTopic: String {
        get throws {
            guard let topic else { throw malformed("text as \"prompt\"", value.object?["prompt"]) }
            return topic
        }
    }

    /// Nil where nobody rated it.
    var ratings: [Int]? {
        get throws {
            guard let ratings = value.object?["ratings"], ratings != .null else { return nil }
            guard let values = ratings.object?.map(\.value) else {
                throw malformed("an object of whole numbers as \"ratings\"", ratings)
            }
            return try values.map { value in
                guard let number = value.integer, PairedConversations.scale.contains(number) else {
                    throw malformed("whole numbers from 1 to 10 as \"ratings\"", value)
                }
                return number
            }
        }
    }

    /// Each with what was written in it, on one line.
    var turns: [(author: String, text: String)] {
        get throws {
            guard let turns = value.object?["messages"]?.array else {
                throw malformed("a list as \"messages\"", value.object?["messages"])
            }
            return try turns.compactMap { turn in
                let utterances = turn.array?.map(\.object) ?? []
                guard let author = utterances.first??["sender"]?.string else {
                    throw malformed("turns of {\"text\", \"sender\"}", turn)
                }
                let text = utterances.compactMap { $0?["text"]?.string?.tidied }.joined(separator: " ")
                return text.isEmpty ? nil : (author, text)
            }
        }
    }
}
