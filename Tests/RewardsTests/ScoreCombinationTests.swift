import Datasets
import Settings
import TestSupport
import Testing

@testable import Rewards

@Suite struct ScoreCombinationTests {
    private var description: RewardDescription {
        var description = RewardDescription(aspects: ["helpful", "safe"])
        description.groups = .init(column: .group, names: ["north", "south"])
        return description
    }

    private func combination(_ options: String) throws -> ScoreCombination {
        try ScoreCombination(
            NamedArgument("reward-model" + (options.isEmpty ? "" : ":" + options), kind: "reward"))
    }

    /// The shared scores are 2 and 1; north has 3 and 1, south 0 and −1.
    private let scores: [[Double]] = [[2, 1], [3, 1], [0, -1]]

    @Test(arguments: [
        ("", 1.5), ("weights=helpful", 2), ("weights=helpful*2+safe*-1", 3), ("group=north", 2),
        ("group=south", -0.5), ("group=mean", 0.75), ("group=worst", -0.5),
        // σ(1) = 0.73: safe enough, and the other aspect counts.
        ("gate=safe", 2), ("gate=safe,threshold=0.8", 1),
        // In the south it is σ(−1) = 0.27.
        ("gate=safe,threshold=0.3,group=south", -1), ("gate=safe,threshold=0.3,group=worst", -1),
    ]) func oneNumberOfMany(_ options: String, _ expected: Double) throws {
        expectClose(
            try combination(options).score([scores], [description]), expected, relative: 1e-12, options)
    }

    @Test func cautionTakesDeviationsOff() throws {
        let members: [[[Double]]] = [[[1]], [[3]], [[8]]]
        let description = RewardDescription(aspects: ["LABEL_0"])
        // Mean 4, deviation √((9 + 1 + 16) / 2).
        let score = try combination("k=2").score(members, [description, description, description])
        expectClose(score, 4 - 2 * 13.0.squareRoot(), relative: 1e-12)
        expectClose(try combination("k=2").score([[[5]]], [description]), 5, relative: 1e-12)
    }

    @Test func theWorstMemberCounts() throws {
        let description = RewardDescription(aspects: ["LABEL_0"])
        let members: [[[Double]]] = [[[3]], [[1]], [[8]]]
        let score = try combination("members=worst").score(members, [description, description, description])
        #expect(score == 1)
        for options in ["members=worst,k=1", "members=best"] {
            #expect(throws: NamedArgumentError.self, "\(options)") { try combination(options) }
        }
    }

    /// Between the members of one model nothing differs: caution would be written and do nothing.
    @Test func cautionNeedsAnEnsemble() throws {
        for options in ["k=1", "members=worst"] {
            #expect(throws: InvalidSetting.self, "\(options)") {
                try combination(options).check(memberCount: 1, model: "m")
            }
            try combination(options).check(memberCount: 2, model: "m")
        }
        try combination("k=0,members=mean").check(memberCount: 1, model: "m")
    }

    @Test func normalisedScoresAreInDeviations() throws {
        var description = RewardDescription(aspects: ["helpful", "safe"])
        description.normalizer = ScoreNormalizer([[[1, 5]], [[3, 5]]])
        // Mean 2, deviation √2; the second aspect never varied and says nothing.
        let score = try combination("normalize=true").score([[[4, 9]]], [description])
        expectClose(score, (2 / 2.0.squareRoot()) / 2, relative: 1e-12)
        #expect(ScoreNormalizer([[[1]]]) == nil)
    }

    @Test func whatTheModelLacksIsRefused() throws {
        let plain = RewardDescription(aspects: ["LABEL_0"])
        for options in ["group=east", "group=worst", "weights=kind", "gate=safe", "normalize=true"] {
            #expect(throws: InvalidSetting.self, "\(options)") {
                try combination(options).check(plain, model: "m")
            }
        }
        for options in ["weights=helpful*x", "k=-1", "normalize=maybe", "threshold=2"] {
            #expect(throws: NamedArgumentError.self, "\(options)") { try combination(options) }
        }
        try combination("group=worst,gate=safe,weights=helpful*2").check(description, model: "m")
    }
}
