import Foundation
import RandomNumbers
import Statistics
import Testing

@Suite struct BradleyTerryTests {
    private static func votes(_ wins: [[Int]]) -> [ArmVote] {
        wins.enumerated().flatMap { arm, row in
            row.enumerated().flatMap { other, count in
                Array(repeating: ArmVote(arm, .win, against: other), count: count)
            }
        }
    }

    private static func close(_ found: [Double], _ expected: [Double], within tolerance: Double) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < tolerance }
    }

    /// The American League East of 1987 (Agresti, *Categorical Data Analysis*): Milwaukee, Detroit, Toronto, New York,
    /// Boston, Cleveland, Baltimore. Strengths over Baltimore's as the R package BradleyTerry2 prints them.
    @Test func baseball() throws {
        let votes = Self.votes([
            [0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12], [6, 8, 6, 0, 6, 7, 10],
            [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6], [2, 4, 1, 3, 1, 7, 0],
        ])
        let fit = try #require(BradleyTerry(votes, arms: 7))
        #expect(abs(fit.strengths.reduce(0, +)) < 1e-12)
        #expect(
            Self.close(
                fit.strengths.map { $0 - fit.strengths[6] },
                [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0], within: 5e-5))
        #expect(abs(fit.winProbability(of: 0, against: 6) - 1 / (1 + exp(-1.5814))) < 1e-5)
    }

    /// `choix.ilsr_pairwise` of the Python package, which knows no ties, given every vote twice and every tie as a win
    /// for either.
    @Test func tiesAreHalfWins() throws {
        var votes = Self.votes([[0, 3, 5, 6], [2, 0, 4, 0], [2, 1, 0, 2], [1, 0, 2, 0]])
        votes += Array(repeating: ArmVote(0, .tie, against: 1), count: 2)
        votes += Array(repeating: ArmVote(3, .tie, against: 2), count: 3)
        let fit = try #require(BradleyTerry(votes, arms: 4))
        #expect(
            Self.close(
                fit.strengths,
                [
                    0.738_032_524_156_362_7, 0.572_094_655_954_566_9, -0.569_353_116_492_422_6,
                    -0.740_774_063_618_507_1,
                ], within: 1e-8))
    }

    @Test func twoArmsAreTheLogOddsOfTheWinRate() throws {
        let fit = try #require(BradleyTerry(Self.votes([[0, 30], [10, 0]]), arms: 2))
        #expect(Self.close(fit.strengths, [log(3) / 2, -log(3) / 2], within: 1e-10))
        // One vote in advance against strength 0 on either side; by symmetry σ(2s)·40 + σ(s)·1 = 30.5.
        let prior = try #require(BradleyTerry(Self.votes([[0, 30], [10, 0]]), arms: 2, prior: 1))
        let strength = prior.strengths[0]
        #expect(abs(40 / (1 + exp(-2 * strength)) + 1 / (1 + exp(-strength)) - 30.5) < 1e-8)
    }

    @Test func strengthsThatCannotBeToldAreNil() {
        let unbeaten = Self.votes([[0, 3, 2], [0, 0, 1], [0, 1, 0]])
        #expect(BradleyTerry(unbeaten, arms: 3) == nil)
        #expect(BradleyTerry(unbeaten, arms: 3, prior: 1)?.strengths[0] ?? 0 > 0)
        let islands = Self.votes([[0, 3, 0, 0], [1, 0, 0, 0], [0, 0, 0, 2], [0, 0, 2, 0]])
        #expect(BradleyTerry(islands, arms: 4) == nil)
        #expect(BradleyTerry(islands, arms: 4, prior: 1) == nil)
        #expect(BradleyTerry([], arms: 2) == nil)
        #expect(BradleyTerry([ArmVote(1, .win, against: 1)], arms: 2, prior: 1) == nil)
    }

    @Test func lopsidedVotesConverge() throws {
        let fit = try #require(BradleyTerry(Self.votes([[0, 100_000], [1, 0]]), arms: 2))
        #expect(abs(fit.strengths[0] - fit.strengths[1] - log(100_000)) < 1e-6)
    }

    @Test func intervalsComeFromPrompts() throws {
        var generator = SplitMix64(seed: 1)
        let truth = [0.8, 0, -0.8]
        var covered = (clustered: 0, naive: 0)
        let studies = 40
        for _ in 0..<studies {
            // Every prompt is seen by five people who all say the same.
            var votes: [ArmVote] = []
            var prompts: [Int] = []
            for prompt in 0..<90 {
                let (first, second) = [(0, 1), (1, 2), (2, 0)][prompt % 3]
                let wins =
                    Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(truth[second] - truth[first]))
                votes += Array(repeating: ArmVote(first, wins ? .win : .loss, against: second), count: 5)
                prompts += Array(repeating: prompt, count: 5)
            }
            let bootstrap = Bootstrap(resamples: 80)
            let clustered = try #require(
                BradleyTerryEstimate(
                    votes, arms: 3, prompts: prompts, bootstrap: bootstrap, using: &generator))
            let naive = try #require(
                BradleyTerryEstimate(votes, arms: 3, bootstrap: bootstrap, using: &generator))
            if clustered.strengths[0].side(of: 0.8) == nil { covered.clustered += 1 }
            if naive.strengths[0].side(of: 0.8) == nil { covered.naive += 1 }
        }
        print("strengths covered: by prompt \(covered.clustered), by vote \(covered.naive) of \(studies)")
        #expect(covered.clustered >= 34)
        #expect(covered.naive < 29)
    }

    @Test func estimatesHoldTheFit() throws {
        var generator = SplitMix64(seed: 2)
        let votes = Self.votes([[0, 8, 9], [4, 0, 7], [3, 5, 0]])
        let fit = try #require(BradleyTerry(votes, arms: 3, prior: 1))
        let estimate = try #require(BradleyTerryEstimate(votes, arms: 3, using: &generator))
        #expect(Self.close(estimate.strengths.map(\.mean), fit.strengths, within: 1e-12))
        #expect(
            abs(estimate.winProbabilities[0][2].mean - fit.winProbability(of: 0, against: 2)) < 1e-12)
        #expect(estimate.winProbabilities[1][1] == Estimate(mean: 0.5, low: 0.5, high: 0.5))
        #expect(BradleyTerryEstimate([], arms: 3, using: &generator) == nil)
    }
}

