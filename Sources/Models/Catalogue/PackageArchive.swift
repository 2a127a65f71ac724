/// An archive that a package manager fetches, pinned by version and content.
public struct PackageArchive: Equatable, Sendable {
    /// Who fetches it, and how it is laid out.
    public enum Kind: Sendable {
        /// A Python wheel, by pip: a zip archive.
        case wheel
        /// Sources of a Python package, by pip: a compressed tar archive.
        case source
        /// A package of Debian that is the same for all processors, by apt.
        case debian
    }

    public let kind: Kind
    /// As its manager reads it: `NAME==VERSION` for pip, `NAME=VERSION` for apt.
    public let requirement: String
    /// Hexadecimal SHA-256 of the archive.
    public let sha256: String
    public let byteCount: Int

    public init(_ kind: Kind = .wheel, requirement: String, sha256: String, byteCount: Int) {
        self.kind = kind
        self.requirement = requirement
        self.sha256 = sha256
        self.byteCount = byteCount
    }

    /// What its manager calls the file.
    var fileName: String {
        let parts = requirement.split(separator: "=", omittingEmptySubsequences: true)
        return switch kind {
        case .wheel: parts.map { $0.replacing("-", with: "_") }.joined(separator: "-") + "-py3-none-any.whl"
        case .source: parts.joined(separator: "-") + ".tar.gz"
        case .debian: parts.joined(separator: "_") + "_all.deb"
        }
    }
}
