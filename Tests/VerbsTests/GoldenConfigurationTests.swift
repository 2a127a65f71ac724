import Foundation
import Methods
import Models
import Settings
import TestSupport
import Testing
import Training

@testable import Verbs

/// The settings of one method's verb.
private struct Settings<Method: ConfigurationSection>: ConfigurationSection {
    var run = RunConfiguration()
    var training = TrainingConfiguration(learningRate: 0)
    var adapters = AdapterTraining()
    var method: Method
}

/// The hyperparameters of the golden runs are files of TRL's settings.
@Suite struct GoldenConfigurationTests {
    /// Reads every case of a folder and checks what all of them share.
    private func readCases<Method: ConfigurationSection>(of folder: String, _ method: Method) throws
        -> [Method]
    {
        let root = Fixtures.golden(folder)
        let cases = try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
            .map { root.appending(path: $0).appending(path: "expected.json") }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
        try #require(!cases.isEmpty)
        return try cases.map { file in
            let expected = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
            let golden = try #require(expected?["hyperparameters"] as? [String: Any])
            let configuration = FileManager.default.temporaryDirectory.appending(
                path: "\(UUID().uuidString).yaml")
            try JSONSerialization.data(withJSONObject: golden).write(to: configuration)
            defer { try? FileManager.default.removeItem(at: configuration) }

            let resolved = try ConfigurationReader(file: configuration).read(Settings(method: method))
            let training = resolved.value.training
            #expect(training.learningRate == golden["learning_rate"] as? Double, "\(file.path)")
            #expect(training.batchSize == golden["per_device_train_batch_size"] as? Int, "\(file.path)")
            #expect(training.maximumSteps == golden["max_steps"] as? Int, "\(file.path)")
            #expect(training.schedule.rawValue == golden["lr_scheduler_type"] as? String, "\(file.path)")
            #expect(training.train == [try #require(golden["dataset"] as? String)], "\(file.path)")
            #expect(resolved.ignoredKeys.allSatisfy { $0 == "prepared_rows" }, "\(file.path)")
            return resolved.value.method
        }
    }

    @Test func supervisedCases() throws {
        let methods = try readCases(of: "sft", SFT.Configuration())
        #expect(
            methods.contains { $0.completionOnly == .on } && methods.contains { $0.completionOnly == .off })
        #expect(methods.contains { $0.assistantOnly })
    }

    @Test func preferenceCases() throws {
        let methods = try readCases(of: "dpo", DPO.Configuration())
        #expect(methods.contains { $0.reference == "tiny-llama-ref" })
        #expect(methods.contains { $0.beta == 0.5 })
        #expect(methods.contains { $0.losses.count == 3 && $0.lossWeights == [0.8, 0.2, 1] })
        #expect(methods.contains { $0.divergence.kind == .alpha && $0.divergence.coefficient == 0.5 })
        #expect(methods.contains { $0.lengthAlpha == 0.5 } && methods.contains { $0.usesWeighting })
        #expect(methods.contains { $0.synchronization.isOn && $0.synchronization.interval == 2 })
    }

    @Test func casesWithoutAReference() throws {
        let contrastive = try readCases(of: "cpo", CPO.Configuration())
        #expect(Set(contrastive.map(\.loss)) == Set(CPO.Configuration.Loss.allCases))
        #expect(contrastive.contains { $0.sftWeight == 0 && $0.shape.margin == 1 })
        #expect(
            contrastive.contains { $0.shape.alpha == 0.1 }
                && contrastive.contains { $0.labelSmoothing == 0.1 })
        #expect(try readCases(of: "orpo", ORPO.Configuration()).contains { $0.beta == 0.5 })
    }

    /// TRL's `kto` is the loss whose baseline belongs to a micro-batch.
    @Test func judgedAnswers() throws {
        let methods = try readCases(of: "kto", KTO.Configuration())
        #expect(Set(methods.map(\.loss)) == [.microBatch, .apoZeroUnpaired])
        #expect(methods.contains { $0.weights.undesirable == 1.4 && $0.beta == 0.5 })
    }

    @Test func distillationCases() throws {
        let methods = try readCases(of: "distill", Distillation.Configuration())
        #expect(Set(methods.map(\.divergence.beta)) == [0, 0.5, 1])
        #expect(methods.allSatisfy { $0.teacher == ["tiny-llama-ref"] && $0.temperature == 1 })
    }

    @Test func rewardCases() throws {
        let methods = try readCases(of: "reward", RewardModeling.Configuration())
        #expect(
            methods.contains { $0.centerCoefficient == 0.01 }
                && methods.contains { $0.centerCoefficient == nil })
    }
}
