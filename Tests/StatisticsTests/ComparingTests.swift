import RandomNumbers
import Testing

@testable import Statistics

/// Intervals and decisions about models that were each trained several times and answered the same prompts.
@Suite struct ComparingTests {
    // MARK: Student's t

    /// Golden numbers of scipy 1.16.
    @Test(arguments: [
        (1, 0.975, 12.706204736174694), (2, 0.975, 4.302652729749462), (2.5, 0.9, 1.7302509288071766),
        (7.3, 0.975, 2.345066736547703), (30, 0.995, 2.7499956535672254), (200, 0.975, 1.9718962236339088),
    ]) func quantilesOfStudent(degrees: Double, fraction: Double, expected: Double) {
        let student = StudentDistribution(degrees: degrees)
        #expect(abs(student.quantile(fraction) - expected) < 1e-9 * expected)
        #expect(abs(student.quantile(1 - fraction) + expected) < 1e-9 * expected)
        #expect(abs(student.cumulative(expected) - fraction) < 1e-12)
        #expect(abs(student.tails(beyond: -expected) - 2 * (1 - fraction)) < 1e-12)
    }

    @Test(arguments: [
        (1, 1.0, 0.75), (3, 2.5, 0.9561466764959672), (4.7, -1.3, 0.12684864793230508),
        (59, 0.1, 0.5396583249493208),
    ]) func sharesOfStudent(degrees: Double, t: Double, expected: Double) {
        #expect(abs(StudentDistribution(degrees: degrees).cumulative(t) - expected) < 1e-12)
    }

    // MARK: Crossed means

