import RandomNumbers
import Statistics
import Testing

@Suite struct BootstrapTests {
    @Test func intervalsHoldTheTrueMeanAboutAsOftenAsPromised() throws {
        var generator = SplitMix64(seed: 1)
        let bootstrap = Bootstrap(resamples: 300)
        let studies = 400
        var covered = 0
        for _ in 0..<studies {
            let values = (0..<30).map { _ in 2 + 3 * generator.normal() }
            let estimate = try #require(bootstrap.mean(of: values, using: &generator))
            if estimate.side(of: 2) == nil { covered += 1 }
        }
        let coverage = Double(covered) / Double(studies)
        print("coverage of 95 % intervals: \(coverage)")
        // The percentile interval of 30 values is a little narrow: about 0.93.
        #expect((0.89...0.97).contains(coverage))
    }

    @Test func clusteredAnswersNeedWiderIntervals() throws {
        var generator = SplitMix64(seed: 2)
        let bootstrap = Bootstrap(resamples: 300)
        var covered = (clustered: 0, naive: 0)
        for _ in 0..<200 {
            // 20 prompts with 5 answers each that share most of their score.
            let centres = (0..<20).map { _ in generator.normal() }
            let values = (0..<100).map { centres[$0 / 5] + 0.2 * generator.normal() }
            let clusters = (0..<100).map { $0 / 5 }
            let clustered = try #require(bootstrap.mean(of: values, clusters: clusters, using: &generator))
            let naive = try #require(bootstrap.mean(of: values, using: &generator))
            if clustered.side(of: 0) == nil { covered.clustered += 1 }
            if naive.side(of: 0) == nil { covered.naive += 1 }
        }
        print(
            "coverage with 5 answers a prompt: by prompt \(covered.clustered)/200, by answer \(covered.naive)/200"
        )
        #expect(covered.clustered > 175)
        #expect(covered.naive < 140)
    }

    @Test func matchesTheExactDistributionOfTwoValues() throws {
        // Means of two draws from {0, 1}: 0, 0.5, 1 with probability 1/4, 1/2, 1/4.
        var generator = SplitMix64(seed: 3)
        let wide = try #require(Bootstrap(confidence: 0.9).mean(of: [0, 1], using: &generator))
        #expect(wide == Estimate(mean: 0.5, low: 0, high: 1))
        let narrow = try #require(Bootstrap(confidence: 0.4).mean(of: [0, 1], using: &generator))
        #expect(narrow == Estimate(mean: 0.5, low: 0.5, high: 0.5))
    }

    @Test func clustersOfAKindAreDrawnAsOftenAsTheyAre() throws {
        // Three clusters of the first kind and one of the second: the number of the latter among four draws is binomial
        // with probability 1/4, and is 0, ≤ 1, ≤ 2 with probability 0.316, 0.738, 0.949.
        var generator = SplitMix64(seed: 7)
        let estimates = Bootstrap(resamples: 4_000, confidence: 0.6).estimates(
            ofKinds: [3, 1], using: &generator
        ) { counts in
            #expect(counts.reduce(0, +) == 4)
            return [Double(counts[1]), counts[1] == 0 ? nil : 1, nil]
        }
        #expect(estimates[0] == Estimate(mean: 1, low: 0, high: 2))
        // Draws in which a statistic is undefined are left out of its interval.
        #expect(estimates[1] == Estimate(mean: 1, low: 1, high: 1))
        #expect(estimates[2] == nil)
        let alone = Bootstrap().estimates(ofKinds: [1], using: &generator) { _ in [3] }
        #expect(alone == [Estimate(mean: 3)])
    }

    @Test func sameSeedSameInterval() {
        let values = (0..<40).map { Double($0 * $0 % 17) }
        let estimate = { (seed: UInt64) in
            var generator = SplitMix64(seed: seed)
            return Bootstrap().mean(of: values, clusters: (0..<40).map { $0 / 3 }, using: &generator)
        }
        #expect(estimate(5) == estimate(5))
        #expect(estimate(5) != estimate(6))
    }

