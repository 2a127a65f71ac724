import Errors
import Files
import Foundation

/// Results are never overwritten unasked.
public struct OutputExists: CategorizedError, CustomStringConvertible {
    public let file: URL
    /// What else than another place and `--force` there is to choose.
    private let alternative: String

    public init(file: URL, alternative: String? = nil) {
        self.file = file
        self.alternative = alternative.map { "\($0), " } ?? ""
    }

    public var category: ErrorCategory { .cannotCreate }

    public var description: String {
        "\(file.path): this \(FileSystem.isFolder(file) ? "folder" : "file") exists; choose another --output, \(alternative)or --force to replace it"
    }
}

/// A file is to be written where a folder stands; nothing replaces that.
public struct OutputIsFolder: CategorizedError, CustomStringConvertible {
    let url: URL

    public init(url: URL) { self.url = url }

    public var category: ErrorCategory { .cannotCreate }

    public var description: String {
        "\(url.path): expected a file for the results, found a folder; name a file in it, or choose another --output"
    }
}

/// What would be replaced is no result of the same kind, and may be somebody's work.
public struct OutputIsSomethingElse: CategorizedError, CustomStringConvertible {
    let url: URL
    /// What lies in a folder of such results.
    let names: [String]
    let found: String

    /// - Parameter names: of what lies in a folder of such results.
    /// - Throws: ``OutputIsSomethingElse`` where the place is taken by anything but an empty folder or such a one.
    public static func check(_ url: URL, holdsOnly names: [String]) throws {
        guard FileSystem.exists(url) else { return }
        guard FileSystem.isFolder(url) else {
            throw OutputIsSomethingElse(url: url, names: names, found: "a file")
        }
        let contents = try FileSystem.contents(of: url).map(\.lastPathComponent)
        if let found = contents.first(where: { !names.contains($0) }) {
            throw OutputIsSomethingElse(url: url, names: names, found: found)
        }
    }

    public var category: ErrorCategory { .cannotCreate }

    public var description: String {
        "\(url.path): expected nothing here, or a folder of \(names.joined(separator: ", ")) alone, found \(found); "
            + "choose another --output"
    }
}

/// What `--force` would replace is read.
public struct OutputIsInput: CategorizedError, Equatable, CustomStringConvertible {
    public let output: URL
    /// What would be lost, as it was named or found.
    public let input: URL

    public var category: ErrorCategory { .cannotCreate }

    public var description: String {
        "\(output.path): --force would replace it, and \(input.path) is read from it; choose another --output"
    }

    /// - Parameters:
    ///   - output: a file or folder, which need not be there.
    ///   - inputs: files and folders; those that are not there are left to whoever reads them.
    /// - Throws: ``OutputIsInput`` where an input, or what a link in it leads to, is the output or lies in it.
    public static func check(replacing output: URL, reading inputs: [URL]) throws {
        guard FileSystem.exists(output) else { return }
        let place = output.resolvingSymlinksInPath()
        for input in inputs where FileSystem.exists(input) {
            if let lost = try firstLost(in: input, to: place) {
                throw OutputIsInput(output: output, input: lost)
            }
        }
    }

    /// - Parameter depth: of folders below each other that are looked into; links may lead around in circles.
    private static func firstLost(in item: URL, to place: URL, depth: Int = 8) throws -> URL? {
        let path = item.resolvingSymlinksInPath().path
        if path == place.path || path.hasPrefix(place.path + "/") { return item }
        guard FileSystem.isFolder(item), depth > 0 else { return nil }
        for inner in try FileSystem.contents(of: item) {
            // A folder of results in a folder that is read is no part of what is read.
            if inner.path == place.path, FileSystem.isFolder(inner) { continue }
            if let lost = try firstLost(in: inner, to: place, depth: depth - 1) { return lost }
        }
        return nil
    }
}
