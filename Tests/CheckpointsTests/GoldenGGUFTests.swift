import Foundation
import JSON
import Testing

@testable import Checkpoints

/// Blocks and files of the gguf package, with what it reads in them.
@Suite struct GoldenGGUFTests {
    private static func object(_ name: String) throws -> JSONObject {
        try JSONObject(contentsOf: Fixtures.golden("gguf-quants/\(name)"))
    }

    @Test func everyTypeHasItsBlocksToTheBit() throws {
        let types = try Self.object("blocks.json")
        let readable = Set(GGUFTensorType.allCases.filter { $0.blockSize > 1 }.map(\.name))
        #expect(Set(types.map(\.key)) == readable)
        for (name, described) in types {
            let type = try #require(GGUFTensorType.allCases.first { $0.name == name })
            #expect(type.rawValue == described["ggml_type"]?.integer.map(UInt32.init))
            #expect(type.blockSize == described["block_size"]?.integer)
            #expect(type.blockByteCount == described["bytes_per_block"]?.integer)
            let blocks = try #require(described["blocks"]?.array)
            #expect(!blocks.isEmpty)
            for (index, block) in blocks.enumerated() {
                let bytes = try Self.bytes(hex: #require(block["bytes_hex"]?.string))
                var values = [Float](repeating: .nan, count: type.blockSize)
                bytes.withUnsafeBytes { bytes in
                    values.withUnsafeMutableBufferPointer { type.dequantize(bytes, into: $0) }
                }
                let expected = try Self.floats(block)
                #expect(Self.areEqual(values, expected), "\(name), block \(index)")
            }
        }
    }

    @Test(arguments: ["q2_k-q3_k", "q4_k-q6_k", "q5_k-iq4_xs", "iq4_nl-q8_0", "tq1_0-tq2_0", "mxfp4-q5_0"])
    func wholeFiles(_ name: String) throws {
        let described = try #require(
            Self.object("files.json")["files"]?.array?.first { $0["file"]?.string == "\(name).gguf" })
        let file = try GGUFFile(Fixtures.golden("gguf-quants/\(name).gguf"))
        let metadata = try #require(described["metadata"]?.object)
        #expect(Set(file.metadata.keys) == Set(metadata.map(\.key)))
        for (key, entry) in metadata {
            #expect(
                file.metadata[key] == Self.value(entry["value"], type: entry["type"]?.string ?? ""), "\(key)")
        }
        let tensors = try #require(described["tensors"]?.array)
        #expect(file.tensors.count == tensors.count)
        for tensor in tensors {
            let name = try #require(tensor["name"]?.string)
            let found = try #require(file.tensors[name])
            #expect(found.type.name == tensor["type"]?.string)
            let dimensions = tensor["dims_in_file"]?.array?.compactMap { value in value.integer }
            #expect(found.shape == dimensions.map { $0.reversed() })
            #expect(Self.areEqual(try file.floats(of: name), try Self.floats(tensor)), "\(name)")
        }
    }

    /// Equal bits, but that zero has no sign.
    private static func areEqual(_ found: [Float], _ expected: [Float]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { $0 == $1 }
    }

    private static func floats(_ described: JSONValue) throws -> [Float] {
        let text = try #require(described["values_f32le_base64"]?.string)
        return try #require(Data(base64Encoded: text)).withUnsafeBytes(\.floats)
    }

    private static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap { digit in digit.hexDigitValue.map(UInt8.init) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func value(_ value: JSONValue?, type: String) -> GGUFValue? {
        if type.hasPrefix("ARRAY/") {
            let element = String(type.dropFirst("ARRAY/".count))
            return value?.array.map { .array($0.compactMap { self.value($0, type: element) }) }
        }
        return switch type {
        case "STRING": value?.string.map(GGUFValue.string)
        case "BOOL": value?.boolean.map(GGUFValue.boolean)
        case "FLOAT32": value?.number.map { .float32(Float($0)) }
        case "FLOAT64": value?.number.map(GGUFValue.float64)
        case "INT32": value?.integer.map { .signed(Int64($0)) }
        default: value?.integer.map { .unsigned(UInt64($0)) }
        }
    }
}
