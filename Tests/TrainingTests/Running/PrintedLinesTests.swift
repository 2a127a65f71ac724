import Foundation
import Methods
import RunTestSupport
import Runs
import TestSupport
import Testing

@testable import Training

/// What `log_every` prints; metrics.jsonl has every step whatever it says.
@Suite(.serialized) struct PrintedLinesTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    /// Lines that training prints on a clock that stands, so that only steps bring them; and all that was measured.
    private func lines(
        _ interval: StepInterval, steps: Int,
        _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> (lines: [String], records: [MetricsRecord]) {
        let printed = PrintedLines()
        let folder = "sft-\(interval)"
        var training = jobs.training("sft/prompt_completion.jsonl", steps: steps)
        training.logEvery = interval
        change(&training)
        _ = try SFT.run(
            training, adapters: jobs.lowRank, context: jobs.context(folder, progress: printed.display))
        let records = try MetricsLog.read(jobs.folder.url.appending(path: "\(folder)/metrics.jsonl"))
        return (printed.all.filter { $0.contains(" %)") }, records)
    }

    private func mean(_ name: String, of records: some Collection<MetricsRecord>) -> String {
        let values = records.compactMap { $0[name] }
        return "\(name) \(String(format: "%.4g", values.reduce(0, +) / Double(values.count)))"
    }

    @Test func aLineHasTheMeansOfItsSteps() throws {
        let (lines, records) = try lines(2, steps: 5)
        #expect(records.map(\.step) == [1, 2, 3, 4, 5])
        // The first step shows that work has begun; the last line that it has ended.
        #expect(
            lines.map { $0.split(separator: ":").dropFirst().first?.prefix(4) } == [
                " 1/5", " 2/5", " 4/5", " 5/5",
            ])
        for (line, steps) in zip(lines.dropFirst(), [0..<2, 2..<4, 4..<5]) {
            for name in ["loss", "mean_token_accuracy"] {
                #expect(line.contains(mean(name, of: records[steps])), "\(line)")
            }
        }
        #expect(Set(records.compactMap { $0["loss"] }).count == 5, "steps differ, so that means do")
    }

    @Test func stepsSharesEpochsAndNever() throws {
        #expect(try lines(1, steps: 3).lines.count == 3)
        #expect(try lines(.share(0.5), steps: 4).lines.map { $0.contains(" 4/4") } == [false, false, true])
        #expect(try lines(0, steps: 4).lines.count == 1)
        let epochs = try lines(.epoch, steps: 4) {
            $0.maximumSteps = nil
            $0.epochs = 2
        }
        #expect(epochs.lines.count == 3 && epochs.records.count > 3)
    }
}