@Suite struct VoteInformationTests {
    private static let votes: [ArmVote] =
        Array(repeating: ArmVote(0, .win, against: 1), count: 20)
        + Array(repeating: ArmVote(1, .win, against: 0), count: 20)
        + [ArmVote(1, .win, against: 2), ArmVote(2, .win, against: 1)]

    @Test func seldomMetPairsTellMost() throws {
        let fit = try #require(BradleyTerry(Self.votes, arms: 3, prior: 1))
        let information = VoteInformation(fit)
        #expect(information.gain(0, 2) > 2 * information.gain(0, 1))
        #expect(information.gain(1, 2) > 2 * information.gain(0, 1))
        #expect(information.gain(2, 2) == 0)
    }

    @Test func varianceOfTwoArmsIsThatOfALogOdds() throws {
        // 20 wins and 20 losses: 1/20 + 1/20.
        let fit = try #require(BradleyTerry(Array(Self.votes[..<40]), arms: 2))
        #expect(abs(VoteInformation(fit).differenceVariance(0, 1) - 0.1) < 1e-9)
        #expect(abs(VoteInformation(fit).gain(0, 1) - 0.5 * log(1 + 0.25 * 0.1)) < 1e-9)
    }

    @Test func expectedVotesCountAsVotesDo() throws {
        // A tie between arms of equal strength leaves the strengths where they are.
        let fit = try #require(BradleyTerry(Self.votes, arms: 3, prior: 1))
        var expected = VoteInformation(fit)
        expected.expectVote(1, 2)
        let refit = try #require(
            BradleyTerry(Self.votes + [ArmVote(1, .tie, against: 2)], arms: 3, prior: 1))
        let cast = VoteInformation(refit)
        for (first, second) in [(0, 1), (1, 2), (0, 2)] {
            #expect(abs(expected.gain(first, second) - cast.gain(first, second)) < 1e-9)
        }
    }
}
