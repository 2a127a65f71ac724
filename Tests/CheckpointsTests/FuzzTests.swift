import Foundation
import RandomNumbers
import TestSupport
import Testing

@testable import Checkpoints

/// Damaged input of every format: it reads, or it is an error that says where; never anything else.
@Suite struct FuzzTests {
    private static let rounds = 1500

    private func fuzz(_ sound: [UInt8], seed: UInt64, rounds: Int = Self.rounds, read: (URL) throws -> Void)
        throws
    {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("fuzzed")
        try Data(sound).write(to: url)
        try read(url)
        var random = SplitMix64(seed: seed)
        var refusals = 0
        for round in 0..<rounds {
            try Data(damaged(sound, &random)).write(to: url)
            do {
                try read(url)
            } catch let error as CheckpointError {
                refusals += 1
                #expect(
                    error.file?.lastPathComponent == "fuzzed" && !error.remedy.isEmpty,
                    "round \(round): \(error)")
            } catch {
                Issue.record("round \(round): \(error)")
            }
        }
        #expect(refusals > rounds / 4)
    }

    private func damaged(_ sound: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = sound
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(position...)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes.remove(at: position)
            case 4: bytes.insert(bytes[position], at: position)
            default:
                // A large number where a length or an offset may be.
                let end = min(position + 8, bytes.count)
                bytes.replaceSubrange(
                    position..<end,
                    with: [UInt8](repeating: Bool.random(using: &random) ? 255 : 127, count: end - position))
            }
        }
        return bytes
    }

    @Test func safetensors() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("a")
        try SafetensorsWriter.write(
            [
                .init("a", [2, 3], [1, 2, 3, 4, 5, 6]), .init("b", .bfloat16, [2], [1, 2, 3, 4]),
                .init("c", .bool, [], [1]),
            ], to: url)
        try fuzz([UInt8](try Data(contentsOf: url)), seed: 1) { url in
            let file = try SafetensorsFile(url)
            for tensor in file.tensors.values {
                let bytes = try file.withBytes(of: tensor.name) { Array($0) }
                #expect(bytes.count == tensor.elementType.byteCount(ofShape: tensor.shape))
            }
        }
    }

    @Test func safetensorsHeadersOfRandomPieces() throws {
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"a\"", "\"b\"", "\"dtype\"", "\"F32\"", "\"shape\"",
            "\"data_offsets\"", "0", "4",
            "8", "-1", "1e9", "99999999999999999999", "null", "\"__metadata__\"", "\"", "\\", " ",
            "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", "\u{e9}",
        ]
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: 2)
        for _ in 0..<Self.rounds {
            let header =
                "{"
                + (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                    pieces.randomElement(using: &random)
                }.joined()
            var bytes: [UInt8] = []
            bytes.append(integer: UInt64(header.utf8.count))
            let url = try folder.file("fuzzed", bytes + header.utf8 + [0, 0, 0, 0])
            do {
                let file = try SafetensorsFile(url)
                #expect(
                    file.tensors.values.allSatisfy {
                        $0.byteRange.upperBound <= bytes.count + header.utf8.count + 4
                    })
            } catch {
                #expect(error is CheckpointError)
            }
        }
    }

    @Test func gguf() throws {
        var builder = GGUFBuilder()
        builder.add("general.architecture", .string("llama"))
        builder.add("llama.block_count", .uint32(1))
        var texts: [UInt8] = []
        texts.append(integer: UInt32(8))
        texts.append(integer: UInt64(3))
        builder.add("texts", .raw(9, texts + ["a", "bc", ""].flatMap(GGUFBuilder.bytes)))
        builder.add("a", .q8_0, [2, 32], [UInt8](repeating: 3, count: 68))
        builder.add("b", .float32, [3], [UInt8](floats: [1, 2, 3]))
        builder.add("c", .q5_1, [32], [UInt8](repeating: 9, count: 24))
        try fuzz(builder.bytes, seed: 3) { url in
            let file = try GGUFFile(url)
            for tensor in file.tensors.values {
                #expect(try file.floats(of: tensor.name).count == tensor.elementCount)
            }
        }
    }

    @Test func zip() throws {
        let sound = [UInt8](Data(base64Encoded: ZipArchiveTests.pythons) ?? Data())
        try fuzz(sound, seed: 4) { url in
            let archive = try ZipArchive(url)
            for entry in archive.entries {
                #expect(try archive.contents(of: entry.name).count == entry.byteCount)
            }
        }
    }

    @Test(arguments: Fixtures.models) func configurations(_ model: String) throws {
        let sound = [UInt8](try Data(contentsOf: Fixtures.golden("\(model)/config.json")))
        try fuzz(sound, seed: 5, rounds: 300) { url in
            try ModelConfiguration(contentsOf: url).validate()
        }
    }

    @Test func adapterConfigurations() throws {
        let sound = [UInt8](try Data(contentsOf: Fixtures.golden("sft/lora_init/adapter_config.json")))
        try fuzz(sound, seed: 6, rounds: 300) { url in
            try AdapterConfiguration(contentsOf: url).validate()
        }
    }
}
