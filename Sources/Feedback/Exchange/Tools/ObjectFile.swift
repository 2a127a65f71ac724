import Datasets
import Files
import Foundation
import JSON

/// The objects of a file, of one list or one after the other, each with the line that it begins in.
struct ObjectFile {
    private let bytes: [UInt8]
    private let file: String
    private var position = 0
    private var line = 1
    private var isList = false
    private var isFirst = true

    /// - Throws: `FileError`, or `DataError` where the file begins with neither a list nor an object.
    init(_ url: URL) throws {
        bytes = [UInt8](try FileSystem.read(url))
        file = url.relativePath
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipBlanks()
        isList = current == UInt8(ascii: "[")
        if isList { position += 1 }
        guard isList || current == UInt8(ascii: "{") else {
            throw error("a list of objects", found: character)
        }
    }

    /// The next object; nil at the end.
    /// - Throws: `DataError` with the line where the text is not what it should be.
    mutating func next() throws -> RowFields? {
        skipBlanks()
        if isList {
            if current == UInt8(ascii: "]") { return try end() }
            if !isFirst {
                guard current == UInt8(ascii: ",") else { throw error("',' or ']'", found: character) }
                position += 1
                skipBlanks()
            }
        } else if current == nil {
            return nil
        }
        isFirst = false
        guard current == UInt8(ascii: "{") else { throw error("an object", found: character) }
        let place = Place(file: file, line: line)
        return RowFields(try object(), place: place)
    }

    private mutating func end() throws -> RowFields? {
        let rest = position + 1
        position = rest
        skipBlanks()
        guard current == nil else { throw error("the end of the file", found: character) }
        position = rest - 1
        return nil
    }

    private mutating func object() throws -> JSONObject {
        let (start, firstLine) = (position, line)
        skipObject()
        do {
            let value = try JSONValue(parsing: Array(bytes[start..<position]), tolerating: .rows)
            return value.object ?? [:]
        } catch let problem as JSONSyntaxError {
            throw DataError(
                file: file, line: firstLine + problem.line - 1, expected: problem.expected,
                found: problem.found ?? "the end of the file", remedy: "fix or remove the object")
        }
    }

    /// Moves past the bracket that closes the one here, or to the end of the file.
    private mutating func skipObject() {
        var (depth, isInText) = (0, false)
        while let byte = current {
            if byte == UInt8(ascii: "\n") { line += 1 }
            position += 1
            switch byte {
            case UInt8(ascii: "\\") where isInText: position += 1
            case UInt8(ascii: "\""): isInText.toggle()
            case UInt8(ascii: "{") where !isInText, UInt8(ascii: "[") where !isInText: depth += 1
            case UInt8(ascii: "}") where !isInText, UInt8(ascii: "]") where !isInText: depth -= 1
            default: break
            }
            if depth == 0, !isInText { return }
        }
        position = min(position, bytes.count)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var character: String {
        current.map { "'\(Character(Unicode.Scalar($0)))'" } ?? "the end of the file"
    }

    private mutating func skipBlanks() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
            if byte == 0x0A { line += 1 }
            position += 1
        }
    }

    private func error(_ expected: String, found: String) -> DataError {
        DataError(
            file: file, line: line, expected: expected, found: found,
            remedy: "give a JSON list of objects, or one object per line")
    }
}
