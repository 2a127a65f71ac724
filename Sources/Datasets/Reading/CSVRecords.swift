import JSON

/// A table (RFC 4180): names of columns in the first record, a row in each of the others. A field that is empty is a column
/// that the row does not have.
final class CSVRecords: RecordReader {
    /// Columns that are no texts in rows.
    private static let numbers: Set<String> = ["rating", "margin"]
    private static let truths: Set<String> = ["label", "kto_tag"]

    private let bytes: FileBytes
    private let separator: UInt8
    private var names: [String]?
    private var line = 1
    private var row = 0

    init(_ bytes: FileBytes, separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
    }

    func next() throws -> (columns: JSONObject, place: Place)? {
        let names = try names ?? header()
        let place = Place(file: bytes.file, line: line, row: row + 1)
        guard let fields = try record(at: place) else { return nil }
        guard fields != [""] else { return try next() }
        row += 1
        guard fields.count == names.count else {
            throw DataError(
                at: Place(file: bytes.file, line: place.line, row: row),
                expected: "\(names.count) fields, as the first line names them", found: "\(fields.count)",
                remedy: "put fields with separators, quotes or line ends between double quotes")
        }
        let columns = zip(names, fields).filter { !$1.isEmpty }.map {
            (key: $0, value: Self.value($1, of: $0))
        }
        return (JSONObject(columns), place)
    }

    private static func value(_ field: String, of name: String) -> JSONValue {
        if numbers.contains(name), let number = Double(field), number.isFinite { return .number(number) }
        let truth = ["true": true, "1": true, "false": false, "0": false][field.lowercased()]
        if truths.contains(name), let truth { return .boolean(truth) }
        return .string(field)
    }

    private func header() throws -> [String] {
        let place = Place(file: bytes.file, line: 1)
        let names = try record(at: place) ?? []
        guard Set(names).count == names.count, !names.contains("") || names == [""] else {
            throw DataError(
                at: place, expected: "a name for each column, every one once",
                found: names.joined(separator: ", "),
                remedy: "name the columns in the first line")
        }
        self.names = names
        return names
    }

    /// The fields of the next record; nil at the end.
    private func record(at place: Place) throws -> [String]? {
        var scan = RecordScan()
        let length = try bytes.length(at: line) { scan.end(in: $0) }
        guard length != nil || !scan.isQuoted else {
            throw DataError(
                at: place, expected: "'\"' at the end of a field in quotes", found: "the end of the file",
                remedy: "close the quotes, or write a quote within them twice")
        }
        let content = bytes.buffer[bytes.pending.prefix(length ?? bytes.pending.count)]
        let isAtEnd = length == nil && content.isEmpty
        let fields = isAtEnd ? nil : try self.fields(content, at: place)
        bytes.consume(content.count + (length == nil ? 0 : 1))
        line += scan.lineEnds
        return fields
    }

    private func fields(_ record: ArraySlice<UInt8>, at place: Place) throws -> [String] {
        let quote = UInt8(ascii: "\"")
        let record = record.last == UInt8(ascii: "\r") ? record.dropLast() : record
        var fields: [[UInt8]] = [[]]
        var (isQuoted, wasQuote) = (false, false)
        for byte in record {
            if byte == quote {
                // Two within quotes stand for one.
                if wasQuote, !isQuoted { fields[fields.count - 1].append(quote) }
                isQuoted.toggle()
                wasQuote = !isQuoted
                continue
            }
            wasQuote = false
            if byte == separator, !isQuoted {
                fields.append([])
            } else {
                fields[fields.count - 1].append(byte)
            }
        }
        return try fields.map { field in
            guard let text = String(validating: field, as: UTF8.self) else {
                throw ForeignFile.notUTF8(at: place)
            }
            return text
        }
    }
}

/// Finds where a record ends: at the line end outside quotes.
private struct RecordScan {
    private(set) var lineEnds = 0
    private(set) var isQuoted = false

    mutating func end(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: "\n") else { continue }
            lineEnds += 1
            if !isQuoted { return index }
        }
        return nil
    }
}
