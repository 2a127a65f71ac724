import Datasets
import Files
import Foundation
import JSON
import Models
import Settings
import Training
import Yams

/// Short conversations by topic, in the YAML layout of ChatterBot's corpus: one file per topic, and in it `conversations`, a
/// list of lists of utterances.
struct ConversationCorpus {
    struct Topic {
        /// The file's name without its ending.
        let name: String
        /// Each with what opens it, then what is answered.
        let conversations: [[String]]
        /// Further columns of every row that it gives.
        var columns: JSONObject = [:]
    }

    let topics: [Topic]

    /// - Parameter argument: a folder of `.yml` files, a name of the catalogue, or ``EverydayCorpus/name``.
    /// - Throws: `DataError`, or `CatalogueError` where it cannot be fetched.
    init(_ argument: String, without excluded: [String], context: RunContext) throws {
        let all = try argument == EverydayCorpus.name ? EverydayCorpus.topics : Self.topics(argument, context)
        let names = all.map(\.name)
        if let unknown = excluded.first(where: { !names.contains($0) }) {
            throw InvalidSetting(
                "exclude", expected: "topics out of \(names.joined(separator: ", "))", found: unknown)
        }
        topics = all.filter { !excluded.contains($0.name) }
    }

    /// Whether a folder is laid out so.
    static func isOne(_ place: URL) -> Bool {
        FileSystem.isFolder(place)
            && (try? FileSystem.contents(of: place))?.contains { $0.pathExtension == "yml" } ?? false
    }

    private static func topics(_ argument: String, _ context: RunContext) throws -> [Topic] {
        let folder = try CatalogueStore().data(argument, progress: context.computation.downloadProgress)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yml" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { file in
                let name = file.deletingPathExtension().lastPathComponent
                return Topic(name: name, conversations: try conversations(in: file))
            }
    }

    private static func conversations(in file: URL) throws -> [[String]] {
        func malformed(_ found: String) -> DataError {
            DataError(
                file: file.path, expected: "a YAML list of lists of text under 'conversations'", found: found,
                remedy: "correct the file, or leave its topic out with exclude")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(contentsOf: file, encoding: .utf8))
        } catch let error as YamlError {
            throw malformed("\(error)")
        }
        // A stray question among the lists, as the corpus has one, opens no conversation.
        let conversations = root?.mapping?["conversations"]?.sequence?.compactMap(\.sequence) ?? []
        guard !conversations.isEmpty else { throw malformed("none") }
        return conversations.map { $0.compactMap { $0.scalar?.string.tidied }.filter { !$0.isEmpty } }
    }
}

extension String {
    /// One line with single blanks; what was written in capitals throughout is not.
    var tidied: String {
        let line = split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let shouts =
            line.contains(where: \.isUppercase) && !line.contains(where: \.isLowercase) && line.count > 4
        return shouts ? line.prefix(1) + line.dropFirst().lowercased() : line
    }

    var wordCount: Int { split(separator: " ").count }

    /// Equal for texts that differ in case and punctuation alone.
    var letters: String { lowercased().filter { $0.isLetter || $0.isNumber } }
}

extension Sequence {
    /// The elements whose key has not occurred before.
    func unique<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert(key($0)).inserted }
    }
}
