import Foundation
import JSON

/// The rows of one file as they stand in it, one at a time.
protocol RecordReader: AnyObject {
    /// The columns of the next row and where it begins; nil after the last.
    /// - Throws: `DataError` naming the place of what cannot be read.
    func next() throws -> (columns: JSONObject, place: Place)?
}

/// Opens files of rows by what they are: tables and texts by their names, the others by what they begin with.
enum RecordFile {
    /// - Throws: `DataError` where the file cannot be read, or is of a kind without rows.
    static func open(_ url: URL) throws -> any RecordReader {
        let bytes = try FileBytes(url)
        try ForeignFile.refuse(bytes)
        if try bytes.peek(3) == [0xEF, 0xBB, 0xBF] { bytes.consume(3) }
        let name = url.pathExtension == "gz" ? url.deletingPathExtension() : url
        switch name.pathExtension.lowercased() {
        case "csv": return CSVRecords(bytes, separator: UInt8(ascii: ","))
        case "tsv": return CSVRecords(bytes, separator: UInt8(ascii: "\t"))
        case "txt": return TextRecords(bytes)
        default:
            let beginning = try bytes.peek(4096)
            let first = beginning.first { !JSONArrayRecords.isBlank($0) }
            return first == UInt8(ascii: "[") ? JSONArrayRecords(bytes) : LineRecords(bytes)
        }
    }
}

/// JSON Lines: an object a line.
private final class LineRecords: RecordReader {
    private let lines: LineReader

    init(_ bytes: FileBytes) { lines = LineReader(bytes) }

    func next() throws -> (columns: JSONObject, place: Place)? {
        try lines.next { line in
            let place = Place(file: lines.file, line: lines.lineNumber)
            return (try JSONObject(line: line, at: place), place)
        }
    }
}

/// A text file: a prompt a line.
private final class TextRecords: RecordReader {
    private let lines: LineReader

    init(_ bytes: FileBytes) { lines = LineReader(bytes) }

    func next() throws -> (columns: JSONObject, place: Place)? {
        try lines.next { line in
            let place = Place(file: lines.file, line: lines.lineNumber)
            let hasReturn = line.last == UInt8(ascii: "\r")
            guard let text = String(validating: line.dropLast(hasReturn ? 1 : 0), as: UTF8.self) else {
                throw ForeignFile.notUTF8(at: place)
            }
            return (["prompt": .string(text)], place)
        }
    }
}
