import Models
import Settings
import Testing

@testable import Training

@Suite struct TrainingConfigurationTests {
    @Test func defaultsAreValid() throws {
        try TrainingConfiguration(learningRate: 1e-6).validate()
        try AdapterTraining().validate()
        try RunConfiguration().validate()
    }

    @Test func whatMayNotBeMeantIsRemarked() throws {
        func remarks(_ change: (inout TrainingConfiguration) -> Void) -> [String] {
            var training = TrainingConfiguration(learningRate: 1e-3)
            (training.train, training.evaluation) = (["a.jsonl", "b.jsonl"], ["c.jsonl"])
            change(&training)
            return training.remarks(totalSteps: 10)
        }
        #expect(remarks { $0.warmupSteps = .steps(9) } == [])
        #expect(
            remarks { $0.warmupSteps = .steps(10) } == [
                "the learning rate rises for 10 steps and the run has 10: it never gets to its peak"
            ])
        #expect(
            remarks { $0.learningRate = 100 }.first?.contains("rates from 1e-6 to 1e-2 are usual") == true)
        #expect(
            remarks { $0.train.append("./a.jsonl") } == [
                "a.jsonl is given twice: its rows are seen twice as often"
            ])
        #expect(
            remarks { $0.evaluation = ["./b.jsonl"] }.first?.contains("./b.jsonl is learned from") == true)
        #expect(
            remarks { $0.train = ["a.jsonl=0.5"] }.first?.contains("a share of 0.5 for the only file") == true
        )
        #expect(remarks { $0.train = ["a.jsonl=0.5", "b.jsonl=0.5"] } == [])
    }

    /// What is given and does nothing is noted: other tools' files have both.
    @Test func whatIsNotReadIsNoted() throws {
        func notes(_ flags: KeyValuePairs<String, any Encodable & Sendable>) throws -> [String] {
            let overrides = flags.map { ConfigurationOverride(flag: $0.key, value: $0.value) }
            return try ConfigurationReader(file: nil, overrides: overrides).read(TrainingConfiguration())
                .notes
        }
        #expect(try notes(["--max-steps": 3]) == [])
        #expect(
            try notes(["--max-steps": 3, "--epochs": 2.0]) == [
                "--epochs: expected no max_steps beside it, as max_steps says when the run ends, found 3"
            ])
        #expect(
            try notes(["--eval": ["c.jsonl"], "--eval-every": 0]).first?.contains(
                "eval: expected eval_every beside it, as nothing is measured on it otherwise") == true)
    }

    @Test func refusesWhatCannotTrain() {
        func refusal(_ flag: String, _ value: some Encodable) -> String? {
            do {
                let flags = [ConfigurationOverride(flag: flag, value: value)]
                _ = try ConfigurationReader(file: nil, overrides: flags).read(TrainingConfiguration())
            } catch { return "\(error)" }
            return nil
        }
        #expect(refusal("--batch-size", 0) == "--batch-size: expected at least 1, found 0")
        #expect(refusal("--max-steps", 0) == "--max-steps: expected at least 1, found 0")
        #expect(
            refusal("--adam-beta2", 1.0)
                == "--adam-beta2: expected a number from 0 to below 1, found 1.0")
        #expect(
            refusal("--learning-rate", Double.nan)
                == "--learning-rate: expected a number of at least 0, found nan")
        #expect(
            refusal("--epochs", Double.infinity)
                == "--epochs: expected a number above 0 and at most 1000000000, found inf")
        #expect(
            refusal("--batch-size", Int.max)
                == "--batch-size: expected from 1 to 1000000, found 9223372036854775807")
        #expect(refusal("--warmup-steps", "epoch")?.contains("a number or a share of steps") == true)
        #expect(refusal("--checkpoint-every", 2.5)?.contains("a share of them below 1, or epoch") == true)
        #expect(refusal("--lr-schedule", "cosine_with_min_lr")?.contains("min_lr or min_lr_rate") == true)
        #expect(
            refusal("--min-lr-rate", 0.1)?.contains("cosine_with_min_lr or warmup_stable_decay beside")
                == true)
    }

    /// transformers: ⌈share × steps⌉.
    @Test func intervalsAreStepsSharesOrEpochs() throws {
        #expect(StepInterval("7") == 7 && StepInterval("2.0") == 2 && StepInterval("0.25") == .share(0.25))
        #expect(StepInterval("epoch") == .epoch && StepInterval("1.5") == nil && StepInterval("-0.5") == nil)
        #expect(StepInterval.share(0.25).steps(of: 10) == 3 && StepInterval.share(0.01).steps(of: 10) == 1)
        func due(_ interval: StepInterval, of steps: Int) -> [Int] {
            (1...steps).filter {
                interval.isDue(
                    after: $0, of: steps, epochsDone: (Double($0 - 1) / 4, Double($0) / 4))
            }
        }
        #expect(due(3, of: 7) == [3, 6, 7] && due(0, of: 7) == [])
        #expect(due(.share(0.25), of: 10) == [3, 6, 9, 10] && due(.epoch, of: 10) == [4, 8, 10])
        let configuration = try ConfigurationReader(
            file: nil, overrides: [ConfigurationOverride(flag: "--warmup-steps", value: 0.25)]
        ).read(TrainingConfiguration()).value
        #expect(configuration.warmupSteps(of: 10) == 3)
    }

    /// transformers' `get_cosine_with_min_lr_schedule_with_warmup`: r + (1 − r)(1 + cos πp)/2.
    @Test func aCosineEndsAtItsLowestRate() {
        var configuration = TrainingConfiguration(learningRate: 1e-4)
        configuration.schedule = .cosineWithMinimum
        configuration.minimumLearningRateShare = 0.1
        let rates = configuration.learningRateSchedule(totalSteps: 10)
        #expect(abs(rates.rate(at: 0) - 1e-4) < 1e-12 && abs(rates.rate(at: 5) - 5.5e-5) < 1e-12)
        #expect(abs(rates.rate(at: 10) - 1e-5) < 1e-12)
        configuration.minimumLearningRateShare = nil
        configuration.minimumLearningRate = 2e-5
        #expect(abs(configuration.learningRateSchedule(totalSteps: 10).rate(at: 10) - 2e-5) < 1e-12)
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
