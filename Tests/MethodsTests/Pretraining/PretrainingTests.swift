import Checkpoints
import Datasets
import Foundation
import JSON
import LanguageModels
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Tokenization
import Torch
import TorchTestSupport
import Training

@testable import Methods

@Suite struct PretrainingTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    /// A small new model that learns the golden documents.
    private func settings(steps: Int = 3) -> TrainingSettings<Pretraining> {
        var settings = TrainingSettings(Pretraining.self)
        settings.training.train = [Fixtures.golden("pretrain/documents.jsonl").path]
        settings.training.maximumSteps = steps
        settings.training.maximumLength = 64
        settings.training.batchSize = 4
        settings.method.architecture = jobs.model + "/config.json"
        settings.method.tokenizer = jobs.model
        settings.method.samplePrompts = []
        settings.method.shards = jobs.folder.path("shards")
        settings.run.output = jobs.folder.path("run")
        return settings
    }

    private func problems(_ change: (inout TrainingSettings<Pretraining>) -> Void) -> [InvalidSetting] {
        var settings = settings()
        change(&settings)
        settings.resolve()
        return Pretraining.missingModel(settings) + Pretraining.missingData(settings)
    }

    // MARK: A run

    @Test func aNewModelLearnsAndIsWhole() throws {
        var settings = settings(steps: 6)
        (settings.method.architecture, settings.method.preset) = (nil, .nano)
        settings.training.evaluation = [Fixtures.golden("pretrain/heldout.jsonl").path]
        settings.training.evaluateEvery = 2
        settings.method.samplePrompts = ["The"]
        settings.method.sampleTokens = 5
        let printed = PrintedLines()
        let result = try Pretraining.run(settings, context: jobs.context("run", progress: printed.display))
        let records = try MetricsLog.read(URL(fileURLWithPath: result.run + "/metrics.jsonl"))
        let bits = records.compactMap { $0["eval_bits_per_byte"] }
        #expect(records.count == 6 && bits.count == 3 && bits[2] < bits[0])
        // By the loss, of which the bits are made.
        let texts = try TextFiles([Fixtures.golden("pretrain/heldout.jsonl")]).texts()
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model))
        let tokens = texts.reduce(0) { $0 + tokenizer.encodeOrdinary($1).count }
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        let loss = try #require(records.last?["eval_loss"])
        expectClose([bits[2]], [loss * Double(tokens) / Double(bytes) / log(2)], within: 1e-9)

        let samples = try String(contentsOfFile: result.run + "/samples.jsonl", encoding: .utf8)
        #expect(samples.split(separator: "\n").count == 3 && samples.contains(#""The""#))
        #expect(printed.all.contains { $0.contains("weights; 2.1 k tokens in 34 documents") })
        let model = try LanguageModel.load(from: URL(fileURLWithPath: result.model))
        #expect(model.configuration.maximumPositions == 64 && model.configuration.beginningOfSequenceID == 0)
        #expect(try Tokenizer(contentsOf: URL(fileURLWithPath: result.model)).vocabularySize == 512)
    }

    @Test func weightsFollowFromTheSeed() throws {
        func model(seed: Int) throws -> LanguageModel {
            var run = RunConfiguration()
            (run.seed, run.device) = (seed, "cpu")
            let configuration = try ModelConfiguration(
                contentsOf: Fixtures.golden("tiny-qwen2").appending(path: "config.json"))
            let tokenizer = try Tokenizer(contentsOf: Fixtures.golden("tiny-llama"))
            return try UntrainedModel(configuration, tokenizer: tokenizer, inputs: [])
                .load(on: Computation(run))
        }
        let (one, same, other) = (try model(seed: 1), try model(seed: 1), try model(seed: 2))
        for (weight, twin) in zip(one.weights, same.weights) {
            #expect(weight.name == twin.name && weight.tensor.floats() == twin.tensor.floats())
            #expect(weight.tensor.requiresGradient)
        }
        for (weight, stranger) in zip(one.weights, other.weights) {
            let values = weight.tensor.floats()
            switch weight.tensor.rank {
            case 1: #expect(Set(values) == [weight.name.hasSuffix("bias") ? 0 : 1], "\(weight.name)")
            default:
                let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
                #expect(abs(variance.squareRoot() / 0.1 - 1) < 0.1, "\(weight.name)")
                #expect(values != stranger.tensor.floats())
            }
        }
        // No two matrices begin alike.
        let matrices = one.weights.filter { $0.tensor.rank == 2 }.map { $0.tensor.floats().prefix(8) }
        #expect(Set(matrices).count == matrices.count)
    }

    @Test func aDamagedShardIsMadeAgain() throws {
        let whole = try Pretraining.run(settings(), context: jobs.context("whole"))
        let folder = jobs.folder.url.appending(path: "shards")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.hasSuffix(".tokens")
        }
        let file = folder.appending(path: try #require(names.first))
        var bytes = try Data(contentsOf: file)
        bytes[100] ^= 1
        try bytes.write(to: file)
        let printed = PrintedLines()
        let again = try Pretraining.run(settings(), context: jobs.context("again", progress: printed.display))
        #expect(
            printed.all.contains {
                $0.contains("found other bytes than were written; the text is tokenized again")
            })
        #expect(names.count == 1 && again.loss == whole.loss)
        // Nothing is made again without need.
        let silent = PrintedLines()
        _ = try Pretraining.run(settings(), context: jobs.context("third", progress: silent.display))
        #expect(!silent.all.contains { $0.contains("tokeniz") })
    }

    /// The same bytes are one text in a text file, and a text a row in another.
    @Test func shardsAreToldApartByHowFilesAreRead() throws {
        let rows = try String(contentsOf: Fixtures.golden("pretrain/documents.jsonl"), encoding: .utf8)
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model))
        let shards = TextShards(
            folder: jobs.folder.path("shards"), tokenizer: tokenizer, frame: DocumentFrame(beginning: 0),
            progress: ProgressDisplay(style: .quiet))
        func documents(_ name: String) throws -> Int {
            try jobs.folder.write(rows, to: name)
            return try shards.shard(of: [jobs.folder.path(name)]).documentCount
        }
        #expect(try documents("a.jsonl") > 1 && documents("a.txt") == 1)
    }

    @Test func textsAreMixedByShares() throws {
        try jobs.folder.write(String(repeating: "One day. ", count: 400), to: "a.txt")
        try jobs.folder.write(String(repeating: "Two nights. ", count: 100), to: "b.txt")
        var settings = settings(steps: 1)
        settings.training.train = [jobs.folder.path("a.txt=0.75"), jobs.folder.path("b.txt=0.25")]
        settings.resolve()
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model))
        let text = try PretrainingText(
            settings, tokenizer: tokenizer, frame: DocumentFrame(beginning: 0), length: 32,
            context: jobs.context("x"))
        let rows = text.rows(settings.training, try jobs.context("x"))
        var (seen, ofFirst) = (0, 0)
        while rows.epochsDone < 1 {
            seen += rows.nextWindow().joined().count
            ofFirst += rows.lastRows.count { $0 < text.parts[0].count }
        }
        #expect(seen == rows.rowsOfEpoch && abs(Double(ofFirst) / Double(seen) - 0.75) < 0.02)
        #expect(rows.place(ofRow: text.parts[0].count) == "document 1 of text 2")
    }

    // MARK: Settings

    @Test func whatDoesNotGoTogetherIsRefused() {
        #expect(problems { _ in }.isEmpty)
        #expect(problems { $0.training.model = jobs.model }.map(\.key) == ["model"])
        #expect(problems { $0.method.architecture = nil }.map(\.key) == ["preset"])
        #expect(problems { $0.method.preset = .nano }.map(\.key) == ["preset"])
        #expect(problems { $0.method.tokenizer = nil }.map(\.key) == ["tokenizer"])
        #expect(problems { $0.adapters.rank = 2 }.map(\.key) == ["lora_rank", "optimizer"])
        #expect(problems { $0.training.train = [] }.map(\.key) == ["train"])
        #expect(problems { $0.training.chatPrompts = true }.map(\.key) == ["chat_prompts"])
        #expect(problems { $0.training.isStreaming = true }.map(\.key) == ["streaming"])
        #expect(problems { $0.training.maximumLength = 4 }.map(\.key) == ["max_length"])
        #expect(problems { $0.method.rowsPerStep = 6 }.map(\.key) == ["rows_per_step"])
        #expect(
            problems {
                $0.training.batchSize = Pretraining.trainingDefaults.batchSize
                $0.training.gradientAccumulationSteps = 2
                $0.method.rowsPerStep = 6
            }.isEmpty)
    }

    @Test func whatIsLeftOpenIsResolved() {
        var anew = settings()
        anew.resolve()
        #expect(anew.method.optimizer.kind == .muon && anew.method.dropout == 0.1)
        #expect(anew.training.learningRate == 3e-3 && anew.training.decaySteps == .share(0.65))
        var continued = TrainingSettings(Pretraining.self)
        continued.training.model = jobs.model
        continued.resolve()
        #expect(continued.method.optimizer.kind == .adamW && continued.method.dropout == 0)
        #expect(continued.training.learningRate == 3e-4 && continued.method.optimizer.muon == nil)
        continued.method.optimizer = OptimizerConfiguration()
        continued.method.optimizer.momentum = 0.9
        continued.resolve()
        #expect(continued.method.optimizer.muon?.momentum == 0.9)
        var stray = OptimizerConfiguration()
        (stray.kind, stray.epsilon) = (.adamW, 1)
        #expect(throws: InvalidSetting.self) { try stray.validate() }
    }

    /// 20 tokens a weight, but never more often than 16 times; a model that is there sees text once.
    @Test func epochsFollowFromTheData() throws {
        var settings = settings()
        settings.resolve()
        let text = try PretrainingText(
            settings, tokenizer: Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model)),
            frame: DocumentFrame(beginning: 0), length: 64, context: jobs.context("x"))
        var shape = try ModelConfiguration(
            contentsOf: Fixtures.golden("tiny-llama").appending(path: "config.json"))
        #expect(text.tokenCount == 2136 && text.epochs(for: shape, startsAnew: true) == 16)
        #expect(text.epochs(for: shape, startsAnew: false) == 1)
        (shape.vocabularySize, shape.hiddenSize, shape.layerCount, shape.headCount) = (16, 8, 1, 1)
        (shape.keyValueHeadCount, shape.headSize, shape.feedForwardSize) = (1, 8, 8)
        // 16 × 8 + 4 × 8 × 8 + 3 × 8 × 8 + 3 × 8 = 600 weights want 12,000 tokens.
        #expect(text.epochs(for: shape, startsAnew: true) == 6)
    }

    @Test func documentsBeginWithATokenOfTheTokenizer() throws {
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model))
        var method = Pretraining.Configuration()
        #expect(try DocumentFrame(method, tokenizer: tokenizer) == DocumentFrame(beginning: 0))
        (method.documentToken, method.endsDocuments) = ("<|im_end|>", true)
        #expect(try DocumentFrame(method, tokenizer: tokenizer) == DocumentFrame(beginning: 2, end: 2))
        method.documentToken = "<|none|>"
        #expect(throws: InvalidSetting.self) { try DocumentFrame(method, tokenizer: tokenizer) }
    }

    // MARK: Loss

    /// −Σ log p + w Σ log²Z over the tokens of the window, worked out by hand.
    @Test func lossByHand() {
        let logProbabilities = Tensor([-1, -2, -3] as [Float])
        #expect(Pretraining.loss(logProbabilities, windowCount: 4).item() == 1.5)
        let partitions = Tensor([1, 2, 0] as [Float])
        let loss = Pretraining.loss(
            logProbabilities, logPartitions: (partitions, 0.1), windowCount: 5)
        expectClose([loss.item()], [1.3], within: 1e-6)
    }

    @Test func theZLossIsOfTrainingAlone() throws {
        let model = try LanguageModel.load(
            from: URL(fileURLWithPath: jobs.model), options: LoadingOptions(trainability: .full))
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: jobs.model))
        func objective(_ weight: Double) -> Pretraining.Objective {
            .init(
                model: model, zLoss: weight, heldOutTokensPerByte: nil,
                sampler: TextSampler(
                    tokenizer: tokenizer, frame: DocumentFrame(beginning: 0), prompts: [], tokenCount: 1,
                    seed: 1))
        }
        let row = PackedSequence(TokenizedSequence(tokens: [0, 5, 9, 7], labels: [true, true, true, true]))
        let (plain, weighted) = (
            objective(0).measure([row], in: [[row]]), objective(0.5).measure([row], in: [[row]])
        )
        let z = try #require(weighted.metrics["z_loss"])
        #expect(z > 0 && plain.metrics["z_loss"] == nil)
        expectClose([weighted.loss.item()], [plain.loss.item() + z], within: 1e-6)
        #expect(objective(0.5).measureHeldOut([row]).loss.item() == plain.loss.item())
    }
}
