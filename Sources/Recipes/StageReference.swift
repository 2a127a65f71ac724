import Foundation
import Settings
import Yams

/// `${stage}` or `${stage.part}` in a setting: where another stage leaves its result.
struct StageReference {
    /// As it is written.
    let text: String
    let stage: String
    let part: String?

    /// - Parameter content: what is between the braces.
    private init(_ content: Substring) {
        text = "${\(content)}"
        let words = content.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        stage = words.first ?? ""
        part = words.count > 1 ? words[1] : nil
    }

    /// The text with all references in it replaced.
    fileprivate static func replacing(in text: String, by path: (StageReference) throws -> String) rethrows
        -> String
    {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            result += try path(StageReference(rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

extension Setting {
    /// The setting with all references in it, in lists too, replaced by paths.
    func resolvingReferences(_ path: (StageReference) throws -> String) rethrows -> Setting {
        Setting(key: key, node: try node.resolvingReferences(path), origin: origin)
    }
}

extension Node {
    fileprivate func resolvingReferences(_ path: (StageReference) throws -> String) rethrows -> Node {
        switch self {
        case .scalar(var scalar):
            let text = try StageReference.replacing(in: scalar.string, by: path)
            if text != scalar.string { scalar.string = text }
            return .scalar(scalar)
        case .sequence(var list):
            for index in list.indices { list[index] = try list[index].resolvingReferences(path) }
            return .sequence(list)
        case .mapping(let mapping):
            let pairs = try mapping.map { ($0.key, try $0.value.resolvingReferences(path)) }
            return .mapping(Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
        case .alias: return self
        }
    }
}
