import Files
import Foundation

/// The hashes of large files that have not changed since they were computed, kept across processes.
///
/// A file is taken to be the same while device, inode, size and the times of its last change (of content, and of anything) are,
/// which is also what git goes by. Losing or spoiling the cache costs time and nothing else.
struct HashCache: Sendable {
    /// In `$HEED_HOME`, by default `~/.cache/heed`.
    static let standard = HashCache(file: HomeFolder.url().appending(path: "hashes.txt"))

    /// One line a file: its identity and its hash.
    let file: URL
    /// Smaller ones are hashed faster than they are looked up.
    var smallestSize = 16 << 20
    /// Lines kept, the newest.
    var capacity = 256
    /// Seconds since 1970.
    var now: @Sendable () -> Double = { Date.now.timeIntervalSince1970 }

    func hash(of url: URL, computing compute: () throws -> String) throws -> String {
        guard let before = identity(of: url), before.size >= smallestSize else { return try compute() }
        if let known = known(before.text) { return known }
        let hash = try compute()
        // A change within the clock's last tick would not show; what has just been written is hashed again next time.
        if identity(of: url) == before, now() - before.changed > 2 {
            remember("\(before.text) \(hash)")
        }
        return hash
    }

    private struct Identity: Equatable {
        let text: String
        let size: Int
        /// Seconds since 1970.
        let changed: Double
    }

    private func identity(of url: URL) -> Identity? {
        var status = stat()
        guard stat(url.path, &status) == 0 else { return nil }
        let times = [status.contentChange, status.statusChange].map { "\($0.tv_sec).\($0.tv_nsec)" }
        let fields = ["\(status.st_dev)", "\(status.st_ino)", "\(status.st_size)"] + times
        return Identity(
            text: fields.joined(separator: " "), size: Int(status.st_size),
            changed: Double(max(status.contentChange.tv_sec, status.statusChange.tv_sec)))
    }

    private func lines() -> [Substring] {
        guard let data = try? FileSystem.read(file) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    private func known(_ identity: String) -> String? {
        lines().last { $0.hasPrefix("\(identity) ") }
            .map { String($0.dropFirst(identity.count + 1)) }
            .flatMap { $0.count == 64 && $0.allSatisfy(\.isHexDigit) ? $0 : nil }
    }

    private func remember(_ line: String) {
        let kept = lines().suffix(capacity - 1) + [Substring(line)]
        let text = kept.joined(separator: "\n") + "\n"
        // A cache that cannot be written, or that another process is writing, is one that does not speed things up.
        try? FileSystem.createFolder(file.deletingLastPathComponent())
        try? AtomicFile.write(Data(text.utf8), to: file)
    }
}
