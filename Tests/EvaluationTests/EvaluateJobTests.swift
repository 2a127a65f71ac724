import Checkpoints
import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import Statistics
import TestSupport
import Testing
import Torch
import Training

@testable import Evaluation

/// Likes long answers.
private struct LettersReward: Reward {
    let name = "letters"
    let description = "A program that counts letters."

    func scores(of answers: [RewardInput]) -> [Double?] { answers.map { Double($0.text.count) } }
}

@Suite struct EvaluateJobTests {
    private let folder: TemporaryFolder
    private let start = Fixtures.golden("tiny-llama")

    init() throws {
        folder = try TemporaryFolder()
        let prompts = ["Hello", "What is the capital of France?", "Count to ten.", "Why is the sky blue?"]
        let rows = prompts.enumerated().map { "{\"prompt\": \"\($1)\", \"harmful\": \($0 == 0)}\n" }
        try folder.write(rows.joined(), to: "prompts.jsonl")
        try folder.write("The quick brown fox jumps over the lazy dog. It was a fine day.\n", to: "text.txt")
    }

    private func configuration(_ models: String...) -> EvaluateConfiguration {
        var configuration = EvaluateConfiguration()
        configuration.models = models
        configuration.prompts = [folder.item("prompts.jsonl").path]
        configuration.perplexity = [folder.item("text.txt").path]
        configuration.judge = ["letters"]
        configuration.sampler.answersPerPrompt = 2
        configuration.sampler.maximumNewTokens = 12
        return configuration
    }

    private func context(_ output: String = "report", mode: RunFolder.Mode = .new) throws -> RunContext {
        var run = RunConfiguration()
        run.output = folder.item(output).path
        run.device = "cpu"
        run.precision = .float32
        var context = try RunContext(
            verb: "evaluate", run: run, mode: mode, settings: .null, progress: ProgressDisplay(style: .quiet))
        context.rewards.add(.init(name: "letters", temperature: 1) { _ in LettersReward() })
        return context
    }

