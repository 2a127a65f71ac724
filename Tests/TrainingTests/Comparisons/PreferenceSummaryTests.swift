import Runs
import Testing

@testable import Training

@Suite struct PreferenceSummaryTests {
    private func lines(
        chosen: [Double], rejected: [Double], rewards: (Double, Double)? = nil, stepsPerEpoch: Int = 100,
        evaluated: [Int: Double] = [:]
    ) throws -> [String] {
        let records = zip(chosen, rejected).enumerated().map { index, pair in
            MetricsRecord(
                step: index + 1, epoch: Double(index + 1) / Double(stepsPerEpoch), tokens: 0, seconds: 0,
                metrics: [.init("logps/chosen", pair.0), .init("logps/rejected", pair.1)]
                    + (rewards.map { [.init("rewards/chosen", $0.0), .init("rewards/rejected", $0.1)] } ?? [])
                    + (evaluated[index].map {
                        [.init("eval_logps/chosen", $0), .init("eval_logps/rejected", $0)]
                    } ?? [])
            )
        }
        return try #require(PreferenceSummary(records, beta: rewards == nil ? nil : 0.1)).lines
    }

    @Test func tellsBothLogProbabilities() throws {
        let lines = try lines(chosen: [-100, -95], rejected: [-100, -120], rewards: (0.5, -2))
        #expect(
            lines == [
                "log-probability of chosen answers +5 nats, of rejected ones -20, against the reference (last tenth of the steps)"
            ])
    }

    @Test func explainsAFallingChosenOne() throws {
        let lines = try lines(chosen: [-100, -103], rejected: [-100, -120], rewards: (-0.3, -2))
        #expect(
            lines.last
                == "Chosen answers have become less likely than under the reference, by 3 nats, rejected ones "
                + "by 20: the loss asks only that chosen ones fall less. --sft-weight 1 holds them up.")
    }

    /// Steps of one epoch are about different rows: one that fell may have been longer, and no advice follows.
    @Test func differentRowsAreNotComparedWithoutAReference() throws {
        let lines = try lines(chosen: [-100, -103], rejected: [-100, -120])
        #expect(lines.count == 1 && lines[0].hasSuffix("(first and last steps, of different rows)"))
    }

    @Test func epochsAreComparedWhereThereIsNoReference() throws {
        let lines = try lines(
            chosen: [-50, -150, -80, -120, -60, -160], rejected: [-90, -110, -95, -115, -120, -130],
            stepsPerEpoch: 2)
        #expect(
            lines == [
                "log-probability of chosen answers -100 → -110, of rejected ones -100 → -125 (first and last epochs)",
                "Chosen answers have become less likely than in the first epoch, by 10 nats, rejected ones by 25: the loss "
                    + "asks only that chosen ones fall less. --sft-weight 1 holds them up.",
            ])
    }

    @Test func evaluationsAreComparedFirst() throws {
        let lines = try lines(
            chosen: [-100, -103, -120, -90], rejected: [-100, -120, -120, -120], stepsPerEpoch: 2,
            evaluated: [1: -70, 3: -64])
        #expect(lines.count == 1 && lines[0].contains("-70 → -64"))
        #expect(lines[0].hasSuffix("(first and last evaluations)"))
    }

    @Test func noticesTheWrongWayRound() throws {
        let lines = try lines(chosen: [-100, -120], rejected: [-100, -103], rewards: (-2, -0.3))
        #expect(lines.last?.contains("the wrong way round") == true)
    }
}
