import Foundation
import JSON

/// Files of rows that are read as streams: JSON Lines, JSON arrays, tables (`.csv`, `.tsv`) and prompts a line (`.txt`), each
/// also compressed with gzip, and folders of `.jsonl` and `.jsonl.gz` files.
///
/// Blank lines, a byte order mark and CRLF line ends are tolerated. Everything else that is not one JSON object a
/// line is an error that names the place.
public struct JSONLines: Sendable {
    /// The files in reading order; a folder stands for the data files directly inside it, sorted by name.
    public let files: [URL]
    /// The columns that are read; nil: all.
    public let columns: Set<String>?
    /// How prompts stand in the rows.
    public let layout: PromptLayout

    /// - Throws: `DataError` where a path leads nowhere or a folder has no data files.
    public init(_ urls: [URL], columns: [String]? = nil, layout: PromptLayout) throws {
        files = try urls.flatMap(Self.files)
        self.columns = columns.map(Set.init)
        self.layout = layout
    }

    /// - Parameter chatPrompts: whether prompts and answers in plain text are read as messages of the user and the assistant.
    public init(_ urls: [URL], columns: [String]? = nil, chatPrompts: Bool = false) throws {
        try self.init(urls, columns: columns, layout: PromptLayout(chatPrompts: chatPrompts))
    }

    public init(_ url: URL, columns: [String]? = nil, chatPrompts: Bool = false) throws {
        try self.init([url], columns: columns, chatPrompts: chatPrompts)
    }

    /// A reader that starts at the first row.
    public func reader<Row: DatasetRow>(of type: Row.Type = Row.self) -> JSONLinesReader<Row> {
        JSONLinesReader(ObjectReader(files, columns: columns), layout: layout)
    }

    /// All rows at once. Use a reader where they may not fit into memory.
    public func load<Row: DatasetRow>(_ type: Row.Type = Row.self) throws -> [SourcedRow<Row>] {
        var rows: [SourcedRow<Row>] = []
        let reader = reader(of: type)
        while let row = try reader.next() { rows.append(row) }
        return rows
    }

    /// The schema of the first row.
    /// - Throws: `DataError` where the row cannot be read or fits no schema.
    public func detectSchema() throws -> DatasetSchema {
        let objects = ObjectReader(files, columns: columns)
        guard let (columns, place) = try objects.next() else { throw Self.noFiles }
        guard let schema = DatasetSchema.detect(columns) else {
            throw DatasetSchema.mismatch(wanted: DatasetSchema.allCases, columns: columns, at: place)
        }
        return schema
    }

    /// What all of the first rows have as their system turn, in a column or as the first message; nil where a row has none, or
    /// another.
    /// - Throws: `DataError` where a row cannot be read.
    public func sharedSystemTurn(ofFirst count: Int = 64) throws -> String? {
        let objects = ObjectReader(files, columns: columns)
        var shared: String?
        for _ in 0..<count {
            guard let row = try objects.next() else { break }
            guard let system = row.columns.systemTurn, system == shared ?? system else { return nil }
            shared = system
        }
        return shared
    }

    // MARK: Finding files

    private static func files(of url: URL) throws -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw DataError(
                .missingInput, file: url.relativePath,
                expected: "a .jsonl or .jsonl.gz file or a folder of them",
                found: "nothing at this path", remedy: "check the path")
        }
        guard isFolder.boolValue else { return [url] }
        let names = try names(in: url).filter { isDataFile($0) }.sorted()
        guard !names.isEmpty else {
            throw DataError(
                .missingInput, file: url.relativePath, expected: "a folder with .jsonl or .jsonl.gz files",
                found: "none in it", remedy: "check the path or the names of the files")
        }
        return names.map { URL(fileURLWithPath: url.relativePath + "/" + $0) }
    }

    private static func names(in folder: URL) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw DataError(
                .inputOutput, file: folder.relativePath, expected: "a readable folder", found: "\(error)",
                remedy: "check its permissions")
        }
    }

    private static func isDataFile(_ name: String) -> Bool {
        !name.hasPrefix(".") && (name.hasSuffix(".jsonl") || name.hasSuffix(".jsonl.gz"))
    }

    private static var noFiles: DataError {
        DataError(
            .missingInput, file: "(no file)", expected: "a data file", found: "an empty list of files",
            remedy: "name at least one")
    }
}

