import Foundation
import RandomNumbers

/// A format that Heed reads, with the way in that users' files take.
///
/// Its inputs are damaged samples. Reading one must end soon, take little memory, and either succeed or throw an error that
/// says of what kind it is (`CategorizedError`): nothing may trap.
struct FuzzFormat: Sendable, CustomStringConvertible {
    /// Reads one input.
    typealias Reader = (FuzzInput) throws -> Void

    let name: String
    /// Files below `Sources/` that take this format apart.
    let sources: [String]
    let mutator: Mutator
    /// Valid inputs, which are read without an error.
    let samples: [[UInt8]]
    /// What stands around the damaged part in a file, such as the length of a header.
    private let frame: @Sendable ([UInt8]) -> [UInt8]
    /// Makes a reader in an empty folder. What the reader keeps between inputs lasts for ``roundLength`` of them.
    let reader: @Sendable (URL) throws -> Reader

    init(
        _ name: String, _ grammar: Mutator.Grammar, sources: [String], samples: [[UInt8]],
        words: [String] = [],
        frame: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 },
        reader: @escaping @Sendable (URL) throws -> Reader
    ) {
        self.name = name
        self.sources = sources
        self.samples = samples
        self.frame = frame
        self.reader = reader
        mutator = Mutator(grammar, samples: samples, words: words)
    }

    /// A format whose reader keeps nothing.
    init(
        _ name: String, _ grammar: Mutator.Grammar, sources: [String], samples: [String],
        words: [String] = [],
        read: @escaping @Sendable (FuzzInput) throws -> Void
    ) {
        self.init(
            name, grammar, sources: sources, samples: samples.map { Array($0.utf8) }, words: words,
            reader: { _ in read })
    }

    /// Inputs between two new readers.
    static let roundLength = 256

    var description: String { name }

    /// Of the samples.
    var fingerprint: UInt64 { StableHash(samples.joined()).value }

    func input(seed: UInt64, index: Int, in folder: URL) -> FuzzInput {
        FuzzInput(bytes: frame(mutator.input(seed: seed, index: index)), index: index, folder: folder)
    }

    /// A sample as an input.
    func input(sample: Int, in folder: URL) -> FuzzInput {
        FuzzInput(bytes: frame(samples[sample]), index: sample, folder: folder)
    }
}

/// What a reader gets.
struct FuzzInput {
    let bytes: [UInt8]
    let index: Int
    /// The reader's own folder.
    let folder: URL

    var data: Data { Data(bytes) }
    /// The bytes as a text, U+FFFD for those that are not UTF-8.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The input in a file of the reader's folder.
    func file(_ name: String) throws -> URL {
        let file = folder.appendingPathComponent(name)
        try data.write(to: file)
        return file
    }
}
