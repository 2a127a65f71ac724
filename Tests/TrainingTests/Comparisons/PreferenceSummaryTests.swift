import Runs
import Testing

@testable import Training

@Suite struct PreferenceSummaryTests {
    private func lines(
        chosen: [Double], rejected: [Double], rewards: (Double, Double)? = nil
    ) throws -> [String] {
        let records = zip(chosen, rejected).enumerated().map { index, pair in
            MetricsRecord(
                step: index + 1, epoch: 0, tokens: 0, seconds: 0,
                metrics: [.init("logps/chosen", pair.0), .init("logps/rejected", pair.1)]
                    + (rewards.map { [.init("rewards/chosen", $0.0), .init("rewards/rejected", $0.1)] } ?? [])
            )
        }
        return try #require(PreferenceSummary(records, beta: rewards == nil ? nil : 0.1)).lines
    }

    @Test func tellsBothLogProbabilities() throws {
        let lines = try lines(chosen: [-100, -95], rejected: [-100, -120], rewards: (0.5, -2))
        #expect(
            lines == [
                "log-probability of chosen answers -100 → -95, of rejected ones -100 → -120 (first and last steps)"
            ])
    }

    @Test func explainsAFallingChosenOne() throws {
        let lines = try lines(chosen: [-100, -103], rejected: [-100, -120], rewards: (-0.3, -2))
        #expect(
            lines.last
                == "Chosen answers have become less likely than under the reference, by 3 nats, rejected ones "
                + "by 20: the loss asks only that chosen ones fall less. --sft-weight 1 holds them up.")
    }

    @Test func comparesWithTheStartWhereThereIsNoReference() throws {
        let lines = try lines(chosen: [-100, -103], rejected: [-100, -120])
        #expect(
            lines.last?.hasPrefix("Chosen answers have become less likely than at the start, by 3 nats")
                == true)
    }

    @Test func noticesTheWrongWayRound() throws {
        let lines = try lines(chosen: [-100, -120], rejected: [-100, -103], rewards: (-2, -0.3))
        #expect(lines.last?.contains("the wrong way round") == true)
    }
}
