import Errors
import Foundation

/// Reads damaged inputs in this process, which may not survive it.
///
/// Before each input its number is written down, so that whoever started the process knows which one ended it.
struct Hunt: Codable {
    /// An input that was not read as it should be.
    struct Finding: Codable, Equatable, CustomStringConvertible {
        let format: String
        let seed: UInt64
        let index: Int
        let what: String

        var description: String { "\(format) \(seed) \(index): \(what)" }
    }

    let format: String
    let seed: UInt64
    let indices: Range<Int>
    /// Of the samples, which must be the same in every process for an input to be found again.
    let fingerprint: UInt64
    /// Where `progress` and `findings.jsonl` are written, and the readers have their folders.
    let folder: URL

    /// Processor time for one input. Unoptimised code takes many times as long.
    private static var seconds: Int {
        #if DEBUG
        60
        #else
        10
        #endif
    }
    /// By how much one input may raise what the process has ever used.
    private static let memory = 256 << 20
    /// What all may use beyond what the process has mapped when it begins.
    private static let addressSpace = 8 << 30

    /// Reports after which a format is left: it has had enough.
    static let mostFindings = 20

    /// - Throws: where the folder cannot be written.
    func run() throws {
        guard let format = FuzzFormat.all.first(where: { $0.name == format }) else { return }
        guard format.fingerprint == fingerprint else {
            return try report("the samples differ from process to process", indices.lowerBound)
        }
        try Self.limitAddressSpace()
        let progress = try Progress(folder)
        let scratch = folder.appendingPathComponent("scratch")
        var (peak, reports) = (Self.peakMemory, 0)
        var reader: FuzzFormat.Reader = { _ in }
        for index in indices where reports < Self.mostFindings {
            if index == indices.lowerBound || index.isMultiple(of: FuzzFormat.roundLength) {
                try? FileManager.default.removeItem(at: scratch)
                try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
                reader = try format.reader(scratch)
            }
            let input = format.input(seed: seed, index: index, in: scratch)
            progress.write(index)
            Self.limitTime(seconds: Self.seconds)
            var what = Self.complaint(of: reader, about: input)
            let used = Self.peakMemory
            if used > peak + Self.memory { what = "took \((used - peak) >> 20) MiB" }
            peak = max(peak, used)
            if let what {
                try report(what, index)
                reports += 1
            }
        }
        Self.limitTime(seconds: 0)
        progress.write(indices.upperBound)
    }

    /// Nil where the reader succeeds, or says of what kind its error is.
    private static func complaint(of reader: FuzzFormat.Reader, about input: FuzzInput) -> String? {
        do {
            try reader(input)
            return nil
        } catch let error as any CategorizedError {
            return error.category == .ownFault ? "an error of Heed's own: \(error)" : nil
        } catch {
            return "an error of no kind: \(type(of: error)): \("\(error)".prefix(300))"
        }
    }

    private func report(_ what: String, _ index: Int) throws {
        let finding = Finding(format: format, seed: seed, index: index, what: what)
        let file = try FileHandle(forWritingTo: folder.appendingPathComponent("findings.jsonl"))
        try file.seekToEnd()
        try file.write(contentsOf: JSONEncoder().encode(finding) + Data("\n".utf8))
        try file.close()
    }

    // MARK: The system's limits

    /// A process that is over its time is ended by SIGPROF.
    private static func limitTime(seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }

    private static func limitAddressSpace() throws {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        let mapped = (Int(pages[0]) ?? 0) * Int(getpagesize())
        var limit = rlimit(rlim_cur: rlim_t(mapped + addressSpace), rlim_max: rlim_t(mapped + addressSpace))
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        // A core of every crash would fill the disk.
        limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }

    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    /// The number of the input that is being read, in a file that outlives the process.
    private struct Progress {
        private let file: FileHandle

        init(_ folder: URL) throws {
            file = try FileHandle(forWritingTo: folder.appendingPathComponent("progress"))
        }

        func write(_ index: Int) {
            withUnsafeBytes(of: Int64(index).littleEndian) { bytes in
                _ = pwrite(file.fileDescriptor, bytes.baseAddress, bytes.count, 0)
            }
        }
    }
}
