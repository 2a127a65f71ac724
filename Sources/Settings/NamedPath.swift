/// A model or a run with the name that it has in results: `NAME=PATH`, or a path alone, which is named after its folder.
public struct NamedPath: Equatable, Sendable {
    public let name: String
    public let path: String

    /// - Parameter defaultName: of a path alone; nil: its last part that says something, so `dpo` for `runs/dpo/final`.
    public init(_ text: String, defaultName: String? = nil) {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        if sides.count == 2, !sides[0].isEmpty, !sides[0].contains("/") {
            (name, path) = (sides[0], sides[1])
        } else {
            (name, path) = (defaultName ?? Self.name(of: text), text)
        }
    }

    private static func name(of path: String) -> String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.last { $0 != "final" && $0 != "." && !$0.hasPrefix("checkpoint-") } ?? path
    }
}
