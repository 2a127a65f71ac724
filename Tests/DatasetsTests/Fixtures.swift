import CZlib
import Foundation
import RandomNumbers
import Testing
import Tokenization

@testable import Datasets

/// The golden files beside the tests.
enum Fixtures {
    static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("Fixtures/golden")

    static func tokenizer() throws -> Tokenizer {
        try Tokenizer(contentsOf: golden.appendingPathComponent("tiny-llama"))
    }

    static func data(_ path: String) throws -> JSONLines {
        try JSONLines(golden.appendingPathComponent(path))
    }
}

/// The parts of an `expected.json` that concern data.
struct GoldenCase: Decodable {
    struct Hyperparameters: Decodable {
        var dataset: String
        var maximumLength: Int?
        var completionOnly: Bool?
        var assistantOnly: Bool?
        var packing: Bool?
        var packingStrategy: String?

        private enum CodingKeys: String, CodingKey {
            case dataset, packing
            case maximumLength = "max_length"
            case completionOnly = "completion_only_loss"
            case assistantOnly = "assistant_only_loss"
            case packingStrategy = "packing_strategy"
        }
    }

    var hyperparameters: Hyperparameters
    var rowsKept: Int?

    private enum CodingKeys: String, CodingKey {
        case hyperparameters
        case rowsKept = "rows_kept"
    }

    init(_ path: String) throws {
        let url = Fixtures.golden.appendingPathComponent(path + "/expected.json")
        self = try JSONDecoder().decode(GoldenCase.self, from: Data(contentsOf: url))
    }

    /// `prepared_rows`, each read as a `Row`.
    static func preparedRows<Row: Decodable>(_ path: String, of type: Row.Type = Row.self) throws -> [Row] {
        let url = Fixtures.golden.appendingPathComponent(path + "/expected.json")
        return try JSONDecoder().decode(PreparedRowsFile<Row>.self, from: Data(contentsOf: url)).preparedRows
    }
}

private struct PreparedRowsFile<Row: Decodable>: Decodable {
    var preparedRows: [Row]
    private enum CodingKeys: String, CodingKey { case preparedRows = "prepared_rows" }
}

/// A folder that exists while the test does.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("heed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> URL {
        try write([UInt8](text.utf8), to: name)
    }

    func write(_ bytes: [UInt8], to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file
    }
}

/// One gzip member that holds `content`.
func gzip(_ content: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    try #require(
        deflateInit2_(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
            == Z_OK)
    defer { deflateEnd(&stream) }
    var input = content
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(content.count))))
    let status = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            return deflate(&stream, Z_FINISH)
        }
    }
    try #require(status == Z_STREAM_END)
    return Array(output.prefix(Int(stream.total_out)))
}

/// The message of the `DataError` that `body` throws.
func dataError(_ body: () throws -> Void) throws -> DataError {
    try #require(throws: DataError.self, performing: body)
}

/// Random numbers that are the same in every run.
func seededGenerator(_ seed: UInt64) -> SplitMix64 { SplitMix64(seed: seed) }