    @Test func pairingRemovesWhatBothArmsShare() throws {
        var generator = SplitMix64(seed: 4)
        let difficulty = (0..<50).map { _ in 10 * generator.normal() }
        let better = difficulty.map { $0 + 1 + 0.1 * generator.normal() }
        let paired = try #require(Bootstrap().pairedDifference(better, difficulty, using: &generator))
        #expect(paired.side(of: 0) == .above)
        #expect(abs(paired.mean - 1) < 0.1)
        let alone = try #require(Bootstrap().mean(of: better, using: &generator))
        #expect(alone.side(of: 0) == nil)
    }

    @Test func oneClusterHasNoInterval() throws {
        var generator = SplitMix64(seed: 5)
        let estimate = try #require(Bootstrap().mean(of: [1, 2, 3], clusters: [7, 7, 7], using: &generator))
        #expect(estimate == Estimate(mean: 2, low: nil, high: nil))
        #expect(Bootstrap().mean(of: [], using: &generator) == nil)
    }

    /// Two wins in two are no certainty: Wilson's interval of 2 in 2 begins at 1 / (1 + z²/2) = 0.342.
    @Test func aShareThatAllAgreeOnHasWilsonsInterval() throws {
        var generator = SplitMix64(seed: 1)
        let won = try #require(Bootstrap().share(of: [1, 1], using: &generator))
        #expect(won.mean == 1 && won.high == 1)
        #expect(abs((won.low ?? 0) - 0.342_380) < 1e-5)
        // Answers to one prompt are one trial.
        let prompts = try #require(
            Bootstrap().share(of: [1, 1, 1, 1], clusters: [0, 0, 1, 1], using: &generator))
        #expect(prompts == won)
        let rate = try #require(WinRate([.tie, .tie], using: &generator))
        #expect(rate.rate.mean == 0.5 && (rate.rate.low ?? 1) < 0.2 && (rate.rate.high ?? 0) > 0.8)
        let mixed = try #require(Bootstrap().share(of: [1, 0, 1], using: &generator))
        #expect(mixed.low == 0 && mixed.high == 1)
    }

    @Test func takesAnyStatistic() throws {
        var generator = SplitMix64(seed: 6)
        let values = (1...99).map(Double.init)
        let interval = try #require(
            Bootstrap().interval(of: values, using: &generator) { quantile(0.5, of: $0) })
        #expect(interval.contains(50))
        #expect(interval.lowerBound > 30 && interval.upperBound < 70)
    }
}

@Suite struct WinRateTests {
    @Test func tiesCountHalf() throws {
        var generator = SplitMix64(seed: 1)
        let scores: [(Double, Double)] = [(2, 1), (1, 1), (0, 1), (1.05, 1)]
        let outcomes = scores.map { Outcome(score: $0.0, against: $0.1, tolerance: 0.1) }
        #expect(outcomes == [.win, .tie, .loss, .tie])
        let rate = try #require(WinRate(outcomes + [.win], using: &generator))
        #expect([rate.wins, rate.ties, rate.losses] == [2, 2, 1])
        #expect(abs(rate.rate.mean - 0.6) < 1e-12)
        #expect(WinRate([], using: &generator) == nil)
    }

    /// Wilson's interval of 4 in 8 reaches z / (1 + z²/8) · √(1/32 + z²/256) = 0.2848 to both sides.
    @Test func anArmAgainstItselfIsOneHalf() {
        var generator = SplitMix64(seed: 1)
        let rate = WinRate(Array(repeating: .tie, count: 8), using: &generator)
        #expect(rate?.rate.mean == 0.5)
        #expect(abs((rate?.rate.low ?? 0) - 0.215_22) < 1e-5 && abs((rate?.rate.high ?? 0) - 0.784_78) < 1e-5)
        #expect(rate?.rate.side(of: 0.5) == nil)
    }
}
