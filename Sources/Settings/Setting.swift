import Foundation
import Yams

/// A value as it was written, and where.
package struct Setting {
    /// The key in its writer's spelling, which may be a synonym.
    package let key: String
    package let node: Node
    package let origin: SettingOrigin

    package init(key: String, node: Node, origin: SettingOrigin) {
        self.key = key
        self.node = node
        self.origin = origin
    }

    /// A setting that is made here, in place of one that was written.
    package init(key: String, _ value: String, in place: Setting) {
        self.init(key: key, node: Node(value), origin: place.origin)
    }

    /// A setting as a program wrote it.
    package init(key: String, encoding value: some Encodable, origin: SettingOrigin) throws {
        self.init(key: key, node: try Node.encoding(value), origin: origin)
    }

    /// The texts of a scalar or of a list of scalars.
    package var texts: [String] { node.texts }

    /// The elements of a list of scalars as messages quote them.
    var foundInList: String {
        guard node.sequence != nil, !texts.isEmpty else { return found }
        return texts.map { "'\($0)'" }.joined(separator: ", ")
    }

    package var isNull: Bool { node.scalar?.isNull ?? false }

    /// The value as messages quote it.
    package var found: String {
        switch node {
        case .scalar(let scalar) where isNull: scalar.string.isEmpty ? "nothing" : scalar.string
        case .scalar(let scalar) where scalar.isPlain: "'\(scalar.string)'"
        case .scalar(let scalar): "the text '\(scalar.string)'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }

    /// The value in the spelling that tables of synonyms use: lower case, `null` for any null, `[]` and `{}` for what is
    /// empty; nil for other lists and mappings.
    var plainText: String? {
        switch node {
        case .scalar(let scalar): isNull ? "null" : scalar.string.lowercased()
        case .sequence(let list): list.isEmpty ? "[]" : nil
        case .mapping(let mapping): mapping.isEmpty ? "{}" : nil
        case .alias: nil
        }
    }

    /// Whether the value is one of a table's; numbers are the same however they are written.
    func isOne(of values: [String]) -> Bool {
        guard let plainText else { return false }
        return values.contains { $0 == plainText || Double($0).map { $0 == Double(plainText) } == true }
    }
}

extension Node.Scalar {
    var isPlain: Bool { style == .plain || style == .any }
    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(string) }
}

extension Node {
    /// The texts of a scalar or of a list of scalars.
    var texts: [String] {
        sequence?.compactMap { $0.scalar?.string } ?? [scalar?.string].compactMap(\.self)
    }

    /// The node of any encodable value. JSON is YAML, and `JSONEncoder` writes numbers that read back exactly; those that
    /// JSON does not have are spelled as in YAML, for the range of their setting to refuse them.
    static func encoding(_ value: some Encodable) throws -> Node {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: ".inf", negativeInfinity: "-.inf", nan: ".nan")
        let text = String(decoding: try encoder.encode([value]), as: UTF8.self)
        return try Yams.compose(yaml: text)?.sequence?.first?.withPlainNumbers ?? Node("null", Tag(.null))
    }

    private static let numbersThatJSONLacks: Set<String> = [".inf", "-.inf", ".nan"]

    /// Without the quotes that JSON needs around them.
    private var withPlainNumbers: Node {
        switch self {
        case .scalar(let scalar):
            Self.numbersThatJSONLacks.contains(scalar.string) ? Node(scalar.string) : self
        case .sequence(let list): Node(list.map(\.withPlainNumbers))
        default: self
        }
    }
}

/// The settings of one mapping in a file, in file order.
package struct SettingList {
    package let settings: [Setting]

    package init(_ mapping: Node.Mapping, file: String) throws {
        settings = try mapping.map { key, value in
            let origin = SettingOrigin.file(file, line: key.mark?.line)
            guard let name = key.string else {
                throw ConfigurationError.malformed(origin, reason: "found a key that is not a word")
            }
            return Setting(key: name, node: value, origin: origin)
        }
    }

    /// Reads a YAML file whose root is a mapping; an empty file sets nothing.
    package init(contentsOf file: URL) throws {
        let name = file.relativePath
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            let exists = FileManager.default.fileExists(atPath: file.path)
            throw ConfigurationError.unreadable(
                file: name, reason: exists ? "it is not a UTF-8 text file" : "there is no such file")
        }
        do {
            let root = try Yams.compose(yaml: text) ?? Node([:])
            guard let mapping = root.mapping ?? (root.scalar?.isNull == true ? Node.Mapping([]) : nil) else {
                throw ConfigurationError.malformed(
                    .file(name, line: root.mark?.line), reason: "found no key")
            }
            try self.init(mapping, file: name)
        } catch let error as YamlError {
            throw ConfigurationError(error, file: name)
        }
    }
}

extension ConfigurationError {
    /// The parser's complaint with the place it points to.
    init(_ error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self = .malformed(.file(file, line: mark.line), reason: problem)
        case .duplicatedKeysInMapping(let keys, _):
            self = .malformed(
                .file(file, line: nil), reason: "found '\(keys.joined(separator: "', '"))' more than once")
        default:
            self = .malformed(.file(file, line: nil), reason: "\(error)")
        }
    }
}
