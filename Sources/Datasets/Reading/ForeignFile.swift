/// Files that people give as rows and that have none, told by their first bytes.
enum ForeignFile {
    /// - Parameters:
    ///   - beginning: bytes that such a file begins with.
    ///   - name: what it is, after "found".
    ///   - remedy: how rows are made of it.
    private typealias Kind = (beginning: [UInt8], name: String, remedy: String)

    private static let pandas = "turn it into JSON Lines, in Python: pandas."

    private static let download = "check the address the file was downloaded from, and give JSON Lines"

    private static let kinds: [Kind] = [
        (
            Array("PAR1".utf8), "a Parquet file",
            pandas + "read_parquet(\"FILE\").to_json(\"rows.jsonl\", orient=\"records\", lines=True)"
        ),
        (
            Array("ARROW1".utf8), "an Arrow file",
            pandas + "read_feather(\"FILE\").to_json(\"rows.jsonl\", orient=\"records\", lines=True)"
        ),
        (
            Array("PK".utf8) + [3, 4], "a zip archive, as .xlsx, .npz and .pt are",
            "unpack it with unzip, or save the sheet as .csv, and give what is in it"
        ),
        (
            [0x28, 0xB5, 0x2F, 0xFD], "a file compressed with zstd",
            "unpack it with zstd -d, or compress it with gzip"
        ),
        (
            [0xFD] + Array("7zXZ".utf8), "a file compressed with xz",
            "unpack it with xz -d, or compress it with gzip"
        ),
        (
            Array("BZh".utf8), "a file compressed with bzip2",
            "unpack it with bunzip2, or compress it with gzip"
        ),
        (
            Array("SQLite format 3".utf8), "an SQLite database",
            "a store of judgments is named as FILE.sqlite where a verb takes one; of others export the rows"
        ),
        (Array("GGUF".utf8), "a GGUF model", "give it as --model, and rows here"),
        (
            Array("version https://git-lfs".utf8), "a pointer of Git LFS in place of the file",
            "fetch the file itself with git lfs pull"
        ),
        (Array("%PDF".utf8), "a PDF document", "give its text as rows"),
        (Array("<!DOCTYPE".utf8), "HTML", download), (Array("<html".utf8), "HTML", download),
        (Array("<?xml".utf8), "XML", download),
    ]

    /// - Throws: `DataError` where the file is none of rows.
    static func refuse(_ bytes: FileBytes) throws {
        let beginning = try bytes.peek(512)
        guard let (name, remedy) = foreignKind(beginning) else { return }
        throw DataError(
            file: bytes.file, expected: "rows as JSON Lines, a JSON array or a table in .csv", found: name,
            remedy: remedy)
    }

    private static func foreignKind(_ bytes: [UInt8]) -> (name: String, remedy: String)? {
        if let kind = kinds.first(where: { bytes.starts(with: $0.beginning) }) {
            return (kind.name, kind.remedy)
        }
        let encoding = "write it in UTF-8, as iconv -f UTF-16 -t UTF-8 FILE > rows.jsonl does"
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return ("UTF-16", encoding)
        }
        if bytes.count >= 4, (bytes[0] == 0) != (bytes[1] == 0), (bytes[0] == 0) == (bytes[2] == 0),
            (bytes[1] == 0) == (bytes[3] == 0)
        {
            return ("UTF-16", encoding)
        }
        if bytes.count > 1, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
            return ("a Python pickle", "write its rows as JSON Lines: a pickle runs code when it is read")
        }
        return bytes.contains(0) ? ("binary data", "give text in UTF-8") : nil
    }

    static func notUTF8(at place: Place) -> DataError {
        DataError(
            at: place, expected: "text in UTF-8", found: "bytes that are none",
            remedy: "write the file in UTF-8, as iconv does")
    }
}
