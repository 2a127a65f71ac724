import Errors
import Evaluation
import Files
import Foundation
import Runs
import Settings
import Yams

/// What a study said before its first arm was trained: `registration.json`.
///
/// The file's text and hash and every setting in it are written once, before anything is measured. Whatever differs later is
/// added as an amendment and makes exploratory what it touches.
struct Registration: Codable {
    struct Amendment: Codable, Equatable {
        let date: Date
        let sha256: String
        /// Paths of the settings, such as `analysis.level` or `arms.dpo.beta`, with what they were and are.
        let changes: [Change]
    }

    struct Change: Codable, Equatable {
        let setting: String
        let before: String?
        let after: String?

        var words: String {
            switch (before, after) {
            case (let before?, let after?): "\(setting) was \(before), is \(after)"
            case (nil, let after?): "\(setting) came in: \(after)"
            case (let before?, nil): "\(setting) was \(before), and was taken out"
            case (nil, nil): setting
            }
        }
    }

    let date: Date
    /// Of the file as it was registered.
    let sha256: String
    let text: String
    private(set) var amendments: [Amendment] = []
    var version = Heed.version

    private static let file = "registration.json"

    /// Where the study is and what computes it are no part of what is asked.
    private static let freeKeys: Set<String> = ["output", "device", "threads"]

    /// What is registered in `folder`, which is this file where nothing is yet; what it says otherwise is added.
    ///
    /// - Throws: `MalformedFile` for a registration that cannot be read: it is never replaced.
    init(of study: URL, in folder: URL, now: Date = Date()) throws {
        let data = try FileSystem.read(study)
        let place = folder.appending(path: Self.file)
        guard FileSystem.exists(place) else {
            (date, sha256) = (now, ContentHash.sha256(of: data))
            text = String(decoding: data, as: UTF8.self)
            try FileSystem.createFolder(folder)
            try AtomicFile.write(json, to: place)
            return
        }
        do {
            self = try Self.decoder.decode(Self.self, from: FileSystem.read(place))
        } catch is DecodingError {
            throw DamagedRegistration(file: place)
        }
        let hash = ContentHash.sha256(of: data)
        let changes = try Self.changes(from: text, to: String(decoding: data, as: UTF8.self))
        let known = amendments.last?.changes ?? []
        guard changes != known else { return }
        amendments.append(Amendment(date: now, sha256: hash, changes: changes))
        try AtomicFile.write(json, to: place)
    }

    private var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            return try encoder.encode(self)
        }
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }

    // MARK: What has changed

    /// As things stand now, against what was registered.
    var changes: [Change] { amendments.last?.changes ?? [] }

    /// Whether an arm is not what was registered; a change outside of the arms touches all of them.
    func isExploratory(_ arm: String) -> Bool {
        changes.contains { change in
            let path = change.setting.split(separator: ".").map(String.init)
            return path.first != "arms" || path.dropFirst().first == arm
        }
    }

    private static func changes(from before: String, to after: String) throws -> [Change] {
        let (old, new) = (try leaves(of: before), try leaves(of: after))
        return Set(old.keys).union(new.keys).sorted().compactMap { path in
            old[path] == new[path]
                ? nil : Change(setting: path, before: old[path], after: new[path])
        }
    }

    /// Every value of the file by its path; comments and layout say nothing.
    private static func leaves(of text: String) throws -> [String: String] {
        var leaves: [String: String] = [:]
        func walk(_ node: Node, _ path: String) {
            switch node {
            case .scalar(let scalar): leaves[path] = scalar.string
            case .mapping(let mapping):
                for (key, value) in mapping where !(path.isEmpty && freeKeys.contains(key.string ?? "")) {
                    walk(value, path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
                }
            case .sequence(let list):
                for (index, item) in list.enumerated() {
                    // Arms and stages have names, by which they are found wherever they stand.
                    let name =
                        item.scalar?.string ?? item.mapping?["name"]?.string
                        ?? item.mapping?["arm"]?.string ?? item.mapping?["verb"]?.string
                    walk(item, "\(path).\(name ?? "\(index + 1)")")
                }
            case .alias: break
            }
        }
        if let root = try Yams.compose(yaml: text) { walk(root, "") }
        return leaves
    }
}

/// A registration that somebody changed or damaged.
struct DamagedRegistration: CategorizedError, CustomStringConvertible {
    let file: URL

    var category: ErrorCategory { .badData }

    var description: String {
        "\(file.path): expected what was registered before the first arm, found something that cannot be read; "
            + "bring the file back (it may be in version control), or give the study another --output"
    }
}
