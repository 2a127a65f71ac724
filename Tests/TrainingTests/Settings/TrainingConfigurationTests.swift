import Models
import Testing

@testable import Training

@Suite struct TrainingConfigurationTests {
    @Test func defaultsAreValid() throws {
        try TrainingConfiguration(learningRate: 1e-6).validate()
        try AdapterTraining().validate()
        try RunConfiguration().validate()
    }

    @Test func refusesWhatCannotTrain() {
        func refusal(_ change: (inout TrainingConfiguration) -> Void) -> String? {
            var configuration = TrainingConfiguration(learningRate: 1e-6)
            change(&configuration)
            do { try configuration.validate() } catch { return "\(error)" }
            return nil
        }
        #expect(refusal { $0.batchSize = 0 } == "batch_size: expected at least 1, found 0")
        #expect(refusal { $0.maximumSteps = 0 } == "max_steps: expected at least 1, found 0")
        #expect(refusal { $0.adamBeta2 = 1 } == "adam_beta2: expected a number from 0 to below 1, found 1.0")
        #expect(
            refusal { $0.learningRate = .nan } == "learning_rate: expected a number of at least 0, found nan")
        #expect(refusal { $0.epochs = .infinity } == "epochs: expected a number above 0, found inf")
    }

    @Test func warmupRatioRoundsUpAndYieldsToSteps() {
        var configuration = TrainingConfiguration(learningRate: 1e-6)
        configuration.warmupRatio = 0.1
        #expect(configuration.warmupSteps(of: 25) == 3)
        configuration.warmupSteps = 7
        #expect(configuration.warmupSteps(of: 25) == 7)
    }

    @Test func anAdapterIsTrainedWhereSomethingAsksForOne() {
        var adapter = AdapterTraining()
        #expect(!adapter.isOn)
        adapter.rank = 8
        #expect(adapter.isOn)
        adapter.isRequested = false
        #expect(!adapter.isOn)
    }
}
