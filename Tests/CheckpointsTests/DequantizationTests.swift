import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Blocks written out by hand from the layouts; 0x3800 is a half in half precision, 0x3400 a quarter, 0x4000
/// two.
@Suite struct DequantizationTests {
    private func values(_ type: GGUFTensorType, _ bytes: [UInt8], count: Int) throws -> [Float] {
        let folder = try TemporaryFolder()
        var builder = GGUFBuilder()
        builder.add("w", type, [count], bytes)
        return try GGUFFile(try folder.file("w.gguf", builder.bytes)).floats(of: "w")
    }

    /// Low halves 0…15, high halves 15…0.
    private let nibbles: [UInt8] = [
        0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 0x78, 0x69, 0x5a, 0x4b, 0x3c, 0x2d, 0x1e, 0x0f,
    ]

    @Test func plainTypes() throws {
        #expect(try values(.float32, [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1], count: 2) == [1, -10])
        #expect(
            try values(
                .float16, [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x7c, 0x00, 0x80], count: 6)
                == [1, -2, 5.9604645e-08, 65504, .infinity, 0])
        #expect(
            try values(.bfloat16, [0x80, 0x3f, 0x49, 0xc0, 0x80, 0x7f], count: 3) == [
                1, -3.140625, .infinity,
            ])
    }

    @Test func q4Centred() throws {
        #expect(
            try values(.q4_0, [0x00, 0x38] + nibbles, count: 32) == [
                -4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5,
                3.5, 3, 2.5, 2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2, -2.5, -3, -3.5, -4,
            ])
    }

    @Test func q4Offset() throws {
        // Scale a quarter, offset -1.5.
        #expect(
            try values(.q4_1, [0x00, 0x34, 0x00, 0xbe] + nibbles, count: 32) == [
                -1.5, -1.25, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25,
                2.25, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25, 0, -0.25, -0.5, -0.75, -1, -1.25, -1.5,
            ])
    }

    @Test func q5Centred() throws {
        // Scale two; the fifth bits of elements 0, 1, 8, 16 and 31 are set.
        #expect(
            try values(.q5_0, [0x00, 0x40, 0x03, 0x01, 0x01, 0x80] + nibbles, count: 32) == [
                0, 2, -28, -26, -24, -22, -20, -18, 16, -14, -12, -10, -8, -6, -4, -2,
                30, -4, -6, -8, -10, -12, -14, -16, -18, -20, -22, -24, -26, -28, -30, 0,
            ])
    }

    @Test func q5Offset() throws {
        // Scale a half, offset 1; the same fifth bits.
        #expect(
            try values(.q5_1, [0x00, 0x38, 0x00, 0x3c, 0x03, 0x01, 0x01, 0x80] + nibbles, count: 32) == [
                9, 9.5, 2, 2.5, 3, 3.5, 4, 4.5, 13, 5.5, 6, 6.5, 7, 7.5, 8, 8.5,
                16.5, 8, 7.5, 7, 6.5, 6, 5.5, 5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5, 9,
            ])
    }

    @Test func q8InTwoBlocks() throws {
        // Scales an eighth and -2.
        let first: [UInt8] =
            [0x00, 0x30, 0x80, 0x7f, 0x00, 0x01, 0xff, 0x08] + [UInt8](repeating: 0, count: 26)
        let second: [UInt8] = [0x00, 0xc0] + [UInt8](repeating: 3, count: 31) + [0xfd]
        #expect(
            try values(.q8_0, first + second, count: 64)
                == [-16, 15.875, 0, 0.125, -0.125, 1] + [Float](repeating: 0, count: 26)
                + [Float](repeating: -6, count: 31) + [6])
    }
}
