import LanguageModels
import Models
import Rewards
import Testing

@testable import Training

@Suite struct DynamicSamplingTests {
    /// Groups of two with these scores, whose prompts are numbered from `row`.
    private func batch(_ groups: [[Double?]], row: Int = 0) -> ScoredRollouts {
        let rollouts = groups.enumerated().flatMap { index, scores in
            scores.map { _ in
                Rollout(
                    row: row + index, prompt: PreparedPrompt(text: .plain("a"), tokens: [5]), response: [6],
                    samplingLogProbabilities: [0], finish: .stop, text: "")
            }
        }
        return ScoredRollouts(rollouts, RewardTable(columns: [("math", 1, groups.flatMap(\.self))]))
    }

    /// Two groups a step; those whose scores differ have a signal.
    private func filled(
        refills: Int, _ draws: [[[Double?]]]
    ) throws -> (kept: ScoredRollouts, tally: GroupTally, asked: [Int]) {
        let sampling = DynamicSampling(groupSize: 2, maximumRefills: refills, passScore: 1) { batch in
            stride(from: 0, to: batch.rollouts.count, by: 2).map {
                batch.rollouts[$0].score != batch.rollouts[$0 + 1].score
            }
        }
        var asked: [Int] = []
        let (kept, tally) = try sampling.filled(batch(draws[0])) { groups, refill in
            asked.append(groups)
            return batch(draws[refill], row: 10 * refill)
        }
        return (kept, tally, asked)
    }

    @Test func groupsWithoutASignalAreReplaced() throws {
        let (kept, tally, asked) = try filled(
            refills: 5, [[[1, 1], [0, 1]], [[0, 0]], [[nil, nil]], [[1, 0]]])
        #expect(asked == [1, 1, 1])
        #expect(kept.rollouts.map(\.row) == [1, 1, 30, 30])
        #expect(kept.rollouts.map(\.score) == [0, 1, 1, 0] && kept.scores.totals == [0, 1, 1, 0])
        #expect(tally[.drawn] == 5 && tally[.refills] == 3 && tally[.missing] == 0)
        #expect(tally[.allRight] == 1 && tally[.allWrong] == 1 && tally[.other] == 1)
        // Five of eight known scores are right: 1 1 0 1 0 0 1 0 makes four.
        #expect(tally.metrics["refills/reward"] == 0.5 && tally.metrics["refills/all_right"] == 1)
    }

    @Test func aFullBatchIsLeftAlone() throws {
        let (kept, tally, asked) = try filled(refills: 5, [[[1, 0], [0, 1]]])
        #expect(asked.isEmpty && kept.rollouts.count == 4)
        #expect(tally[.drawn] == 2 && tally[.refills] == 0)
    }

    @Test func afterTheLastRefillItGoesOnWithWhatThereIs() throws {
        let (kept, tally, asked) = try filled(refills: 1, [[[1, 1], [1, 1]], [[0, 0], [1, 0]]])
        #expect(asked == [2] && kept.rollouts.map(\.row) == [11, 11])
        #expect(tally[.missing] == 1)
        #expect(
            tally.shortage
                == "too few groups have a signal, 1 missing after refill 1: of 4 drawn 2 all right, 1 all wrong; "
                + "the step learns from what there is")
        #expect(try filled(refills: 1, [[[1, 1], [1, 1]], [[0, 0], [0, 0]]]).kept.rollouts.isEmpty)
    }

    /// A score that is neither is no right answer.
    @Test func rightIsWhatTheFirstRewardSays() {
        let table = RewardTable(
            columns: [("format", 0, [1, 1]), ("math", 1, [0.5, nil]), ("length", 1, [9, 9])])
        #expect(table.passes() == [false, nil] && table.passes(at: 0.5) == [true, nil])
        #expect(RewardTable(columns: [("format", 0, [1, 0])]).passes() == [true, false])
    }

    @Test func countsSurviveACheckpoint() throws {
        var tally = try filled(refills: 5, [[[1, 1], [0, 1]], [[0, 0]], [[1, 0]]]).tally
        tally.add(tally)
        #expect(tally[.drawn] == 8 && tally[.allWrong] == 2)
        var saved = tally.named.merging(["steps": 3]) { first, _ in first }
        #expect(GroupTally().taking(from: &saved).named == tally.named && saved == ["steps": 3])
        #expect(
            tally.note
                == "dynamic sampling drew 8 groups and discarded 4 without a signal: 2 all right, 2 all wrong, "
                + "0 for other reasons; refills: 4, groups still missing from their steps: 0")
    }
}
