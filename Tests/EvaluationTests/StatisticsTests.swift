import Evaluation
import Foundation
import RandomNumbers
import Testing

@Suite struct DistributionTests {
    @Test func quantilesInterpolateAsHyndmanAndFanSeven() {
        let values = [4.0, 1, 3, 2]
        #expect(quantile(0, of: values) == 1)
        #expect(quantile(0.5, of: values) == 2.5)
        #expect(quantile(0.25, of: values) == 1.75)
        #expect(quantile(1, of: values) == 4)
        #expect(quantile(0.3, of: [7]) == 7)
        #expect(quantile(0.3, of: []) == nil)
    }

    @Test func binsHoldTheirLowerEdgeAndTheLastBoth() {
        let bins = HistogramBins(of: [-1, 0, 0.5, 1, 1.5, 2, 2.1], edges: [0, 1, 2])
        #expect(bins.counts == [2, 3])
    }

    @Test func roundEdgesCoverTheValues() throws {
        let values = (0..<200).map { sin(Double($0)) * 3.3 }
        let edges = try #require(HistogramBins.roundEdges(for: values))
        #expect(HistogramBins(of: values, edges: edges).counts.reduce(0, +) == 200)
        #expect((5...40).contains(edges.count))
        #expect(HistogramBins.roundEdges(for: []) == nil)
        let single = try #require(HistogramBins.roundEdges(for: [0.3, 0.3]))
        #expect(HistogramBins(of: [0.3, 0.3], edges: single).counts.reduce(0, +) == 2)
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

@Suite struct DiversityTests {
    @Test func distinctCountsOverAllSequences() {
        // Pairs: ab, bc | ab, bd: three different of four.
        #expect(Diversity.distinct(2, of: [["a", "b", "c"], ["a", "b", "d"], ["a"]]) == 0.75)
        #expect(Diversity.distinct(1, of: [[1, 1], [1, 1]]) == 0.25)
        #expect(Diversity.distinct(2, of: [[1]]) == nil)
    }

    @Test func repetitionLooksInsideEachSequence() {
        // The same sentence twice in two answers is no repetition inside one of them.
        #expect(Diversity.meanRepetition(2, of: [[1, 2, 3], [1, 2, 3]]) == 0)
        #expect(Diversity.meanRepetition(1, of: [[1, 1, 1, 1], [1, 2, 3, 4]]) == 0.375)
        #expect(Diversity.meanRepetition(4, of: [[1]]) == nil)
    }

    @Test func duplicateShareSeesOneAnswerForEverything() {
        #expect(Diversity.duplicateShare(of: ["yes", "yes", "no", "so"]) == 0.5)
        #expect(Diversity.duplicateShare(of: ["a", "b"]) == 0)
        #expect(Diversity.duplicateShare(of: []) == nil)
    }
}
