import Foundation
import RandomNumbers
import Statistics
import Testing

@Suite struct DistributionTests {
    @Test func meansAndDeviationsOfWhatIsThere() {
        #expect(mean(of: [1, 2, 6]) == 3)
        #expect(mean(of: [Double]()) == nil)
        let moments = Moments([1, nil, 2, 6, nil])
        #expect(moments.mean == 3)
        #expect(abs(moments.deviation - 7.0.squareRoot()) < 1e-12)
        #expect(Moments([2.0, 4][...]) == Moments([4.0, 2]))
        #expect(Moments([5.0]).mean == 5 && Moments([5.0]).deviation == 0)
        #expect(Moments([nil]).mean == 0 && Moments([Double]()).deviation == 0)
    }

    @Test func quantilesInterpolateAsHyndmanAndFanSeven() {
        let values = [4.0, 1, 3, 2]
        #expect(quantile(0, of: values) == 1)
        #expect(quantile(0.5, of: values) == 2.5)
        #expect(quantile(0.25, of: values) == 1.75)
        #expect(quantile(1, of: values) == 4)
        #expect(quantile(0.3, of: [7]) == 7)
        #expect(quantile(0.3, of: []) == nil)
    }
}

@Suite struct NumberStyleTests {
    @Test func numbersAreWrittenForReaders() {
        #expect(NumberStyle.plain.text(-0.5) == "−0.5")
        #expect(NumberStyle.plain.text(26.41) == "26.4")
        #expect(NumberStyle.plain.text(-0.00001) == "−1e−5")
        #expect(NumberStyle.plain.text(12_345_678) == "1.2e7")
        #expect(NumberStyle.plain.text(.nan) == "–")
        #expect(NumberStyle.percent.text(0.714) == "71 %")
        #expect(NumberStyle.fixed(-0.001, decimals: 2) == "0.00")
        #expect(Estimate(mean: 0.7, low: 0.6, high: 0.8).text(.percent) == "70 % (60 % to 80 %)")
        #expect(Estimate(mean: 0.7).text(.percent) == "70 %")
        #expect((0...2).map(NumberStyle.people) == ["0 people", "1 person", "2 people"])
    }
}

@Suite struct CalibrationTests {
    @Test func foldsPredictionsTowardsTheFavouredAnswer() throws {
        // Confidences 0.9, 0.9, 0.9, 0.9 with three agreements; 0.6, 0.6 with one.
        let curve = try #require(
            CalibrationCurve(chosenProbabilities: [0.9, 0.9, 0.9, 0.1, 0.6, 0.4], binCount: 5))
        #expect(curve.bins.map(\.count) == [2, 4])
        #expect(curve.bins.map(\.accuracy.mean) == [0.5, 0.75])
        #expect(abs(curve.expectedError - (2.0 / 6 * 0.1 + 4.0 / 6 * 0.15)) < 1e-12)
        #expect(CalibrationCurve(chosenProbabilities: []) == nil)
    }

    @Test func certainAndUndecidedPredictionsHaveABin() throws {
        let curve = try #require(CalibrationCurve(chosenProbabilities: [1, 0.5, 0.5, 0]))
        #expect(curve.bins.map(\.count) == [2, 2])
        #expect(curve.bins.map(\.accuracy.mean) == [0.5, 0.5])
    }

    @Test func aCalibratedPredictorHasASmallError() throws {
        var generator = SplitMix64(seed: 11)
        let differences = (0..<20_000).map { _ -> Double in
            let difference = 2 * generator.normal()
            let agrees = Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-difference))
            return agrees ? difference : -difference
        }
        let honest = try #require(CalibrationCurve(scoreDifferences: differences))
        let boastful = try #require(CalibrationCurve(scoreDifferences: differences.map { 3 * $0 }))
        print(
            "expected calibration error: honest \(honest.expectedError), boastful \(boastful.expectedError)")
        #expect(honest.expectedError < 0.01)
        #expect(boastful.expectedError > 0.08)
    }

    @Test func wilsonMatchesAPublishedCase() {
        // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I: 81 of 263.
        let interval = wilsonInterval(81, of: 263)
        #expect(abs(interval.lowerBound - 0.2553) < 5e-5)
        #expect(abs(interval.upperBound - 0.3662) < 5e-5)
        #expect(wilsonInterval(0, of: 20).lowerBound == 0)
        #expect(abs(wilsonInterval(0, of: 20).upperBound - 0.1611) < 5e-5)
    }

    @Test func logLosses() throws {
        #expect(try abs(#require(logLoss(ofProbabilities: [0.5, 0.5])) - log(2)) < 1e-12)
        #expect(try abs(#require(bradleyTerryLogLoss(scoreDifferences: [0])) - log(2)) < 1e-12)
        let expected = (log(1 + exp(-2.0)) + log(1 + exp(1.0))) / 2
        #expect(try abs(#require(bradleyTerryLogLoss(scoreDifferences: [2, -1])) - expected) < 1e-12)
        #expect(bradleyTerryLogLoss(scoreDifferences: [-5000]) == 5000)
        #expect(bradleyTerryLogLoss(scoreDifferences: [5000]) == 0)
        #expect(logLoss(ofProbabilities: []) == nil)
    }
}
