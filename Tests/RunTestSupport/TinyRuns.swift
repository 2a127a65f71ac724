import Foundation
import Methods
import Models
import Rewards
import Runs
import Settings
import TestSupport
import Training

/// Runs on tiny models in a scratch folder, in float32 on one device.
public struct TinyRuns {
    public let folder: ScratchFolder
    public let model = Fixtures.golden("tiny-llama").path
    public let rewardModel = Fixtures.golden("tiny-reward").path

    public init() throws { folder = try ScratchFolder() }

    /// With `prompts.jsonl`: so many questions.
    public init(prompts count: Int) throws {
        try self.init()
        let prompts = (1...count).map { #"{"prompt": "Question \#($0): why?"}"# }
        try folder.write(prompts.joined(separator: "\n"), to: "prompts.jsonl")
    }

    /// The folder `teacher`: a tiny model whose tokenizer is another than those of the others.
    public func makeTeacherOfAnotherTokenizer() throws -> URL {
        let teacher = folder.url.appending(path: "teacher")
        try FileManager.default.copyItem(at: Fixtures.golden("tiny-llama-ref"), to: teacher)
        try FileManager.default.copyItem(
            at: Fixtures.golden("distill/gold_teacher_tokenizer.json"),
            to: teacher.appending(path: "tokenizer.json"))
        try Data(#"{"eos_token": "<eos>"}"#.utf8).write(to: teacher.appending(path: "tokenizer_config.json"))
        return teacher
    }

    /// - Parameter output: below the scratch folder.
    public func context(
        _ output: String, mode: RunFolder.Mode = .new,
        progress: ProgressDisplay = ProgressDisplay(style: .quiet)
    ) throws -> RunContext {
        var run = RunConfiguration()
        run.output = folder.path(output)
        run.device = "cpu"
        run.precision = .float32
        return try RunContext(verb: "test", run: run, mode: mode, settings: .object([:]), progress: progress)
    }

    public var computation: Computation { get throws { try context("none").computation } }

    /// Few steps of a method on rows of the golden numbers.
    public func settings<Method: TrainingMethod>(
        _ method: Method.Type, _ data: String? = nil, steps: Int, learningRate: Double = 1e-3,
        adapters: AdapterTraining? = nil
    ) -> TrainingSettings<Method> {
        var settings = TrainingSettings(method)
        settings.training = training(data, steps: steps, learningRate: learningRate)
        settings.adapters = adapters ?? lowRank
        return settings
    }

    /// Few steps of plain-text fine-tuning or comparisons.
    public func training(
        _ data: String? = nil, steps: Int, learningRate: Double = 1e-3
    ) -> TrainingConfiguration {
        var training = TrainingConfiguration(learningRate: learningRate)
        training.model = model
        training.train = data.map { [Fixtures.golden($0).path] } ?? []
        training.maximumSteps = steps
        training.batchSize = 4
        return training
    }

    public var lowRank: AdapterTraining {
        var adapters = AdapterTraining()
        adapters.rank = 4
        adapters.dropout = 0
        return adapters
    }

    /// A fine-tuned adapter on the tiny model.
    public func adapter() throws -> String {
        try SFT.run(settings(SFT.self, "sft/prompt_completion.jsonl", steps: 3), context: context("sft"))
            .model
    }

    /// A reward model's adapter on the tiny model.
    public func rewardAdapter() throws -> String {
        try RewardModeling.run(
            settings(RewardModeling.self, "reward/preference_plain.jsonl", steps: 3),
            context: context("reward")
        ).model
    }

    /// A copy of a tiny model one of whose weights, of the last norm, is `value`.
    public func damagedModel(_ name: String = "tiny-llama", value: Float = .nan) throws -> String {
        let folder = self.folder.url.appending(path: "damaged-\(name)-\(value)")
        try FileManager.default.copyItem(at: Fixtures.golden(name), to: folder)
        let file = folder.appending(path: "model.safetensors")
        var bytes = try Data(contentsOf: file)
        let headerSize = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: bytes.dropFirst(8).prefix(headerSize))
        let norm = (header as? [String: Any])?["model.norm.weight"] as? [String: Any]
        guard let offset = (norm?["data_offsets"] as? [Int])?.first else { return folder.path }
        let place = 8 + headerSize + offset
        withUnsafeBytes(of: value.bitPattern.littleEndian) {
            bytes.replaceSubrange(place..<place + 4, with: $0)
        }
        try bytes.write(to: file)
        return folder.path
    }

    /// What `body` throws, in words.
    public func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }
}

extension TrainingMethod {
    /// Trains by parts of settings, the rest as it is where nothing else is said.
    @discardableResult
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining = AdapterTraining(),
        method: Configuration = Self.defaults, context: RunContext
    ) throws -> TrainingResult {
        var settings = TrainingSettings(Self.self)
        (settings.training, settings.adapters, settings.method) = (training, adapters, method)
        settings.run = context.run
        return try run(settings, context: context)
    }
}
