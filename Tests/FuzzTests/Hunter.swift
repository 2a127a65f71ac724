import Foundation
import Synchronization
import TestSupport

/// Sends out processes to hunt, each from where the last one died.
struct Hunter {
    /// How inputs are chosen, from the environment: `make fuzz` sets it.
    struct Plan {
        var seed: UInt64 = 1
        /// The number of the first input.
        var first = 0
        var count: Int
        /// The name of the only format; nil: all.
        var format: String?
        /// Where inputs that were not read as they should be are left.
        var folder: URL

        init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
            #if DEBUG
            count = 200
            #else
            count = 10_000
            #endif
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("heed-fuzz")
            func number(_ name: String) -> Int? { environment["HEED_FUZZ_\(name)"].flatMap { Int($0) } }
            count = number("N") ?? count
            first = number("FROM") ?? first
            seed = number("SEED").map { UInt64(bitPattern: Int64($0)) } ?? seed
            format = environment["HEED_FUZZ_FORMAT"].flatMap { $0.isEmpty ? nil : $0 }
            if let path = environment["HEED_FUZZ_OUTPUT"] { folder = URL(fileURLWithPath: path) }
        }

        /// The numbers of all inputs, in as many stretches.
        func stretches(_ number: Int) -> [Range<Int>] {
            (0..<number).map { first + count * $0 / number..<first + count * ($0 + 1) / number }
        }

        func includes(_ format: FuzzFormat) -> Bool { self.format == nil || self.format == format.name }
    }

    let plan: Plan

    /// The variable by which a process of tests learns that it hunts, and what.
    static let variable = "HEED_HUNT"

    /// What was found among the inputs of a format, each of which is left in a file. Every processor hunts.
    func hunt(_ format: FuzzFormat) throws -> [Hunt.Finding] {
        let stretches = plan.stretches(ProcessInfo.processInfo.activeProcessorCount)
        let found = Mutex<[Result<[Hunt.Finding], any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: stretches.count) { index in
            let result = Result { try hunt(format, stretches[index]) }
            found.withLock { $0.append(result) }
        }
        let findings = try found.withLock { try $0.flatMap { try $0.get() } }.sorted { $0.index < $1.index }
        for finding in findings { try keep(finding, of: format) }
        return findings
    }

    private func hunt(_ format: FuzzFormat, _ indices: Range<Int>) throws -> [Hunt.Finding] {
        let folder = try TemporaryFolder()
        try folder.write("", to: "findings.jsonl")
        var findings: [Hunt.Finding] = []
        var (next, end) = (indices.lowerBound, indices.upperBound)
        while next < end, findings.count < Hunt.mostFindings {
            let hunt = Hunt(
                format: format.name, seed: plan.seed, indices: next..<end, fingerprint: format.fingerprint,
                folder: folder.url)
            try folder.write(String(repeating: "\u{0}", count: 8), to: "progress")
            let order = String(decoding: try JSONEncoder().encode(hunt), as: UTF8.self)
            let process = try TestProgram(
                filter: "FuzzTests.Prey", environment: [Self.variable: order, "SWIFT_BACKTRACE": "enable=no"])
            let reached = try Data(contentsOf: folder.item("progress")).withUnsafeBytes {
                Int(Int64(littleEndian: $0.loadUnaligned(as: Int64.self)))
            }
            guard reached < end else { break }
            let reason = process.output.split(separator: "\n").first { $0.contains("Fatal error") }
            findings.append(
                Hunt.Finding(
                    format: format.name, seed: plan.seed, index: max(reached, next),
                    what: "ended the process (\(process.status)): \(reason ?? "no message")"))
            next = max(reached, next) + 1
            end = max(next, end)
        }
        findings += try folder.text(of: "findings.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Hunt.Finding.self, from: Data($0.utf8))
        }
        return findings
    }

    private func keep(_ finding: Hunt.Finding, of format: FuzzFormat) throws {
        let folder = plan.folder.appendingPathComponent(format.name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = "\(finding.seed)-\(finding.index)"
        let input = format.input(seed: finding.seed, index: finding.index, in: folder)
        try input.data.write(to: folder.appendingPathComponent(name))
        try Data("\(finding)\n".utf8).write(to: folder.appendingPathComponent("\(name).txt"))
    }
}
