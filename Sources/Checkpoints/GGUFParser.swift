import Foundation

/// Reads the head of a GGUF file: magic, version, counts, metadata, tensor list; then proves that every
/// tensor's bytes are there.
struct GGUFParser {
    /// Far above any vocabulary, and few enough that a hostile file cannot fill the memory.
    private static let maximumArrayElements = 1 << 24
    private static let maximumArrayDepth = 4
    private static let maximumDimensions = 4
    private static let defaultAlignment = 32

    private let file: MappedFile
    private var offset = 0
    private var arrayElements = 0

    init(_ file: MappedFile) {
        self.file = file
    }

    mutating func parse() throws -> ([String: GGUFValue], [String: GGUFTensorDescription]) {
        try readVersion()
        // The smallest tensor entry is an empty name, no dimensions, a type and an offset; the smallest pair
        // an empty key and a one-byte value.
        let tensorCount = try readCount("tensor count", smallestItem: 24)
        let pairCount = try readCount("metadata count", smallestItem: 13)
        let metadata = try readMetadata(pairCount)
        try refuseSplit(metadata)
        let entries = try readTensorEntries(tensorCount)
        let dataStart = try dataStart(alignment: alignment(metadata))
        return (metadata, try located(entries, dataStart: dataStart, alignment: alignment(metadata)))
    }

    // MARK: Head

    private mutating func readVersion() throws {
        let magic = try take(4, "magic")
        guard magic.elementsEqual("GGUF".utf8) else {
            throw malformed(
                "magic", expected: "GGUF", found: "bytes \(Array(magic))",
                remedy: "this is not a GGUF file: check its name")
        }
        let version = try readInteger(UInt32.self, "version")
        guard (2...3).contains(version) else {
            let isBigEndian = (2...3).contains(version.byteSwapped)
            throw CheckpointError(
                .unsupported, file: file.url, place: "version", expected: "2 or 3, little-endian",
                found: isBigEndian ? "a big-endian file" : "\(version)",
                remedy: "convert the file with llama.cpp's tools")
        }
    }

    /// A count of items that must all fit in what is left of the file.
    private mutating func readCount(_ place: String, smallestItem: Int) throws -> Int {
        let count = try readInteger(UInt64.self, place)
        let limit = (file.bytes.count - offset) / smallestItem
        guard count <= limit else { throw malformed(place, expected: "at most \(limit)", found: "\(count)") }
        return Int(count)
    }

