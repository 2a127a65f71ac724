import Datasets
import Foundation
import LanguageModels
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Whole runs of distillation on tiny models.
@Suite(.serialized) struct DistillationRunTests {
    private let jobs: TinyRuns
    private static let teacher = Fixtures.golden("tiny-llama-ref").path
    private static let messages = Fixtures.golden("distill/messages.jsonl").path

    init() throws { jobs = try TinyRuns(prompts: 6) }

    private func method(_ change: (inout Distillation.Configuration) -> Void = { _ in })
        -> Distillation.Configuration
    {
        var method = Distillation.Configuration()
        method.teacher = [Self.teacher]
        method.maximumNewTokens = 6
        change(&method)
        return method
    }

    private func training(_ files: String..., steps: Int, batchSize: Int = 4, passes: Int = 1)
        -> TrainingConfiguration
    {
        var training = jobs.training(steps: steps, learningRate: 5e-4)
        training.train = files
        training.batchSize = batchSize
        training.gradientAccumulationSteps = passes
        training.schedule = .constant
        return training
    }

    private func run(
        _ method: Distillation.Configuration, _ training: TrainingConfiguration, output: String,
        adapters: AdapterTraining = AdapterTraining(), mode: RunFolder.Mode = .new,
        progress: ProgressDisplay = ProgressDisplay(style: .quiet)
    ) throws -> [MetricsRecord] {
        _ = try Distillation.run(
            training, adapters: adapters, method: method,
            context: jobs.context(output, mode: mode, progress: progress))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func values(_ records: [MetricsRecord], _ name: String) -> [Double] {
        records.compactMap { $0[name] }
    }

    // MARK: Answers of the student

    /// The fixed answers of the golden numbers as a recording.
    private func recording() throws -> String {
        let golden = try Fixtures.goldenValues("distill/on_policy_reverse_kl.json")
        let lines = try golden["sequences"].array.map { sequence in
            let answer = try sequence["completion_ids"].ints
            return
                #"{"prompt": "p", "prompt_ids": \#(try sequence["prompt_ids"].ints), "responses": [{"tokens": "#
                + #"\#(answer), "logprobs": \#(answer.map { _ in -1 })}], "sampler": {"temperature": 1.0}}"#
        }
        return try jobs.folder.write(lines.joined(separator: "\n"), to: "recording.jsonl").path
    }

    @Test func sampledTokensFollowTheGoldenSteps() throws {
        let golden = try Fixtures.goldenValues("distill/on_policy_reverse_kl.json")
        let recording = try recording()
        let records = try run(
            method {
                $0.replay = recording
                $0.isSampled = true
            }, training(steps: 4, batchSize: 9), output: "sampled")
        for (found, step) in zip(records, try golden["steps"].array) {
            expectClose(try #require(found["loss"]), try step["loss"].double, relative: 1e-5, step.path)
            expectClose(
                try #require(found["grad_norm"]), try step["grad_norm"].double, relative: 6e-5, step.path)
        }
        #expect(records.count == 4 && values(records, "on_policy") == [1, 1, 1, 1])
    }

    @Test func distributionsOfTheSameAnswers() throws {
        let wanted = try Fixtures.goldenValues("distill/on_policy_reverse_kl.json")[
            "full_vocabulary_reverse_kl"]
        let recording = try recording()
        for passes in [1, 3] {
            let records = try run(
                method {
                    $0.replay = recording
                    $0.divergence = .reverse
                }, training(steps: 1, batchSize: 9 / passes, passes: passes), output: "exact\(passes)")
            expectClose(try #require(records[0]["loss"]), try wanted["loss"].double, relative: 2e-6)
            expectClose(
                try #require(records[0]["grad_norm"]), try wanted["total_grad_norm"].double, relative: 1e-5)
        }
    }

    @Test func ownAnswersAreKeptAndReplayed() throws {
        let written = method {
            $0.onPolicy = 1
            $0.temperature = 0.9
        }
        let prompts = jobs.folder.path("prompts.jsonl")
        let first = try run(written, training(prompts, steps: 3), output: "first")
        #expect(values(first, "on_policy") == [1, 1, 1] && values(first, "nll_loss").isEmpty)
        let again = method {
            $0.replay = jobs.folder.path("first/samples.jsonl")
            $0.temperature = 0.9
        }
        let second = try run(again, training(steps: 3), output: "second")
        for name in ["loss", "grad_norm", "teacher_kl"] {
            #expect(values(first, name) == values(second, name), "\(name)")
        }
        // Scored at another temperature than they were drawn at, they would be another lesson.
        let message = jobs.message {
            _ = try run(
                method { $0.replay = jobs.folder.path("first/samples.jsonl") }, training(steps: 3),
                output: "third")
        }
        #expect(message?.contains("sampled at --temperature 1.0") == true, "\(message ?? "")")
    }

    /// Micro-batches of both kinds, and a run that goes on in between, with the same answers.
    @Test func aMixtureGoesOnExactly() throws {
        let mixed = method {
            $0.onPolicy = 0.5
            $0.sftWeight = 0.3
        }
        var training = training(Self.messages, steps: 5, batchSize: 2, passes: 2)
        training.checkpointEvery = 2
        let whole = try run(mixed, training, output: "run", adapters: jobs.lowRank)
        #expect(Set(values(whole, "on_policy")).count > 1)
        let weights = try jobs.folder.data("run/final/adapter_model.safetensors")
        for item in ["final", "checkpoint-5"] {
            try FileManager.default.removeItem(atPath: jobs.folder.path("run/\(item)"))
        }
        let manifest = try jobs.folder.text("run/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "run/run.json")
        let resumed = try run(mixed, training, output: "run", adapters: jobs.lowRank, mode: .resume)
        #expect(resumed.map(\.metrics) == whole.map(\.metrics))
        #expect(try jobs.folder.data("run/final/adapter_model.safetensors") == weights)
    }

    @Test func theTeacherWritesSequences() throws {
        let records = try run(
            method {
                $0.distillsSequences = true
                $0.sftWeight = 1
            }, training(jobs.folder.path("prompts.jsonl"), steps: 2), output: "sequences")
        #expect(values(records, "on_policy") == [0, 0] && values(records, "nll_loss").count == 2)
    }

    // MARK: Teachers

    /// The student is its own teacher in one file and has another in the other.
    @Test func everyFileHasItsTeacher() throws {
        let rows = try String(contentsOfFile: Self.messages, encoding: .utf8)
        try jobs.folder.write(rows, to: "own.jsonl")
        try jobs.folder.write(rows, to: "other.jsonl")
        let records = try run(
            method { $0.teacher = [jobs.model, "other.jsonl=\(Self.teacher)"] },
            training(jobs.folder.path("own.jsonl"), jobs.folder.path("other.jsonl"), steps: 1, batchSize: 12),
            output: "two")
        #expect(abs(try #require(records[0]["teacher_kl/own.jsonl"])) < 1e-6)
        #expect(try #require(records[0]["teacher_kl/other.jsonl"]) > 0.05)
        let stranger = jobs.message {
            _ = try run(
                method { $0.teacher.append("missing.jsonl=\(jobs.model)") },
                training(jobs.folder.path("own.jsonl"), steps: 1), output: "stranger")
        }
        #expect(stranger?.contains("FILE=MODEL of a file that rows come from: own.jsonl") == true)
        let lonely = jobs.message {
            _ = try run(
                method { $0.teacher = ["own.jsonl=\(jobs.model)"] },
                training(jobs.folder.path("own.jsonl"), jobs.folder.path("other.jsonl"), steps: 1),
                output: "lonely")
        }
        #expect(lonely?.contains("none for other.jsonl") == true)
    }

    /// Another architecture, whose vocabulary is padded otherwise.
    @Test func anotherArchitectureLearns() throws {
        var training = training(Self.messages, steps: 8)
        training.model = Fixtures.golden("tiny-qwen3").path
        training.evaluation = [Self.messages]
        training.learningRate = 5e-3
        let records = try run(
            method { $0.divergence = .forward }, training, output: "qwen3", adapters: jobs.lowRank)
        let losses = values(records, "loss")
        #expect(try #require(losses.last) < losses[0])
        #expect(values(records, "eval_teacher_agreement").count > 0)
    }

    // MARK: Rows

    @Test func rowsThatCannotBeLearnedAreNamed() throws {
        try jobs.folder.write(#"{"text": "Nothing to answer."}"#, to: "text.jsonl")
        try jobs.folder.write(
            #"{"messages": [{"role": "user", "content": "Hello?"}]}"#, to: "question.jsonl")
        for (file, share, words) in [
            ("text.jsonl", 0.5, "text.jsonl:1: expected a prompt, as answers are written"),
            ("prompts.jsonl", 0.5, "prompts.jsonl:1: expected an answer beside the prompt"),
            ("prompts.jsonl", 0, "prompts.jsonl:1: expected an answer beside the prompt"),
            ("question.jsonl", 0, "question.jsonl:1: expected a conversation that ends with an answer"),
        ] {
            let message = jobs.message {
                _ = try run(
                    method { $0.onPolicy = share }, training(jobs.folder.path(file), steps: 1), output: "o")
            }
            #expect(message?.contains(words) == true, "\(message ?? "nothing")")
        }
    }

    @Test func settingsWithoutEffectAreNoted() throws {
        let lines = PrintedLines()
        _ = try run(
            method { $0.temperature = 0.9 }, training(Self.messages, steps: 1), output: "noted",
            progress: lines.display)
        #expect(lines.all.contains { $0.contains("temperature 0.9 changes nothing") }, "\(lines.all)")
    }

    // MARK: Chunks

    /// Backward computes chunks again; how many rows they have changes nothing.
    @Test func chunksChangeNothing() throws {
        func gradients(chunk: Int?) throws -> [[Double]] {
            let student = try LanguageModel.load(
                from: Fixtures.golden("tiny-llama"), options: LoadingOptions(trainability: .full))
            let teacher = try LanguageModel.load(
                from: Fixtures.golden("tiny-llama-ref"), options: LoadingOptions(trainability: .frozen))
            let batch = PackedBatch([Array(3..<20), Array(40..<51)])
            let counts = batch.tokens.map { $0 != 41 }
            let predicting = student.predictingStates(of: batch, counts: counts)
            let tokens = DistilledTokens(
                of: student, states: predicting.states, tokens: predicting.tokens,
                beside: ExactScores(teacher, of: batch, counts: counts),
                loss: .divergence(Divergence(beta: 0.3)), temperature: 0.7, chunk: chunk)
            (tokens.losses.sum() - tokens.logProbabilities.sum()).backward()
            return [tokens.losses.doubles(), tokens.reverseKL.doubles(), tokens.entropies.doubles()]
                + student.trainableParameters.map { $0.tensor.gradient?.doubles() ?? [] }
        }
        for (found, wanted) in zip(try gradients(chunk: 5), try gradients(chunk: nil)) {
            expectClose(found, wanted, relative: 1e-4, floor: 0.1)
        }
    }
}