/// Typed rows, one at a time, in the order of the files.
public final class JSONLinesReader<Row: DatasetRow> {
    private let objects: ObjectReader
    private let layout: PromptLayout
    private var count = 0
    /// What is left of a line that holds several rows, the next one last.
    private var pending: [JSONObject] = []
    private var place: Place?

    fileprivate init(_ objects: ObjectReader, layout: PromptLayout) {
        self.objects = objects
        self.layout = layout
    }

    /// The next row, or nil after the last.
    /// - Throws: `DataError` for an unreadable file, an empty file, malformed JSON or a row of another shape.
    public func next() throws -> SourcedRow<Row>? {
        while pending.isEmpty {
            guard let object = try objects.next() else {
                if count == 0, let place { throw Self.noRows(at: place) }
                return nil
            }
            place = object.place
            let layout = RowLayout(schemas: Row.schemas, prompts: layout, place: object.place)
            pending = try PublicFormats.rows(
                layout.withPrompt(object.columns), as: Row.schemas, at: object.place
            ).map(layout.laidOut).reversed()
        }
        guard let place, let columns = pending.popLast() else { return nil }
        guard Row.schemas.contains(where: { $0.matches(columns) }) else {
            throw DatasetSchema.mismatch(wanted: Row.schemas, columns: columns, at: place)
        }
        var fields = RowFields(columns, place: place)
        let row = SourcedRow(try Row(from: &fields), place: place, index: count)
        count += 1
        return row
    }

    private static func noRows(at place: Place) -> DataError {
        DataError(
            at: place, expected: "a row that says which answer is better",
            found: "answers that are all rated alike, in every row",
            remedy: "use heed reward --loss rating for such rows, or give others")
    }
}

/// The objects of a list of files, with their places.
private final class ObjectReader {
    private var files: ArraySlice<URL>
    private let columns: Set<String>?
    private var records: (any RecordReader)?
    private var file = ""
    private var hasRows = false

    init(_ files: [URL], columns: Set<String>?) {
        self.files = files[...]
        self.columns = columns
    }

    func next() throws -> (columns: JSONObject, place: Place)? {
        while true {
            if records == nil {
                guard let url = files.popFirst() else { return nil }
                records = try RecordFile.open(url)
                (file, hasRows) = (url.relativePath, false)
            }
            if let object = try records?.next() {
                hasRows = true
                return (columns.map(object.columns.keeping) ?? object.columns, object.place)
            }
            guard hasRows else { throw Self.emptyFile(file) }
            records = nil
        }
    }

    private static func emptyFile(_ file: String) -> DataError {
        DataError(
            file: file, line: 1, expected: "at least one row", found: "an empty file",
            remedy: "add rows or leave the file out")
    }
}

extension JSONObject {
    /// What the row says first, where that is no turn of a conversation's two sides.
    fileprivate var systemTurn: String? {
        let column = RowLayout.systemColumns.lazy.compactMap { self[$0]?.string }.first { !$0.isEmpty }
        let beginnings = ["messages", "prompt", "chosen"].lazy.compactMap { self[$0]?.array?.first }
        return column
            ?? beginnings.first { ["system", "developer"].contains($0["role"]?.string) }?["content"]?.string
    }

    fileprivate func keeping(_ names: Set<String>) -> JSONObject {
        JSONObject(filter { names.contains($0.key) })
    }
}

extension JSONValue {
    /// What the value is, in words that fit after "found": "a number", "text", ….
    public var kindDescription: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer, .largeInteger, .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
