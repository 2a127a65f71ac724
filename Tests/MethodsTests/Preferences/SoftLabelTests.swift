import Datasets
import Foundation
import LanguageModels
import RunTestSupport
import Runs
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Labels that are probabilities: the loss is what is expected under them.
@Suite(.serialized) struct SoftLabelTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func likelihoods(_ preferences: [Float]?, swapped: Bool = false) -> PreferenceLikelihoods {
        let sides = (
            Pair(chosen: Tensor([Float(-1.8), -2]), rejected: Tensor([Float(-4.6), -1])),
            Pair(chosen: Tensor([Float(-3), -2.5]), rejected: Tensor([Float(-4), -1.5])),
            Pair(chosen: Tensor([Float(4), 3]), rejected: Tensor([Float(2), 5]))
        )
        return PreferenceLikelihoods(
            policy: swapped ? sides.0.swapped : sides.0, reference: swapped ? sides.1.swapped : sides.1,
            lengths: swapped ? sides.2.swapped : sides.2, chosenLikelihood: Tensor([-2.5]).sum(),
            preferences: preferences.map { Tensor($0) })
    }

    private var configuration: DPO.Configuration {
        var configuration = DPO.Configuration()
        configuration.beta = 0.4
        configuration.labelSmoothing = 0.1
        return configuration
    }

    /// Log-ratios 1.2 and −0.6, β 0.4: −log σ(0.72) = 0.396594047, and 0.72 more the other way round. 0.7 of one and 0.3 of the
    /// other.
    @Test func byHand() {
        let loss = DPO.losses(.sigmoid, likelihoods([0.7, 1]), configuration).doubles()
        expectClose(loss[0], 0.7 * 0.396594047 + 0.3 * 1.116594047, relative: 2e-6)
        // One p for all rows is cDPO's label smoothing.
        expectClose(
            DPO.losses(.sigmoid, likelihoods([0.9, 0.9]), configuration).doubles(),
            DPO.losses(.cdpo, likelihoods(nil), configuration).doubles(), relative: 2e-6)
    }

    @Test(arguments: DPO.Loss.allCases.filter { !$0.sorts && $0 != .sft })
    func everyLossIsExpected(_ loss: DPO.Loss) {
        let (given, other) = (
            DPO.losses(loss, likelihoods(nil), configuration).doubles(),
            DPO.losses(loss, likelihoods(nil, swapped: true), configuration).doubles()
        )
        let soft = DPO.losses(loss, likelihoods([0.8, 0.25]), configuration).doubles()
        expectClose(soft[0], 0.8 * given[0] + 0.2 * other[0], relative: 1e-5)
        expectClose(soft[1], 0.25 * given[1] + 0.75 * other[1], relative: 1e-5)
        #expect(DPO.losses(loss, likelihoods([1, 1]), configuration).doubles() == given)
    }

    // MARK: Through the verbs

    private func file(_ preference: String, swapped: Bool = false) throws -> String {
        let lines = (0..<8).map { index in
            let (good, bad) = ("\"yes \(index)\"", "\"never mind, \(index)\"")
            return "{\"prompt\": \"Question \(index)? \", \"chosen\": \(swapped ? bad : good), "
                + "\"rejected\": \(swapped ? good : bad)\(preference)}"
        }
        return try jobs.folder.write(lines.joined(separator: "\n"), to: "\(UUID()).jsonl").path
    }

    private func firstLoss<Method: TrainingMethod>(
        _ method: Method.Type, _ file: String, _ configuration: Method.Configuration
    ) throws -> Double {
        var training = jobs.training(steps: 1, learningRate: 1e-4)
        training.train = [file]
        training.shuffle = false
        let output = "\(UUID())"
        try method.run(training, adapters: jobs.lowRank, method: configuration, context: jobs.context(output))
        let records = try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
        return try #require(records.first?["loss"])
    }

    private func expectExpected<Method: TrainingMethod>(
        _ method: Method.Type, changing change: (inout Method.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = method.defaults
        change(&configuration)
        func loss(_ preference: String, swapped: Bool = false) throws -> Double {
            try firstLoss(method, file(preference, swapped: swapped), configuration)
        }
        let (given, other) = (try loss(""), try loss("", swapped: true))
        #expect(abs(given - other) > 1e-4)
        expectClose(try loss(", \"preference\": 1"), given, relative: 1e-6, "\(method)")
        expectClose(try loss(", \"preference\": 0"), other, relative: 1e-5, "\(method)")
        expectClose(
            try loss(", \"preference\": 0.7"), 0.7 * given + 0.3 * other, relative: 1e-5, "\(method)")
    }

    @Test func methodsLearnThem() throws {
        try expectExpected(DPO.self) { $0.reference = DPO.Configuration.noReference }
        try expectExpected(CPO.self) { $0.sftWeight = 0 }
        try expectExpected(RewardModeling.self)
    }

    @Test func whatSortsPairsRefusesThem() throws {
        var configuration = DPO.Configuration()
        configuration.losses = [.aot]
        let message = jobs.message {
            _ = try firstLoss(DPO.self, file(", \"preference\": 0.7"), configuration)
        }
        #expect(
            message?.contains(":1: expected certain choices beside the loss aot") == true, "\(message ?? "")")
    }

    @Test(arguments: ["1.2", "-0.1", "\"A\""]) func whatIsNoProbabilityIsRefused(_ value: String) throws {
        let message = jobs.message {
            _ = try firstLoss(RewardModeling.self, file(", \"preference\": \(value)"), .init())
        }
        #expect(
            message?.contains(":1: expected a probability from 0 to 1 in \"preference\"") == true,
            "\(message ?? "")"
        )
    }
}
