import Files
import Foundation
import JSON

/// Writes safetensors files: the same tensors always give the same bytes.
public enum SafetensorsWriter {
    /// One tensor to be written; its bytes are asked for when its turn comes, so that not all need be in
    /// memory.
    public struct Entry {
        public let name: String
        public let elementType: ElementType
        /// Row-major sizes; empty for a scalar.
        public let shape: [Int]
        /// Gives the writer the bytes, little-endian and row-major, in one piece or in several that follow
        /// each other.
        public let withBytes: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

        public init(
            name: String, elementType: ElementType, shape: [Int],
            withBytes: @escaping (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            self.name = name
            self.elementType = elementType
            self.shape = shape
            self.withBytes = withBytes
        }
    }

    /// What transformers looks for before it loads a file.
    public static let defaultMetadata = ["format": "pt"]

    /// Writes one file, atomically. Throws where two entries share a name, or an entry's bytes are not those
    /// of its shape; the file that was there before is then untouched.
    public static func write(
        _ entries: [Entry], to url: URL, metadata: [String: String] = defaultMetadata
    ) throws {
        let tensors = try sizedAndOrdered(entries, url)
        let header = SafetensorsHeader.encoded(
            tensors.map { ($0.entry.name, $0.entry.elementType, $0.entry.shape, $0.byteCount) },
            metadata: metadata)
        try AtomicFile.write(to: url) { file in
            try file.write(header)
            for tensor in tensors {
                try write(tensor, to: file, url)
            }
        }
    }

    private typealias SizedEntry = (entry: Entry, byteCount: Int)

    /// Wide elements first: with the data starting at a multiple of 8, every element is then aligned to its
    /// own size.
    private static func sizedAndOrdered(_ entries: [Entry], _ url: URL) throws -> [SizedEntry] {
        var names: Set<String> = [SafetensorsHeader.metadataKey]
        let sized: [SizedEntry] = try entries.map { entry in
            guard names.insert(entry.name).inserted else {
                throw CheckpointError.malformed(
                    url, nil, expected: "every tensor name once", found: "\(quoted(entry.name)) again",
                    remedy: "rename one of them")
            }
            return (entry, try byteCount(of: entry, url))
        }
        return sized.sorted {
            ($1.entry.elementType.byteCount, $0.entry.name) < ($0.entry.elementType.byteCount, $1.entry.name)
        }
    }

    private static func byteCount(of entry: Entry, _ url: URL) throws -> Int {
        guard let byteCount = entry.elementType.byteCount(ofShape: entry.shape) else {
            throw CheckpointError.malformed(
                url, "tensor \(quoted(entry.name))", expected: "sizes of 0 or more that fit in memory",
                found: "\(entry.shape)", remedy: "correct the shape")
        }
        return byteCount
    }

    private static func write(_ tensor: SizedEntry, to file: FileWriter, _ url: URL) throws {
        var written = 0
        try tensor.entry.withBytes { bytes in
            written += bytes.count
            try file.write(bytes)
        }
        guard written == tensor.byteCount else {
            let type = tensor.entry.elementType.rawValue
            throw CheckpointError.malformed(
                url, "tensor \(quoted(tensor.entry.name))",
                expected:
                    "the \(tensor.byteCount) bytes of \(type) \(tensor.entry.shape)",
                found: "\(written)", remedy: "give the writer all of its bytes")
        }
    }
}

// MARK: - A model's weights

extension SafetensorsWriter {
    /// Writes `model.safetensors`, or shards of at most `maximumShardBytes` with
    /// `model.safetensors.index.json`, in the layout transformers reads. A tensor larger than the limit has a
    /// shard of its own.
    ///
    /// Each file is written atomically; use `AtomicFolder` where the folder must change as a whole. Weight
    /// files of an earlier model in the same folder are removed when the new ones are complete.
    public static func writeModel(
        _ entries: [Entry], to folder: URL, maximumShardBytes: Int = 5_000_000_000,
        metadata: [String: String] = defaultMetadata
    ) throws {
        let index = folder.appendingPathComponent(WeightFiles.indexName)
        let sized: [SizedEntry] = try entries.map { ($0, try byteCount(of: $0, index)) }
        let shards = shards(of: sized.sorted { $0.entry.name < $1.entry.name }, maximumShardBytes)
        guard shards.count > 1 else {
            try write(entries, to: folder.appendingPathComponent(WeightFiles.singleName), metadata: metadata)
            return try removeWeights(in: folder, except: [WeightFiles.singleName])
        }

        var fileOfTensor: JSONObject = [:]
        var fileNames: Set<String> = [WeightFiles.indexName]
        for (number, shard) in shards.enumerated() {
            let name = WeightFiles.shardName(number + 1, of: shards.count)
            try write(shard.map(\.entry), to: folder.appendingPathComponent(name), metadata: metadata)
            fileNames.insert(name)
            for tensor in shard {
                guard fileOfTensor[tensor.entry.name] == nil else {
                    throw CheckpointError.malformed(
                        index, nil, expected: "every tensor name once",
                        found: "\(quoted(tensor.entry.name)) again",
                        remedy: "rename one of them")
                }
                fileOfTensor[tensor.entry.name] = .string(name)
            }
        }
        let total = sized.reduce(0) { $0 + $1.byteCount }
        try ConfigurationFields([
            "metadata": .object(["total_size": .integer(total)]), "weight_map": .object(fileOfTensor),
        ]).write(to: index)
        try removeWeights(in: folder, except: fileNames)
    }

    private static func shards(of tensors: [SizedEntry], _ maximumByteCount: Int) -> [[SizedEntry]] {
        var shards: [[SizedEntry]] = []
        var space = 0
        for tensor in tensors {
            if shards.isEmpty || tensor.byteCount > space {
                shards.append([])
                space = maximumByteCount
            }
            shards[shards.count - 1].append(tensor)
            space -= tensor.byteCount
        }
        return shards
    }

    private static func removeWeights(in folder: URL, except kept: Set<String>) throws {
        for file in try FileSystem.contents(of: folder)
        where WeightFiles.isWeightFile(file.lastPathComponent) && !kept.contains(file.lastPathComponent) {
            try FileSystem.remove(file)
        }
    }
}