    /// Two trainings on three prompts, rows 1 2 6 and 3 4 8: means 3 and 5, columns 2 3 7, nothing left over.
    @Test func partsOfACrossedMeanByHand() throws {
        let found = try #require(
            CrossedMean.sampled(prompts: [2, 3, 7], trainings: [[[1, 2, 6], [3, 4, 8]]]))
        #expect(found.value == 4)
        // Prompts: (4 + 1 + 9)/2 = 7, over 3. Trainings: (1 + 1)/1 = 2, over 2.
        #expect(abs(found.variance - (7.0 / 3 + 1)) < 1e-12)
        // (10/3)² / ((7/3)²/2 + 1²/1)
        #expect(abs(found.degrees - (100.0 / 9) / (49.0 / 18 + 1)) < 1e-12)
        #expect(CrossedMean.sampled(prompts: [1]) == nil)
        #expect(try #require(CrossedMean.sampled(prompts: [1, 3])).degrees == 1)
    }

    /// Rows 0 1 and 1 0: all means are alike, and everything is left over.
    @Test func whatIsInBothPartsIsCountedOnce() throws {
        let found = try #require(
            CrossedMean.sampled(prompts: [0, 1, 0.5, 0.5], trainings: [[[0, 1, 1, 0], [0, 1, 0, 1]]]))
        // Prompts: 0.5/3 over 4 = 1/24; trainings: 0; left over: (4 · 0.25)/3 over 8 = 1/24: the sum is 0, the floor 1/24.
        #expect(abs(found.variance - 1.0 / 24) < 1e-12)
        #expect(found.degrees == 3)
    }

    @Test func sharesThatAreAllAlikeProveLittle() throws {
        let found = try #require(CrossedMean.sampled(shares: [1, 1, 1, 1, 1, 1, 1, 1]))
        #expect(found.value == 1)
        // Nine successes of ten: 0.09 over 8.
        #expect(abs(found.variance - 0.09 / 8) < 1e-12)
        let tied = try #require(CrossedMean.sampled(shares: [0.5, 0.5, 0.5]))
        #expect(tied.probability(of: 0.5) == 1)
    }

    /// Two arms of `trainings` models each, and what they score on the same prompts.
    private struct World {
        var trainings = 3
        var prompts = 30
        var effect = 0.0
        let spread: ComparisonSpread

        func arm(_ base: [Double], shift: Double, _ random: inout SplitMix64) -> [[Double]] {
            let bent = base.map { $0 + spread.prompts / 2.0.squareRoot() * random.normal() }
            return (0..<trainings).map { _ in
                let own = shift + spread.trainings * random.normal()
                return bent.map { $0 + own + spread.answers * random.normal() }
            }
        }

        func base(_ random: inout SplitMix64) -> [Double] { (0..<prompts).map { _ in 0.3 * random.normal() } }

        func difference(_ random: inout SplitMix64) -> SampledNumber {
            let base = base(&random)
            let (first, second) = (arm(base, shift: effect, &random), arm(base, shift: 0, &random))
            return World.difference(first, second)
        }

        static func difference(_ first: [[Double]], _ second: [[Double]]) -> SampledNumber {
            let prompts = first[0].indices.map { prompt in
                (mean(of: first.map { $0[prompt] }) ?? 0) - (mean(of: second.map { $0[prompt] }) ?? 0)
            }
            return CrossedMean.sampled(prompts: prompts, trainings: [first, second])
                ?? SampledNumber(0, parts: [])
        }
    }

    /// Trainings that matter little, as much as prompts, and most; few prompts' worth of noise.
    private static let spreads = [
        ComparisonSpread(trainings: 0, prompts: 0.1, answers: 0.4),
        ComparisonSpread(trainings: 0.05, prompts: 0.3, answers: 0.1),
        ComparisonSpread(trainings: 0.1, prompts: 0.1, answers: 0.4),
    ]

    @Test(arguments: spreads) func intervalsHoldTheTrueDifferenceAsOftenAsPromised(_ spread: ComparisonSpread)
        throws
    {
        var random = SplitMix64(seed: 11)
        let world = World(effect: 0.2, spread: spread)
        let studies = 1_000
        let covered = (0..<studies).count { _ in
            world.difference(&random).estimate().side(of: 0.2) == nil
        }
        print("coverage with trainings ±\(spread.trainings): \(Double(covered) / Double(studies))")
        // 95 %, give or take three standard errors; where trainings do not matter, the floor makes it a little wide.
        #expect((0.929...0.99).contains(Double(covered) / Double(studies)))
    }

    /// Four equal arms, six comparisons, 1,000 studies: something is called different in at most one of twenty.
    @Test func equalArmsAreNotCalledDifferent() {
        var random = SplitMix64(seed: 12)
        let world = World(spread: ComparisonSpread(trainings: 0.1, prompts: 0.2, answers: 0.3))
        let studies = 1_000
        let wrong = (0..<studies).count { _ in
            let base = world.base(&random)
            let arms = (0..<4).map { _ in world.arm(base, shift: 0, &random) }
            let pairs = arms.indices.flatMap { first in
                arms.indices.dropFirst(first + 1).map { (first, $0) }
            }
            let probabilities = pairs.map {
                World.difference(arms[$0], arms[$1]).probability(of: 0)
            }
            return holmAdjusted(probabilities).contains { $0 < 0.05 }
        }
        print("studies of four equal arms that call two different: \(wrong) of \(studies)")
        #expect(wrong <= 50 + 21)
        #expect(wrong > 5)
    }

    // MARK: Power

    /// The two-sample t test: golden numbers of scipy's noncentral t, with so many prompts that trainings alone matter.
    @Test(arguments: [(17, 1.0, 0.8070367), (64, 0.5, 0.8014596), (5, 2.0, 0.7905424)])
    func powerOfTwoSamples(count: Int, effect: Double, expected: Double) {
        let design = ComparisonDesign(prompts: 1_000_000_000, trainings: count, answers: 1)
        let spread = ComparisonSpread(trainings: 1, prompts: 0, answers: 0)
        #expect(abs(design.power(toFind: effect, spread, level: 0.05) - expected) < 0.01)
        #expect(abs(design.power(toFind: 0, spread, level: 0.05) - 0.05) < 0.01)
    }

    @Test func aDifferenceIsFoundAsOftenAsStated() throws {
        let spread = ComparisonSpread(trainings: 0.05, prompts: 0.2, answers: 0.4)
        var world = World(trainings: 5, spread: spread)
        world.effect = 0.18
        world.prompts = try #require(
            ComparisonDesign.fewestPrompts(
                trainings: 5, answers: 1, toFind: world.effect, spread, level: 0.05, power: 0.8))
        // The world gives both arms noise of their own, the design one outcome of both.
        var design = ComparisonDesign(prompts: world.prompts, trainings: 5, answers: 1)
        #expect(design.power(toFind: world.effect, spread, level: 0.05) >= 0.8)
        design.prompts -= 1
        #expect(design.power(toFind: world.effect, spread, level: 0.05) < 0.8)
        let halved = ComparisonSpread(trainings: 0.05, prompts: 0.2, answers: 0.4 / 2.0.squareRoot())
        let found = World(
            trainings: 5, prompts: world.prompts, effect: world.effect, spread: halved)
        var random = SplitMix64(seed: 13)
        let studies = 1_000
        let share =
            Double((0..<studies).count { _ in found.difference(&random).probability(of: 0) < 0.05 })
            / Double(studies)
        print("found \(share) of studies with \(world.prompts) prompts, stated 0.8")
        #expect((0.74...0.86).contains(share))
        // No number of prompts makes up for trainings that differ by more than the effect.
        #expect(
            ComparisonDesign.fewestPrompts(
                trainings: 2, answers: 1, toFind: 0.05, spread, level: 0.05, power: 0.8) == nil)
    }

    // MARK: Corrections

    @Test func adjustsAsHolmDoes() {
        // 4 · 0.01, 3 · 0.0125 (not below the one before), 2 · 0.03, and 0.04 not below that.
        let adjusted = holmAdjusted([0.03, 0.01, 0.04, 0.0125])
        for (found, expected) in zip(adjusted, [0.06, 0.04, 0.06, 0.04]) {
            #expect(abs(found - expected) < 1e-12)
        }
        #expect(holmAdjusted([0.9, 0.8]) == [1, 1])
        #expect(holmAdjusted([]).isEmpty)
    }

    @Test func theJackknifeOfAMeanIsItsStandardError() throws {
        let values = [1.0, 2, 4, 9]
        let found = try #require(
            Jackknife.sampled(values, clusters: [[0, 1, 2, 3]]) { mean(of: $0) })
        // The deviations' squares are 9, 4, 0 and 25: 38/3 over 4.
        #expect(abs(found.variance - 38.0 / 12) < 1e-12)
        #expect(found.degrees == 3)
        // Two kinds add up; a kind with one cluster says nothing.
        let both = try #require(
            Jackknife.sampled(values, clusters: [[0, 1, 2, 3], [0, 0, 1, 1], [5, 5, 5, 5]]) { mean(of: $0) })
        // Without the first pair 6.5, without the second 1.5.
        #expect(abs(both.variance - (38.0 / 12 + 6.25)) < 1e-12)
        #expect(Jackknife.sampled(values, clusters: [[1, 1, 1, 1]]) { mean(of: $0) } == nil)
        #expect(Jackknife.sampled(values, clusters: [[0, 1, 2, 3]]) { _ in nil as Double? } == nil)
    }
}
