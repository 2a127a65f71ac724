import Foundation

/// Files of a folder in one file, as POSIX tar lays them out (ustar): a header of 512 bytes before each.
enum TarArchive {
    private static let block = 512

    /// - Throws: errors of the file system.
    static func data(of folder: URL) throws -> Data {
        var archive = Data()
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        for path in paths {
            let file = folder.appendingPathComponent(path)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
                continue
            }
            let content = try Data(contentsOf: file)
            archive.append(header(path, size: content.count))
            archive.append(content)
            archive.append(Data(count: (block - content.count % block) % block))
        }
        archive.append(Data(count: 2 * block))
        return archive
    }

    private static func header(_ path: String, size: Int) -> Data {
        var header = Data(count: block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: Data(text.utf8))
        }
        func octal(_ value: Int, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(String(decoding: path.utf8.prefix(100), as: UTF8.self), at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(Int(Date().timeIntervalSince1970), digits: 11), at: 136)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        // The checksum is taken with spaces in its own place.
        put("        ", at: 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
        return header
    }
}
