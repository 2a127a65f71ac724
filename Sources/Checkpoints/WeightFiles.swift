import Foundation

/// A model folder's weights, in one safetensors file or in shards with an index, seen as one set of named
/// tensors.
public struct WeightFiles: Sendable {
    /// Every tensor; its `byteRange` counts from the start of the file it is in.
    public let descriptions: [String: TensorDescription]
    /// The safetensors metadata of the first file.
    public let metadata: [String: String]
    private let files: [SafetensorsFile]
    private let fileOfTensor: [String: SafetensorsFile]

    /// Opens `model.safetensors`, or else every shard that `model.safetensors.index.json` lists. Throws where
    /// a shard holds what the index does not list; what it lists and no shard holds is missed where it is needed.
    public init(folder: URL) throws {
        let single = folder.appendingPathComponent(Self.singleName)
        let index = folder.appendingPathComponent(Self.indexName)
        if FileManager.default.fileExists(atPath: single.path) {
            self.init([try SafetensorsFile(single)])
        } else if FileManager.default.fileExists(atPath: index.path) {
            self.init(try Self.shards(listedIn: index))
        } else {
            throw CheckpointError(
                .missing, file: folder, expected: "\(Self.singleName) or \(Self.indexName)", found: "neither",
                remedy: "name a model folder in Hugging Face layout with weights in safetensors")
        }
    }

    private init(_ files: [SafetensorsFile]) {
        var fileOfTensor: [String: SafetensorsFile] = [:]
        var descriptions: [String: TensorDescription] = [:]
        for file in files {
            descriptions.merge(file.tensors) { first, _ in first }
            for name in file.tensors.keys { fileOfTensor[name] = file }
        }
        self.files = files
        self.fileOfTensor = fileOfTensor
        self.descriptions = descriptions
        metadata = files.first?.metadata ?? [:]
    }

    /// Runs `body` on the bytes of a tensor, little-endian and row-major. The pointer is good only within
    /// `body`, and may be unaligned.
    public func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try file(of: name).withBytes(of: name, body)
    }

    /// The bytes of a tensor, little-endian and row-major, and what must be kept alive while they are read. They may be
    /// unaligned.
    public func mappedBytes(of name: String) throws -> (bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        try file(of: name).mappedBytes(of: name)
    }

    /// Gives the memory that holds the files back to the system until they are read again.
    public func releasePages() { files.forEach { $0.releasePages() } }

    /// The same for the part that holds a tensor.
    public func releasePages(of name: String) throws { try file(of: name).releasePages(of: name) }

    private func file(of name: String) throws -> SafetensorsFile {
        guard let file = fileOfTensor[name] else {
            throw CheckpointError(
                .malformed, expected: "a tensor \(quoted(name)) among the weights",
                found: "none of that name",
                remedy: "check that the weights belong to this model")
        }
        return file
    }

    // MARK: Shards

    private static func shards(listedIn index: URL) throws -> [SafetensorsFile] {
        let listed = try ConfigurationFields.read(index) { json in
            let map = try json.required("weight_map", json.object)
            return try map.members.keys.reduce(into: [String: Set<String>]()) { tensorsOfFile, tensor in
                tensorsOfFile[try map.required(tensor, map.string), default: []].insert(tensor)
            }
        }
        return try listed.sorted { $0.key < $1.key }.map { name, tensors in
            guard isPlainFileName(name) else {
                throw CheckpointError.malformed(
                    index, "weight_map", expected: "names of files in the same folder", found: quoted(name),
                    remedy: "do not use this file: it points outside its folder")
            }
            let shard = try SafetensorsFile(index.deletingLastPathComponent().appendingPathComponent(name))
            try requireListing(of: shard, in: tensors, index)
            return shard
        }
    }

    private static func requireListing(of shard: SafetensorsFile, in names: Set<String>, _ index: URL) throws
    {
        let unlisted = Set(shard.tensors.keys).subtracting(names)
        guard unlisted.isEmpty else {
            throw CheckpointError.malformed(
                shard.url, nil, expected: "only the tensors \(index.lastPathComponent) lists for it",
                found: "also \(listed(unlisted))")
        }
    }

    private static func isPlainFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
            && !name.contains { $0 == "/" || $0 == "\\" || $0 == "\0" }
    }
}

// MARK: - Names

extension WeightFiles {
    static let singleName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    static func shardName(_ number: Int, of count: Int) -> String {
        func padded(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
        }
        return "model-\(padded(number))-of-\(padded(count)).safetensors"
    }

    static func isWeightFile(_ name: String) -> Bool {
        let parts = name.split(separator: "-")
        let isShard =
            parts.count == 4 && parts[0] == "model" && parts[2] == "of" && parts[3].hasSuffix(".safetensors")
            && Int(parts[1]) != nil && Int(parts[3].dropLast(".safetensors".count)) != nil
        return isShard || name == singleName || name == indexName
    }
}