    private mutating func readMetadata(_ count: Int) throws -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for number in 0..<count {
            let key = try readString("metadata key \(number)")
            let place = "metadata key \(quoted(key))"
            let type = try readInteger(UInt32.self, place)
            guard metadata.updateValue(try readValue(type, place, depth: 0), forKey: key) == nil else {
                throw malformed(place, expected: "every key once", found: "it again")
            }
        }
        return metadata
    }

    /// A model may be split over files, of which each holds some tensors and the first alone the settings.
    private func refuseSplit(_ metadata: [String: GGUFValue]) throws {
        guard let count = metadata["split.count"]?.integer, count > 1 else { return }
        let number = (metadata["split.no"]?.integer ?? 0) + 1
        throw CheckpointError(
            .unsupported, file: file.url, place: "metadata key 'split.count'",
            expected: "a model in one file",
            found: "part \(number) of a model split into \(count) files"
                + missingParts(of: count),
            remedy: "make one file of them: llama-gguf-split --merge FIRST-PART MODEL.gguf")
    }

    /// By the names that llama.cpp gives parts: `NAME-00001-of-00003.gguf`.
    private func missingParts(of count: Int) -> String {
        let name = file.url.deletingPathExtension().lastPathComponent
        guard count <= 99_999,
            let end = name.range(of: #"-\d{5}-of-\d{5}$"#, options: .regularExpression)
        else { return "" }
        let missing = (1...count).map {
            name[..<end.lowerBound] + String(format: "-%05d-of-%05d.gguf", $0, count)
        }.filter { part in
            let url = file.url.deletingLastPathComponent().appendingPathComponent(String(part))
            return !FileManager.default.fileExists(atPath: url.path)
        }
        return missing.isEmpty ? "" : ", of which \(listed(missing.map(String.init))) are not beside it"
    }

    private func alignment(_ metadata: [String: GGUFValue]) throws -> Int {
        let key = "general.alignment"
        guard let value = metadata[key] else { return Self.defaultAlignment }
        guard let alignment = value.integer, (1...1 << 30).contains(alignment), alignment.nonzeroBitCount == 1
        else {
            throw malformed("metadata key \(quoted(key))", expected: "a power of two", found: "\(value)")
        }
        return alignment
    }

    // MARK: Tensors

    private struct TensorEntry {
        let name: String
        let type: GGUFTensorType
        let shape: [Int]
        let elementCount: Int
        let byteCount: Int
        let offset: UInt64
    }

    private mutating func readTensorEntries(_ count: Int) throws -> [TensorEntry] {
        var names: Set<String> = []
        return try (0..<count).map { number in
            let name = try readString("tensor name \(number)")
            let place = "tensor \(quoted(name))"
            guard names.insert(name).inserted else {
                throw malformed(place, expected: "every name once", found: "it again")
            }
            let dimensions = try readInteger(UInt32.self, place)
            guard dimensions <= Self.maximumDimensions else {
                throw malformed(
                    place, expected: "at most \(Self.maximumDimensions) dimensions", found: "\(dimensions)")
            }
            let sizes = try (0..<dimensions).map { _ in try readInteger(UInt64.self, place) }
            let type = try readTensorType(place)
            return try entry(name, type, sizes, place, offset: readInteger(UInt64.self, place))
        }
    }

    private mutating func readTensorType(_ place: String) throws -> GGUFTensorType {
        let code = try readInteger(UInt32.self, place)
        guard let type = GGUFTensorType(rawValue: code) else {
            let known = GGUFTensorType.allCases.map(\.name).joined(separator: ", ")
            throw CheckpointError(
                .unsupported, file: file.url, place: place, expected: "a type of \(known)",
                found: GGUFTensorType.name(ofUnreadable: code),
                remedy: "fetch the model in one of those types")
        }
        return type
    }

    private func entry(
        _ name: String, _ type: GGUFTensorType, _ sizes: [UInt64], _ place: String, offset: UInt64
    ) throws -> TensorEntry {
        let shape = sizes.reversed().compactMap { Int(exactly: $0) }
        guard shape.count == sizes.count, let elementCount = elementCount(ofShape: shape),
            let byteCount = type.byteCount(ofElements: elementCount)
        else { throw malformed(place, expected: "sizes that fit in memory", found: "\(sizes)") }
        guard (shape.last ?? 1).isMultiple(of: type.blockSize) else {
            throw malformed(
                place,
                expected: "rows of a multiple of \(type.blockSize) elements, as \(type.name) has blocks",
                found: "\(shape.last ?? 1)")
        }
        return TensorEntry(
            name: name, type: type, shape: shape, elementCount: elementCount, byteCount: byteCount,
            offset: offset)
    }

    /// Data begins at the next aligned offset after the tensor list; without tensors there need not be any.
    private func dataStart(alignment: Int) throws -> Int {
        let start = (offset + alignment - 1) & ~(alignment - 1)
        return min(start, file.bytes.count)
    }

    private func located(
        _ entries: [TensorEntry], dataStart: Int, alignment: Int
    ) throws -> [String: GGUFTensorDescription] {
        let dataCount = file.bytes.count - dataStart
        var end = 0
        var previous = ""
        var tensors: [String: GGUFTensorDescription] = [:]
        for entry in entries.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            let place = "tensor \(quoted(entry.name))"
            guard entry.offset.isMultiple(of: UInt64(alignment)) else {
                throw malformed(
                    place, expected: "an offset aligned to \(alignment)", found: "\(entry.offset)")
            }
            guard entry.byteCount <= dataCount, entry.offset <= dataCount - entry.byteCount else {
                throw malformed(
                    place, expected: "\(entry.byteCount) bytes from offset \(entry.offset)",
                    found: "the data ends at \(dataCount)")
            }
            let start = Int(entry.offset)
            guard start >= end else {
                throw malformed(
                    place, expected: "bytes of its own", found: "an overlap with tensor \(quoted(previous))")
            }
            end = start + entry.byteCount
            previous = entry.name
            tensors[entry.name] = GGUFTensorDescription(
                name: entry.name, type: entry.type, shape: entry.shape, elementCount: entry.elementCount,
                byteRange: dataStart + start..<dataStart + end)
        }
        return tensors
    }

    // MARK: Values

    private mutating func readValue(_ type: UInt32, _ place: String, depth: Int) throws -> GGUFValue {
        switch type {
        case 0: .unsigned(UInt64(try readInteger(UInt8.self, place)))
        case 1: .signed(Int64(try readInteger(Int8.self, place)))
        case 2: .unsigned(UInt64(try readInteger(UInt16.self, place)))
        case 3: .signed(Int64(try readInteger(Int16.self, place)))
        case 4: .unsigned(UInt64(try readInteger(UInt32.self, place)))
        case 5: .signed(Int64(try readInteger(Int32.self, place)))
        case 6: .float32(Float(bitPattern: try readInteger(UInt32.self, place)))
        case 7: .boolean(try readBoolean(place))
        case 8: .string(try readString(place))
        case 9: .array(try readArray(place, depth: depth + 1))
        case 10: .unsigned(try readInteger(UInt64.self, place))
        case 11: .signed(try readInteger(Int64.self, place))
        case 12: .float64(Double(bitPattern: try readInteger(UInt64.self, place)))
        default: throw malformed(place, expected: "a value type from 0 to 12", found: "\(type)")
        }
    }

    private mutating func readBoolean(_ place: String) throws -> Bool {
        let byte = try readInteger(UInt8.self, place)
        guard byte <= 1 else { throw malformed(place, expected: "0 or 1", found: "\(byte)") }
        return byte == 1
    }

    private mutating func readArray(_ place: String, depth: Int) throws -> [GGUFValue] {
        guard depth <= Self.maximumArrayDepth else {
            throw malformed(
                place, expected: "at most \(Self.maximumArrayDepth) levels of arrays", found: "more")
        }
        let type = try readInteger(UInt32.self, place)
        let count = try readCount(place, smallestItem: 1)
        arrayElements += count
        guard arrayElements <= Self.maximumArrayElements else {
            throw malformed(
                place, expected: "at most \(Self.maximumArrayElements) array elements in a file",
                found: "more")
        }
        return try (0..<count).map { _ in try readValue(type, place, depth: depth) }
    }

    private mutating func readString(_ place: String) throws -> String {
        let count = try readCount(place, smallestItem: 1)
        guard let string = String(validating: try take(count, place), as: UTF8.self) else {
            throw malformed(place, expected: "text in UTF-8", found: "other bytes")
        }
        return string
    }

    private mutating func readInteger<Integer: FixedWidthInteger>(
        _ type: Integer.Type, _ place: String
    ) throws -> Integer {
        Integer(littleEndian: try take(MemoryLayout<Integer>.size, place).loadUnaligned(as: type))
    }

    /// The next `count` bytes; the pointer is good while `file` lives, which is as long as this parser.
    private mutating func take(_ count: Int, _ place: String) throws -> UnsafeRawBufferPointer {
        guard count <= file.bytes.count - offset else {
            throw malformed(
                place, expected: "\(count) more bytes at offset \(offset)",
                found: "\(file.bytes.count - offset)")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count])
    }

    private func malformed(
        _ place: String, expected: String, found: String,
        remedy: String = "the file is damaged or cut short: fetch it again"
    ) -> CheckpointError {
        CheckpointError.malformed(file.url, place, expected: expected, found: found, remedy: remedy)
    }
}
