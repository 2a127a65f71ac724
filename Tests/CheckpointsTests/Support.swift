import Foundation
import TestSupport
import Testing

@testable import Checkpoints

enum Fixtures {
    static func golden(_ path: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/golden/\(path)")
    }

    static let models = ["tiny-llama", "tiny-llama-ref", "tiny-qwen2", "tiny-qwen3", "tiny-reward"]
}

/// A folder that is removed when the test is over.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "checkpoints-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String, _ bytes: some Sequence<UInt8> = []) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

/// Expects an error of one kind whose description has every text in it.
func expectError(
    _ kind: CheckpointError.Kind, _ texts: String..., location: SourceLocation = #_sourceLocation,
    from body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no error", sourceLocation: location)
    } catch let error as CheckpointError {
        #expect(error.kind == kind, "\(error)", sourceLocation: location)
        for text in texts {
            #expect(error.description.contains(text), "no “\(text)” in: \(error)", sourceLocation: location)
        }
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}

extension GGUFBuilder {
    mutating func add(_ name: String, _ type: GGUFTensorType, _ shape: [Int], _ bytes: [UInt8]) {
        add(name, type.rawValue, shape, bytes)
    }
}

extension UnsafeRawBufferPointer {
    var floats: [Float] {
        stride(from: 0, to: count, by: 4).map {
            Float(bitPattern: loadUnaligned(fromByteOffset: $0, as: UInt32.self))
        }
    }
}

extension SafetensorsWriter.Entry {
    init(_ name: String, _ elementType: ElementType, _ shape: [Int], _ bytes: [UInt8]) {
        self.init(name: name, elementType: elementType, shape: shape) { write in
            try bytes.withUnsafeBytes(write)
        }
    }

    init(_ name: String, _ shape: [Int], _ floats: [Float]) {
        self.init(name, .float32, shape, [UInt8](floats: floats))
    }
}
