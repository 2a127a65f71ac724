import Foundation

/// Reads a zip archive's central directory and proves that its entries are what they claim.
struct ZipDirectory {
    private static let endSignature: UInt32 = 0x0605_4b50
    private static let entrySignature: UInt32 = 0x0201_4b50
    private static let localSignature: UInt32 = 0x0403_4b50
    private static let endByteCount = 22
    private static let entryByteCount = 46
    private static let localByteCount = 30
    /// A deflate stream cannot grow by more than this; a larger claim is a bomb or damage.
    private static let maximumExpansion = 1032

    private let file: MappedFile
    private var bytes: UnsafeRawBufferPointer { file.bytes }

    init(_ file: MappedFile) {
        self.file = file
    }

    func read() throws -> [ZipArchive.Entry] {
        let end = try endOfDirectory()
        let count = Int(integer(UInt16.self, at: end + 10))
        let directoryByteCount = Int(integer(UInt32.self, at: end + 12))
        let start = Int(integer(UInt32.self, at: end + 16))
        guard integer(UInt16.self, at: end + 4) == 0, integer(UInt16.self, at: end + 8) == UInt16(count)
        else {
            throw unsupported("an archive in one piece", found: "one of several disks")
        }
        guard count != 0xffff, directoryByteCount != 0xffff_ffff, start != 0xffff_ffff else {
            throw unsupported("a plain zip archive", found: "zip64")
        }
        guard start <= end, directoryByteCount == end - start else {
            throw malformed(
                nil, "\(directoryByteCount) bytes of directory from offset \(start)", "its end at \(end)")
        }

        var position = start
        var names: Set<String> = []
        let entries = try (0..<count).map { number in
            let entry = try entry(number, at: &position, directory: start..<end)
            guard names.insert(entry.name).inserted else {
                throw malformed(entry.name, "every name once", "it again")
            }
            return entry
        }
        guard position == end else {
            throw malformed(nil, "\(count) entries to fill the directory", "\(end - position) bytes more")
        }
        try requireSeparate(entries)
        return entries
    }

    /// Where the record that ends the archive begins. It is followed by a comment of at most 65535 bytes, so
    /// it is looked for from the end backwards.
    private func endOfDirectory() throws -> Int {
        let last = bytes.count - Self.endByteCount
        for position in stride(from: last, through: max(0, last - 0xffff), by: -1)
        where integer(UInt32.self, at: position) == Self.endSignature
            && position + Self.endByteCount + Int(integer(UInt16.self, at: position + 20)) == bytes.count
        {
            return position
        }
        throw CheckpointError.malformed(
            file.url, nil, expected: "the end record of a zip archive", found: "none",
            remedy: "the file is cut short or not a zip archive: fetch it again")
    }

    // MARK: Entries

    private func entry(_ number: Int, at position: inout Int, directory: Range<Int>) throws
        -> ZipArchive.Entry
    {
        let start = position
        guard directory.upperBound - start >= Self.entryByteCount,
            integer(UInt32.self, at: start) == Self.entrySignature
        else { throw malformed(nil, "directory entry \(number) at offset \(start)", "something else") }
        let nameCount = Int(integer(UInt16.self, at: start + 28))
        let extraCount = Int(integer(UInt16.self, at: start + 30))
        let commentCount = Int(integer(UInt16.self, at: start + 32))
        position = start + Self.entryByteCount + nameCount + extraCount + commentCount
        guard position <= directory.upperBound else {
            throw malformed(nil, "directory entry \(number) to end before the directory", "more bytes")
        }
        let name = try name(at: start + Self.entryByteCount, count: nameCount, number)
        guard integer(UInt16.self, at: start + 8) & 1 == 0 else {
            throw unsupported("plain entries", found: "\(quoted(name)) encrypted")
        }
        let code = integer(UInt16.self, at: start + 10)
        guard let method = ZipArchive.Method(rawValue: code) else {
            throw unsupported("entries stored or deflated", found: "\(quoted(name)) by method \(code)")
        }
        let compressed = Int(integer(UInt32.self, at: start + 20))
        let count = Int(integer(UInt32.self, at: start + 24))
        let local = Int(integer(UInt32.self, at: start + 42))
        guard compressed != 0xffff_ffff, count != 0xffff_ffff, local != 0xffff_ffff else {
            throw unsupported("a plain zip archive", found: "\(quoted(name)) in zip64")
        }
        guard method == .deflated ? count <= compressed * Self.maximumExpansion : count == compressed else {
            throw malformed(name, "a size that \(compressed) bytes can hold", "\(count)")
        }
        let dataStart = try dataStart(ofLocal: local, before: directory.lowerBound, name, method)
        guard compressed <= directory.lowerBound - dataStart else {
            throw malformed(
                name, "\(compressed) bytes from offset \(dataStart)", "the directory in their place")
        }
        return ZipArchive.Entry(
            name: name, compressedByteCount: compressed, byteCount: count,
            checksum: integer(UInt32.self, at: start + 16), method: method,
            range: dataStart..<dataStart + compressed)
    }

    /// An entry's bytes follow a second header, which must agree with the directory.
    private func dataStart(
        ofLocal local: Int, before limit: Int, _ name: String, _ method: ZipArchive.Method
    ) throws -> Int {
        guard local + Self.localByteCount <= limit, integer(UInt32.self, at: local) == Self.localSignature
        else {
            throw malformed(name, "its header at offset \(local)", "none")
        }
        let nameCount = Int(integer(UInt16.self, at: local + 26))
        let nameStart = local + Self.localByteCount
        let dataStart = nameStart + nameCount + Int(integer(UInt16.self, at: local + 28))
        guard dataStart <= limit, bytes[nameStart..<nameStart + nameCount].elementsEqual(name.utf8),
            integer(UInt16.self, at: local + 8) == method.rawValue
        else { throw malformed(name, "the same name and method in its own header", "others") }
        return dataStart
    }

    /// A path that would leave the folder it is extracted to is an attack, whoever extracts it.
    private func name(at start: Int, count: Int, _ number: Int) throws -> String {
        guard let name = String(validating: bytes[start..<start + count], as: UTF8.self) else {
            throw malformed(nil, "the name of entry \(number) in UTF-8", "other bytes")
        }
        let path = name.hasSuffix("/") ? name.dropLast() : Substring(name)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isSafe =
            parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && !name.unicodeScalars.contains { $0 == "\\" || $0 == ":" || $0.value < 0x20 }
        guard isSafe else {
            throw CheckpointError.malformed(
                file.url, "entry \(quoted(name))", expected: "a path inside the archive's folder",
                found: "another",
                remedy: "do not use this archive: it would write outside its folder")
        }
        return name
    }

    private func requireSeparate(_ entries: [ZipArchive.Entry]) throws {
        var end = 0
        for entry in entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard entry.range.lowerBound >= end else {
                throw malformed(entry.name, "bytes of its own", "an overlap")
            }
            end = entry.range.upperBound
        }
    }

    // MARK: Bytes

    /// The caller has made sure that the bytes are there.
    private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int) -> Integer {
        Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    private func malformed(_ name: String?, _ expected: String, _ found: String) -> CheckpointError {
        CheckpointError.malformed(
            file.url, name.map { "entry \(quoted($0))" }, expected: expected, found: found,
            remedy: "the archive is damaged or cut short: fetch it again")
    }

    private func unsupported(_ expected: String, found: String) -> CheckpointError {
        CheckpointError(
            .unsupported, file: file.url, expected: expected, found: found,
            remedy: "pack it again with an ordinary zip tool")
    }
}
