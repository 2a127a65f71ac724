import RandomNumbers
import Statistics
import Testing

/// Published worked examples, and tables on which other programs were asked.
@Suite struct AgreementTests {
    /// Krippendorff, *Computing Krippendorff's Alpha-Reliability*, 2011, part C: 12 units, 4 observers, missing values.
    private static let krippendorff = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4],
        [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
    ]
    /// 20 items with a hidden mark of 1 to 5 that four raters see with an error of −1, 0, 0 or 1
    /// (`numpy.random.default_rng(5)`), and the same with three of ten ratings missing.
    private static let complete = [
        [3, 4, 5, 3], [5, 5, 5, 5], [1, 2, 2, 2], [4, 5, 5, 5], [3, 3, 3, 2], [4, 3, 4, 3], [4, 5, 3, 3],
        [2, 2, 1, 3], [5, 4, 5, 5], [2, 2, 1, 1], [3, 2, 3, 1], [1, 2, 2, 2], [4, 2, 3, 3], [3, 4, 2, 3],
        [1, 1, 1, 1], [1, 1, 1, 2], [2, 1, 1, 1], [1, 2, 1, 1], [1, 1, 2, 1], [5, 4, 5, 5],
    ]
    private static let incomplete = [
        [4, 5, 3], [5, 5, 5], [1, 2, 2, 2], [5, 5], [3, 3, 3], [4, 3, 4, 3], [4, 5, 3, 3], [2, 1, 3],
        [5, 4, 5, 5], [2, 2, 1], [3, 2, 3, 1], [1, 2], [4, 3, 3], [4, 3], [1, 1], [1], [2, 1, 1, 1],
        [1, 2, 1, 1], [1, 1, 2, 1], [5, 4, 5],
    ]

    @Test func alphaOfItsAuthorsExample() throws {
        let matrix = CoincidenceMatrix(Self.krippendorff)
        #expect(matrix.valueCount == 40)
        #expect(matrix.marginals.map { $0.rounded() } == [9, 13, 10, 5, 3])
        #expect(try abs(#require(matrix.krippendorffAlpha(.nominal)) - 0.743) < 5e-4)
        #expect(try abs(#require(matrix.krippendorffAlpha(.ordinal)) - 0.815) < 5e-4)
        #expect(try abs(#require(matrix.krippendorffAlpha(.interval)) - 0.849) < 5e-4)
    }

    /// `krippendorff.alpha` of the Python package `krippendorff` 0.8.
    @Test(arguments: [
        (MeasurementScale.nominal, 0.288_005_301_524_188_35, 0.278_911_564_625_850_3),
        (.ordinal, 0.798_281_057_621_275_5, 0.806_049_155_348_25),
        (.interval, 0.814_292_430_653_502_7, 0.811_944_091_486_658_2),
    ])
    func alphaOfRandomTables(scale: MeasurementScale, complete: Double, incomplete: Double) throws {
        let found = try [Self.complete, Self.incomplete].map {
            try #require(CoincidenceMatrix($0).krippendorffAlpha(scale))
        }
        #expect(abs(found[0] - complete) < 1e-12)
        #expect(abs(found[1] - incomplete) < 1e-12)
    }

    @Test func fleissKappaOfTenSubjectsByFourteenRaters() throws {
        // The worked example of the encyclopedias: P̄ = 0.378, P̄ₑ = 0.213, κ = 0.210.
        let counts = [
            [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
        ]
        let units = counts.map { row in
            row.enumerated().flatMap { Array(repeating: $0 + 1, count: $1) }
        }
        let matrix = CoincidenceMatrix(units)
        #expect(matrix.ratingsPerUnit == 14)
        #expect(try abs(#require(matrix.agreement) - 0.378) < 5e-4)
        #expect(try abs(#require(matrix.fleissKappa) - 0.210) < 5e-4)
    }

    /// `statsmodels.stats.inter_rater.fleiss_kappa`.
    @Test func fleissKappaOfARandomTable() throws {
        let kappa = try #require(CoincidenceMatrix(Self.complete).fleissKappa)
        #expect(abs(kappa - 0.278_992_710_404_241_1) < 1e-12)
        #expect(CoincidenceMatrix(Self.incomplete).fleissKappa == nil)
    }

    @Test func cohensKappaOfItsAuthorsTable() throws {
        // Two clinicians sort 200 patients into three kinds of disorder (Cohen, *Weighted Kappa*, 1968, table 1):
        // 70 % agreement, 41 % of it expected by chance.
        let table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
        let pairs = table.enumerated().flatMap { row, counts in
            counts.enumerated().flatMap { Array(repeating: (first: row, second: $0), count: $1) }
        }
        let ratings = PairedRatings(pairs)
        #expect(ratings.agreement == 0.7)
        #expect(try abs(#require(ratings.kappa()) - 0.29 / 0.59) < 1e-12)
    }

    /// `sklearn.metrics.cohen_kappa_score` on the first two raters.
    @Test(arguments: [
        (DisagreementWeight.equal, 0.192_546_583_850_931_7), (.linear, 0.561_128_526_645_768),
        (.quadratic, 0.798_742_138_364_779_9),
    ])
    func weightedKappaOfARandomTable(weight: DisagreementWeight, expected: Double) throws {
        let ratings = PairedRatings(Self.complete.map { ($0[0], $0[1]) })
        #expect(try abs(#require(ratings.kappa(weight)) - expected) < 1e-12)
    }

    @Test func whatCannotBeToldIsNil() {
        for units in [[], [[1], [2]], [[3, 3], [3, 3, 3]]] as [[[Int]]] {
            let matrix = CoincidenceMatrix(units)
            #expect(matrix.fleissKappa == nil)
            for scale in MeasurementScale.allCases { #expect(matrix.krippendorffAlpha(scale) == nil) }
        }
        #expect(CoincidenceMatrix([]).agreement == nil)
        #expect(CoincidenceMatrix([[3, 3]]).agreement == 1)
        #expect(PairedRatings([]).kappa() == nil)
        #expect(PairedRatings([]).agreement == nil)
        #expect(PairedRatings([(2, 2), (2, 2)]).kappa(.linear) == nil)
        #expect(PairedRatings([(2, 2), (2, 2)]).agreement == 1)
        // They never agree, and chance would not have made them.
        #expect(PairedRatings([(1, 2), (1, 2)]).kappa() == 0)
    }

    @Test func whoRatedDoesNotMatter() throws {
        let shuffled = Self.incomplete.map { Array($0.reversed()) }.reversed()
        let matrix = CoincidenceMatrix(Array(shuffled))
        let straight = CoincidenceMatrix(Self.incomplete)
        #expect(
            try abs(
                #require(matrix.krippendorffAlpha(.ordinal)) - #require(straight.krippendorffAlpha(.ordinal)))
                < 1e-12)
    }
}

@Suite struct AgreementIntervalTests {
    private static func alpha(_ matrix: CoincidenceMatrix) -> Double? { matrix.krippendorffAlpha(.nominal) }

    @Test func estimatesAreThoseOfTheMatrix() throws {
        var generator = SplitMix64(seed: 1)
        let units = [[1, 1, 2], [2, 2], [1, 1], [2, 1], [2, 2, 2], [1]]
        let items = RatedItems(units)
        #expect(items.itemCount == 5)
        #expect(items.coincidences == CoincidenceMatrix(units))
        let estimates = items.estimates(
            of: [{ $0.agreement }, Self.alpha, { $0.fleissKappa }], using: &generator)
        #expect(estimates[0]?.mean == CoincidenceMatrix(units).agreement)
        #expect(estimates[1]?.mean == CoincidenceMatrix(units).krippendorffAlpha(.nominal))
        #expect(estimates[1]?.low != nil)
        #expect(estimates[2] == nil)
        #expect(RatedItems([[1, 2]]).estimates(of: [{ $0.agreement }], using: &generator)[0]?.low == nil)
    }

    /// Three raters say the truth with probability 0.8 and throw a coin otherwise, so two of them agree with probability
    /// 0.82 where a coin would with 0.5, and κ and α are 0.64.
    @Test func intervalsHoldTheTruthAboutAsOftenAsPromised() throws {
        var generator = SplitMix64(seed: 2)
        var covered = (alpha: 0, kappa: 0)
        let studies = 200
        for _ in 0..<studies {
            let units = (0..<80).map { _ in
                let truth = Int.random(in: 0...1, using: &generator)
                return (0..<3).map { _ in
                    Double.random(in: 0..<1, using: &generator) < 0.8
                        ? truth : Int.random(in: 0...1, using: &generator)
                }
            }
            let estimates = RatedItems(units).estimates(
                of: [Self.alpha], bootstrap: Bootstrap(resamples: 200), using: &generator)
            if try #require(estimates[0]).side(of: 0.64) == nil { covered.alpha += 1 }
            let paired = PairedRatings(units.map { ($0[0], $0[1]) }).estimates(
                bootstrap: Bootstrap(resamples: 200), using: &generator)
            if try #require(paired.kappa).side(of: 0.64) == nil { covered.kappa += 1 }
        }
        print("coverage of 95 % intervals: α \(covered.alpha), κ \(covered.kappa) of \(studies)")
        #expect((180...198).contains(covered.alpha))
        #expect((180...198).contains(covered.kappa))
    }

    @Test func unitsOfOneItemAreDrawnTogether() throws {
        var generator = SplitMix64(seed: 3)
        // Every item has six units that all say the same: the items are what there is to learn from.
        let alone = (0..<12).map { $0 % 3 == 0 ? [1, 2] : [$0 % 2 + 1, $0 % 2 + 1] }
        let copies = alone.flatMap { Array(repeating: $0, count: 6) }
        let items = copies.indices.map { $0 / 6 }
        let width = { (ratings: RatedItems, generator: inout SplitMix64) throws -> Double in
            let estimate = try #require(
                ratings.estimates(of: [{ $0.agreement }], using: &generator)[0])
            return try #require(estimate.high) - #require(estimate.low)
        }
        let single = try width(RatedItems(alone), &generator)
        let clustered = try width(RatedItems(copies, items: items), &generator)
        let naive = try width(RatedItems(copies), &generator)
        #expect(abs(clustered - single) < 0.06)
        #expect(naive < 0.6 * clustered)
        let pairs = copies.map { (first: $0[0], second: $0[1]) }
        var same = (SplitMix64(seed: 4), SplitMix64(seed: 4))
        #expect(
            PairedRatings(pairs, items: items).estimates(using: &same.0).agreement
                == RatedItems(copies, items: items).estimates(of: [{ $0.agreement }], using: &same.1)[0])
    }
}