    /// Rows are held against what the judge compares with before anything is sampled, and nothing is left behind.
    @Test(arguments: ["judge", "proxy"])
    func rowsWithoutTheTruthAreRefusedFirst(_ role: String) throws {
        var configuration = configuration(start.path)
        if role == "judge" { configuration.judge = ["exact"] } else { configuration.proxy = ["exact"] }
        let error = #expect(throws: RewardError.self) {
            try EvaluateJob.run(
                configuration, origin: .init(command: "heed evaluate"), context: context())
        }
        #expect("\(error as Any)".contains("answer"), "\(error as Any)")
        #expect(!FileManager.default.fileExists(atPath: folder.item("report").path))
    }

    @Test func forceRemovesMeasurementsAlone() throws {
        for name in ["start.answers.json", "notes.txt", "pictures/one.json"] {
            try folder.write("{}", to: "report/arms/\(name)")
        }
        _ = try EvaluationFolder(context(mode: .force))
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.item("report/arms").path)
        #expect(names.sorted() == ["notes.txt", "pictures", "pictures/one.json"])
    }

    @Test func aModelWithoutNumbersGivesNoReport() throws {
        let jobs = try TinyRuns()
        let model = try jobs.damagedModel(value: .infinity)
        let error = #expect(throws: ModelNotFinite.self) {
            try evaluate(configuration(start.path, model), context())
        }
        #expect(error?.description.contains("to prompt 1: expected finite numbers of the model") == true)
    }

    private func evaluate(_ configuration: EvaluateConfiguration, _ context: RunContext) throws -> Report {
        try EvaluateJob.run(
            configuration, origin: .init(command: "heed evaluate"), context: context)
    }

    /// Another full model over the same tokens.
    private func otherModel() throws -> URL {
        let other = folder.item("other")
        try FileManager.default.copyItem(at: Fixtures.golden("tiny-llama-ref"), to: other)
        for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
            try FileManager.default.copyItem(
                at: start.appendingPathComponent(name), to: other.appendingPathComponent(name))
        }
        return other
    }

    /// An adapter on the start whose output is scaled by `size`; 0 leaves the start as it is.
    private func adapter(size: Double) throws -> URL {
        let model = try LanguageModel.load(from: start, options: LoadingOptions(trainability: .adapters))
        let generator = Generator(seed: 7)
        try model.attachAdapters(
            AdapterConfiguration(
                rank: 4, alpha: 8, dropout: 0, targetModules: ["q_proj", "down_proj"],
                task: .causalLanguageModel,
                baseModel: start.path, modulesToSave: []),
            generator: generator)
        withoutGradients {
            for parameter in model.trainableParameters where parameter.name.contains("lora_B") {
                parameter.tensor.assign(generator.normal(parameter.tensor.shape) * size)
            }
        }
        let url = folder.item("adapter-\(size)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try model.saveAdapters(to: url)
        return url
    }

    @Test func measuresEveryArmAndWritesTheReport() throws {
        let report = try evaluate(
            configuration(
                start.path, "full=\(try otherModel().path)", "adapted=\(try adapter(size: 0.5).path)"),
            context())
        #expect(report.arms.map(\.name) == ["start", "full", "adapted"])
        #expect((report.reference, report.prompts) == ("start", 4))
        #expect(report.arms[0].kl == Estimate(mean: 0))
        #expect(report.arms[0].winRate == nil)
        for arm in report.arms {
            #expect(arm.samples.count == 8)
            #expect(arm.perplexity.map { $0 > 1 && $0.isFinite } == true)
            #expect(arm.length.map { $0 >= 1 && $0 <= 12 } == true)
            #expect(arm.score?.low != nil)
            #expect(arm.distinct2 != nil)
            let refusals = try #require(arm.refusals)
            #expect((refusals.harmful?.prompts, refusals.harmless?.prompts) == (1, 3))
            #expect((refusals.harmless?.refusedChange == nil) == (arm.name == "start"))
        }
        for arm in report.challengers {
            #expect(arm.winRate?.low != nil)
            let kl = try #require(arm.kl)
            #expect(kl.mean > 0.1, "\(arm.name)")
            #expect(try #require(kl.low) < kl.mean && kl.mean < #require(kl.high), "\(arm.name)")
            #expect(arm.samples.allSatisfy { $0.outcome != nil })
        }
        let written = try Report(json: Data(contentsOf: folder.item("report/report.json")))
        #expect(written.arms == report.arms)
        #expect(
            try String(contentsOf: folder.item("report/report.html"), encoding: .utf8).contains("adapted"))
    }

    @Test func aModelAgainstItselfIsTheSame() throws {
        let report = try evaluate(
            configuration(start.path, "copy=\(start.path)", "fresh=\(try adapter(size: 0).path)"), context())
        for arm in report.challengers {
            #expect(arm.kl == Estimate(mean: 0, low: 0, high: 0), "\(arm.name)")
            #expect(arm.winRate == Estimate(mean: 0.5, interval: wilsonInterval(2, of: 4)))
            #expect(arm.perplexity == report.arms[0].perplexity)
            #expect(arm.samples.map(\.text) == report.arms[0].samples.map(\.text))
        }
    }

    @Test func promptsThatARunHasReadAreNotHeldOut() throws {
        func answers(reading file: String, output: String) throws -> String {
            let manifest = RunManifest(
                command: "grpo", configuration: [:], versions: [:], seed: 1, device: "cpu", threads: 1,
                inputs: [try RunManifest.Input(role: "prompts", folder.item(file))])
            let run = try RunFolder.create(at: folder.item("run-\(output)"), manifest: manifest, mode: .new)
            try run.finish(.finished)
            let model = run.url.appending(path: "final")
            try FileManager.default.copyItem(at: start, to: model)
            return try evaluate(configuration(start.path, model.path), context(output)).notes.answers
        }
        // By its name: a report is for others, on whose machines the path says nothing.
        let warning = "These prompts are not held out: run-seen read them in training."
        #expect(try answers(reading: "prompts.jsonl", output: "seen").contains(warning))
        #expect(try !answers(reading: "text.txt", output: "unseen").contains("not held out"))
    }

    @Test func klIsTheMeanLogRatioOfTheArmsOwnAnswers() throws {
        var configuration = configuration(start.path, "full=\(try otherModel().path)")
        configuration.sampler.temperature = 0.7
        let report = try evaluate(configuration, context())
        let url = folder.item("report/arms/full.answers.json")
        let kept = try JSONDecoder().decode(
            EvaluationFolder.Measurement<[ArmAnswer]>.self, from: Data(contentsOf: url))
        let source = try ModelSource(start.path, on: context("elsewhere").computation)
        let rows = try JSONLines(folder.item("prompts.jsonl")).load(PromptRow.self)
        let models = [
            try LanguageModel.load(from: folder.item("other")), try LanguageModel.load(from: start),
        ]
        let ratios = try kept.value.map { answer in
            let prompt = try source.tokenizer.encode(prompt: rows[answer.prompt].row.prompt)
            let batch = PackedBatch([prompt + answer.tokens])
            let counts = batch.tokens.indices.map { $0 >= prompt.count }
            let sums = withoutGradients {
                models.map {
                    $0.tokenLikelihoods(of: batch, counts: counts, temperature: 0.7).logProbabilities.sum()
                        .item()
                }
            }
            return sums[0] - sums[1]
        }
        let expected = ratios.reduce(0, +) / Double(ratios.count)
        expectClose(try #require(report.arms[1].kl).mean, expected, relative: 1e-5)
    }

    @Test func goesOnWhereItWas() throws {
        let configuration = configuration(start.path, "full=\(try otherModel().path)")
        let report = try evaluate(configuration, context())
        let arms = folder.item("report/arms")
        let untouched = arms.appendingPathComponent("start.answers.json")
        let before = try Data(contentsOf: untouched)
        try FileManager.default.removeItem(at: arms.appendingPathComponent("full.answers.json"))
        try FileManager.default.removeItem(at: arms.appendingPathComponent("start.text.json"))
        // A report is not replaced unasked.
        #expect(throws: OutputExists.self) { try evaluate(configuration, context()) }
        #expect(try evaluate(configuration, context(mode: .resume)).arms == report.arms)
        #expect(try Data(contentsOf: untouched) == before)

        var changed = configuration
        changed.sampler.temperature = 0.5
        #expect(try evaluate(changed, context(mode: .force)).arms != report.arms)
        #expect(try Data(contentsOf: untouched) != before)
    }

    @Test func errorsNameWhatIsWrong() throws {
        let same = configuration(start.path, "start=\(start.path)")
        #expect(throws: InvalidSetting.self) { try evaluate(same, context()) }
        #expect(throws: InvalidSetting.self) { try evaluate(EvaluateConfiguration(), context()) }
        var unanswerable = configuration(start.path)
        unanswerable.prompts = []
        #expect(throws: InvalidSetting.self) { try evaluate(unanswerable, context()) }

        try folder.write(
            "{\"prompt\": \"Hi\"}\n{\"prompt\": \"\(String(repeating: "far ", count: 600))\"}\n",
            to: "long.jsonl")
        var long = configuration(start.path)
        long.prompts = [folder.item("long.jsonl").path]
        let error = #expect(throws: DataError.self) { try evaluate(long, context()) }
        #expect(error?.line == 2)

        try FileManager.default.createDirectory(at: folder.item("diary"), withIntermediateDirectories: true)
        try folder.write("Dear diary", to: "diary/today.txt")
        #expect(throws: (any Error).self) { try evaluate(configuration(start.path), context("diary")) }
        #expect(FileManager.default.fileExists(atPath: folder.item("diary/today.txt").path))
    }

    @Test func perplexityIsThatOfTransformers() throws {
        let golden = try Fixtures.goldenValues("forward/tiny-llama/expected.json")["right_padded"]
        let windows = try zip(golden["input_ids"].intRows, golden["attention_mask"].intRows).map {
            ids, mask in
            ScoredSequence(tokens: zip(ids, mask).filter { $0.1 == 1 }.map(\.0), start: 1)
        }
        let model = try LanguageModel.load(from: start)
        let scores = try SequenceScoring(progress: ProgressDisplay(style: .quiet))
            .logProbabilities(of: windows, under: .model(model), of: model, title: "text")
        expectClose(scores, try golden["sequence_logprob"].doubles, relative: 1e-5)
        let likelihood = TextLikelihood(windows, logProbabilities: scores)
        expectClose(try #require(likelihood.perplexity), try golden["perplexity"].double, relative: 1e-4)
    }

    @Test func aRewardModelIsMeasuredBesideTheJudge() throws {
        let rows = [("a", "b", 0.9), ("b", "a longer one", 0.6)].map { chosen, rejected, probability in
            "{\"prompt\": \"Q \", \"chosen\": \"\(chosen)\", \"rejected\": \"\(rejected)\", \"probability\": \(probability)}\n"
        }
        try folder.write(rows.joined(), to: "comparisons.jsonl")
        var configuration = configuration(start.path, "copy=\(start.path)")
        configuration.rewardModel = Fixtures.golden("tiny-reward").path
        configuration.comparisons = [folder.item("comparisons.jsonl").path]
        let report = try evaluate(configuration, context())
        #expect(report.arms[0].rewardModelScore == report.arms[1].rewardModelScore)
        #expect(report.arms[0].rewardModelScore != nil)
        let quality = try #require(report.rewardModel)
        #expect(quality.comparisons == 2)
        expectClose(try #require(quality.highestAccuracy), 0.75, relative: 1e-12)
        #expect(try evaluate(configuration, context(mode: .resume)).rewardModel == quality)
    }
}
