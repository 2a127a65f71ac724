import ArgumentParser
import Methods
import Models
import Settings
import Testing
import Training
import Verbs

@testable import heed

private struct Verb: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var reporting: ReportingOptions
    @OptionGroup var folder: RunFolderOptions
    @OptionGroup var run: RunOptions
    @OptionGroup var training: TrainingOptions<DPO>
    @OptionGroup var rows: RowOptions<DPO>
    @OptionGroup var adapter: AdapterOptions
}

private struct Settings: ConfigurationSection {
    var run = RunConfiguration()
    var training = TrainingConfiguration(learningRate: 1e-6)
    var adapter = AdapterTraining()
}

@Suite struct FlagOverridesTests {
    @Test func flagsThatWereNotGivenOverrideNothing() throws {
        #expect(try Verb.parse(["--quiet", "--resume", "--config", "x.yaml"]).overrides.isEmpty)
    }

    @Test func everyFlagIsAKeyOfTheConfiguration() throws {
        let verb = try Verb.parse([
            "--output", "out", "--seed", "7", "--device", "cpu", "--precision", "bf16", "--threads", "2",
            "--model", "m", "--train", "a.jsonl", "b.jsonl", "--eval", "c.jsonl", "--learning-rate", "1e-5",
            "--lr-schedule", "cosine", "--warmup-steps", "0", "--warmup-ratio", "0.1", "--weight-decay",
            "0.1",
            "--adam-beta1", "0.8", "--adam-beta2", "0.9", "--adam-epsilon", "1e-6", "--max-grad-norm", "0.5",
            "--batch-size", "4", "--gradient-accumulation-steps", "2", "--epochs", "1.5", "--max-steps", "6",
            "--max-length", "64", "--no-shuffle",
            "--checkpoint-every", "5", "--eval-every", "6", "--log-every", "1",
            "--lora-rank", "8", "--lora-alpha", "16", "--lora-dropout", "0", "--lora-targets", "q_proj",
            "v_proj",
            "--init-adapter", "adapter",
        ])
        let settings = try ConfigurationReader(file: nil, overrides: verb.overrides).read(Settings()).value
        let (run, training, adapter) = (settings.run, settings.training, settings.adapter)

        #expect(run.output == "out" && run.seed == 7 && run.device == "cpu")
        #expect(run.precision == .bfloat16 && run.threads == 2)
        #expect(training.model == "m" && training.train == ["a.jsonl", "b.jsonl"])
        #expect(training.evaluation == ["c.jsonl"])
        #expect(training.learningRate == 1e-5 && training.schedule == .cosine)
        #expect(training.warmupSteps == 0 && training.warmupRatio == 0.1 && training.weightDecay == 0.1)
        #expect(training.adamBeta1 == 0.8 && training.adamBeta2 == 0.9 && training.adamEpsilon == 1e-6)
        #expect(training.maximumGradientNorm == 0.5 && training.batchSize == 4)
        #expect(training.gradientAccumulationSteps == 2 && training.epochs == 1.5)
        #expect(training.maximumSteps == 6 && training.maximumLength == 64)
        #expect(!training.shuffle)
        #expect(training.checkpointEvery == 5 && training.evaluateEvery == 6 && training.logEvery == 1)
        #expect(adapter.rank == 8 && adapter.alpha == 16 && adapter.dropout == 0)
        #expect(adapter.targets == ["q_proj", "v_proj"] && adapter.initialAdapter == "adapter")
        #expect(verb.overrides.count == 31)
    }

    /// Verbs that run a job.
    private static let verbs = HeedCommand.configuration.subcommands.compactMap {
        $0 as? any VerbCommand.Type
    }

    @Test func everyFlagOfEveryVerbIsAKeyThatItsJobKnows() throws {
        #expect(!Self.verbs.isEmpty)
        for verb in Self.verbs {
            let printed = try verb.verb.prepare(ConfigurationReader(file: nil)).yaml
            let keys = Set(printed.split(separator: "\n").map { $0.prefix { $0 != ":" } })
            let flags = try verb.parse([]).settingFlags.map(\.flag)
            #expect(Set(flags).count == flags.count, "\(verb.verb.name) has a flag twice")
            for flag in flags {
                let key = flag.dropFirst(2).replacing("-", with: "_")
                #expect(keys.contains(key[...]), "\(verb.verb.name) has no setting for \(flag)")
            }
        }
    }

    @Test func resumeAndForceExcludeEachOther() {
        #expect(throws: (any Error).self) { try Verb.parse(["--resume", "--force"]) }
    }
}
