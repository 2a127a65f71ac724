import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct GGUFFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ build: (inout GGUFBuilder) -> Void) throws -> GGUFFile {
        var builder = GGUFBuilder()
        build(&builder)
        return try GGUFFile(try folder.file("model.gguf", builder.bytes))
    }

    /// Expects the file to be refused with these words.
    private func expectRefusal(
        of kind: CheckpointError.Kind = .malformed, _ texts: String,
        location: SourceLocation = #_sourceLocation,
        _ build: (inout GGUFBuilder) -> Void
    ) {
        expectError(kind, "model.gguf", texts, location: location) { _ = try open(build) }
    }

    private func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: value)
        return bytes
    }

    @Test func everyTypeOfValue() throws {
        let strings =
            little(UInt32(8)) + little(UInt64(2)) + GGUFBuilder.bytes(of: "é") + GGUFBuilder.bytes(of: "")
        let nested =
            little(UInt32(9)) + little(UInt64(2)) + little(UInt32(1)) + little(UInt64(2)) + [255, 1]
            + little(UInt32(12))
            + little(UInt64(1)) + little((2.5 as Double).bitPattern)
        let file = try open { builder in
            builder.version = 2
            builder.add("u8", .raw(0, [200]))
            builder.add("i8", .raw(1, [200]))
            builder.add("u16", .raw(2, [1, 2]))
            builder.add("i16", .raw(3, [0, 0x80]))
            builder.add("u32", .uint32(.max))
            builder.add("i32", .raw(5, little(Int32(-7))))
            builder.add("f32", .float32(1e-5))
            builder.add("yes", .raw(7, [1]))
            builder.add("no", .raw(7, [0]))
            builder.add("text", .string("héllo"))
            builder.add("texts", .raw(9, strings))
            builder.add("nested", .raw(9, nested))
            builder.add("u64", .raw(10, little(UInt64.max)))
            builder.add("i64", .raw(11, little(Int64.min)))
            builder.add("f64", .raw(12, little((0.1 as Double).bitPattern)))
        }
        let metadata = file.metadata
        #expect(metadata.count == 15 && file.tensors.isEmpty)
        #expect(metadata["u8"] == .unsigned(200) && metadata["i8"] == .signed(-56))
        #expect(metadata["u16"] == .unsigned(513) && metadata["i16"] == .signed(-32768))
        #expect(metadata["u32"] == .unsigned(4_294_967_295) && metadata["i32"] == .signed(-7))
        #expect(metadata["f32"] == .float32(1e-5) && metadata["f32"]?.number == 1e-5)
        #expect(metadata["yes"]?.boolean == true && metadata["no"]?.boolean == false)
        #expect(metadata["text"]?.string == "héllo" && metadata["texts"]?.strings == ["é", ""])
        #expect(metadata["nested"] == .array([.array([.signed(-1), .signed(1)]), .array([.float64(2.5)])]))
        #expect(metadata["nested"]?.array?.first?.integers == [-1, 1] && metadata["nested"]?.integers == nil)
        #expect(metadata["u64"] == .unsigned(.max) && metadata["u64"]?.integer == nil)
        #expect(metadata["i64"]?.integer == .min && metadata["f64"]?.number == 0.1)
    }

    @Test func tensorsAreFoundWhereTheyAre() throws {
        let file = try open { builder in
            builder.alignment = 64
            builder.add("general.alignment", .uint32(64))
            builder.add("first", .float32, [2, 3], [UInt8](floats: [1, 2, 3, 4, 5, 6]))
            builder.add("scalar", .float32, [], [UInt8](floats: [9]))
            builder.add("empty", .float32, [0, 4], [])
            builder.add("last", .bfloat16, [1], [0x80, 0xbf])
        }
        #expect(file.tensors["first"]?.shape == [2, 3])
        #expect(file.tensors["first"]?.byteRange.lowerBound.isMultiple(of: 64) == true)
        #expect(try file.floats(of: "first") == [1, 2, 3, 4, 5, 6])
        #expect(try file.floats(of: "scalar") == [9])
        #expect(try file.floats(of: "empty") == [])
        #expect(try file.floats(of: "last") == [-1])
        expectError(.malformed, "model.gguf", "'nope'") { _ = try file.floats(of: "nope") }
    }

    @Test func headThatLies() {
        expectRefusal("not a GGUF file") { $0.magic = Array("GGML".utf8) }
        expectRefusal(of: .unsupported, "found 1") { $0.version = 1 }
        expectRefusal(of: .unsupported, "found 4") { $0.version = 4 }
        expectRefusal(of: .unsupported, "big-endian") { $0.version = UInt32(3).byteSwapped }
        expectRefusal("tensor count") { $0.tensorCount = .max }
        expectRefusal("metadata count") { $0.pairCount = 1 << 40 }
        expectError(.malformed, "magic") { _ = try GGUFFile(try folder.file("model.gguf", [])) }
    }

    @Test func metadataThatLies() {
        expectRefusal("'a': expected every key once") { builder in
            builder.add("a", .uint32(1))
            builder.add("a", .uint32(2))
        }
        expectRefusal("a value type from 0 to 12, found 13") { $0.add("a", .raw(13, [0])) }
        expectRefusal("0 or 1, found 2") { $0.add("a", .raw(7, [2])) }
        expectRefusal("UTF-8") { $0.add("a", .raw(8, little(UInt64(1)) + [0xff])) }
        expectRefusal("key 'a'") { $0.add("a", .raw(8, little(UInt64.max))) }
        expectRefusal("key 'a'") { $0.add("a", .raw(9, little(UInt32(4)) + little(UInt64.max))) }
        expectRefusal("levels of arrays") { builder in
            let level = little(UInt32(9)) + little(UInt64(1))
            builder.add(
                "a",
                .raw(9, Array((0..<50).map { _ in level }.joined()) + little(UInt32(0)) + little(UInt64(0))))
        }
        for alignment in [0, 3, 48, UInt32.max] {
            expectRefusal("a power of two") { $0.add("general.alignment", .uint32(alignment)) }
        }
        expectRefusal("a power of two") { $0.add("general.alignment", .string("32")) }
    }

    @Test func tensorsThatLie() {
        let floats = [UInt8](floats: [1, 2, 3, 4])
        func tensor(_ sizes: [UInt64], type: UInt32 = 0, offset: UInt64? = nil) -> GGUFBuilder.Tensor {
            GGUFBuilder.Tensor(name: "w", sizes: sizes, type: type, bytes: floats, offset: offset)
        }
        expectRefusal(
            of: .unsupported,
            "tensor 'w': expected a type of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1, Q2_K, Q3_K, Q4_K, "
                + "Q5_K, Q6_K, Q8_K, IQ4_NL, IQ4_XS, BF16, TQ1_0, TQ2_0, MXFP4, found IQ2_XXS"
        ) {
            $0.tensors = [tensor([256], type: 16)]
        }
        expectRefusal(of: .unsupported, "type number 999") { $0.tensors = [tensor([256], type: 999)] }
        expectRefusal("'w': expected every name once") { $0.tensors = [tensor([4]), tensor([4])] }
        expectRefusal("at most 4 dimensions, found 5") { $0.tensors = [tensor([1, 1, 1, 1, 1])] }
        expectRefusal("fit in memory") { $0.tensors = [tensor([1 << 40, 1 << 40])] }
        expectRefusal("fit in memory") { $0.tensors = [tensor([1 << 62])] }
        expectRefusal("fit in memory") { $0.tensors = [tensor([.max])] }
        expectRefusal("rows of a multiple of 32 elements, as Q8_0 has blocks, found 16") {
            $0.tensors = [tensor([16, 2], type: 8)]
        }
        expectRefusal("20 bytes from offset 0") { $0.tensors = [tensor([5])] }
        expectRefusal("aligned to 32, found 8") { $0.tensors = [tensor([2], offset: 8)] }
        expectRefusal("offset 64") { $0.tensors = [tensor([4], offset: 64)] }
        expectRefusal("offset 18446744073709551584") { $0.tensors = [tensor([4], offset: .max - 31)] }
        expectRefusal("an overlap with tensor 'x'") { builder in
            builder.tensors = [tensor([4])]
            builder.tensors.append(.init(name: "x", sizes: [1], type: 0, bytes: floats, offset: 0))
        }
    }

    @Test func cutShortAnywhere() throws {
        var builder = GGUFBuilder()
        builder.add("text", .string("abc"))
        builder.add("texts", .raw(9, little(UInt32(8)) + little(UInt64(1)) + GGUFBuilder.bytes(of: "x")))
        builder.add("w", .float32, [4], [UInt8](floats: [1, 2, 3, 4]))
        let whole = builder.bytes
        _ = try GGUFFile(try folder.file("model.gguf", whole))
        for count in 0..<whole.count {
            expectError(.malformed, "model.gguf") {
                _ = try GGUFFile(try folder.file("model.gguf", whole.prefix(count)))
            }
        }
    }
}
