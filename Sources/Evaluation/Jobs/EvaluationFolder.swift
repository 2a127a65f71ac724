import Files
import Foundation
import Runs
import Training

/// The output folder of an evaluation: what has been measured, and at the end the report.
///
/// A measurement is a file, whole or absent, with the fingerprint of everything that it depends on. So an evaluation that
/// was stopped anywhere resumes there, and one whose settings changed measures again only what they affect.
struct EvaluationFolder {
    let url: URL
    /// Held as long as the folder is in use.
    private let lock: FileLock

    /// - Parameter result: what is written last.
    /// - Throws: `OutputExists` for a folder with a report that nothing was asked to replace, `FileError.alreadyExists` for
    ///   one that holds something else, `FileError.inUse` while another evaluation writes there.
    init(_ context: RunContext, result: String = reportFile) throws {
        url = try context.output("a folder for the report (--output DIR)")
        let measurements = url.appendingPathComponent("arms")
        if FileSystem.exists(url), !FileSystem.exists(measurements) {
            let holdsSomething = try FileSystem.contents(of: url).contains {
                !$0.lastPathComponent.hasPrefix(".")
            }
            if holdsSomething { throw FileError.alreadyExists(url) }
        }
        let report = url.appendingPathComponent(result)
        if case .new = context.mode, FileSystem.exists(report) {
            throw OutputExists(file: report, alternative: "--resume to measure what is not measured yet")
        }
        try FileSystem.createFolder(url)
        lock = try FileLock(at: url.appendingPathComponent(".lock"), for: url)
        try FileSystem.createFolder(measurements)
        guard case .force = context.mode else { return }
        // What somebody else put there stays.
        for file in try FileSystem.contents(of: measurements) where file.pathExtension == "json" {
            try FileSystem.remove(file)
        }
    }

    func write(_ report: Report) throws {
        try AtomicFile.write(report.json(), to: url.appendingPathComponent("report.json"))
        try AtomicFile.write(Data(report.html().utf8), to: url.appendingPathComponent(Self.reportFile))
    }

    static let reportFile = "report.html"

    // MARK: Measurements

    /// Something measured, with the time it took.
    struct Measurement<Value: Codable>: Codable {
        let fingerprint: String
        let seconds: Double
        let value: Value
    }

    /// The measurement `name` of `subject`, made now unless it is there for the same fingerprint.
    func measurement<Value: Codable>(
        _ name: String, of subject: String, fingerprint: String, measure: () throws -> Value
    ) throws -> Measurement<Value> {
        let file = url.appendingPathComponent("arms/\(subject).\(name).json")
        if let kept: Measurement<Value> = kept(file), kept.fingerprint == fingerprint { return kept }
        try Interruption.check(.resumes)
        let started = ContinuousClock.now
        let value = try measure()
        let measurement = Measurement(
            fingerprint: fingerprint, seconds: (ContinuousClock.now - started) / .seconds(1), value: value)
        try AtomicFile.write(Self.encoder.encode(measurement), to: file)
        return measurement
    }

    /// A file of another version, or one that somebody edited, is as good as none.
    private func kept<Value: Codable>(_ file: URL) -> Measurement<Value>? {
        guard let data = try? FileSystem.read(file) else { return nil }
        return try? JSONDecoder().decode(Measurement<Value>.self, from: data)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

/// One hash for several values that a measurement depends on.
func hash(of parts: [String]) -> String {
    ContentHash.sha256(of: Data(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8))
}
