import Alignment
import Feedback
import Foundation

/// Settings of a verb that trains: what all of them share, and the method's own.
public struct TrainingSettings<Method: JobConfiguration>: VerbSettings {
    public var training: TrainingConfiguration
    public var adapters = AdapterTraining()
    public var method: Method
    public var run = RunConfiguration()

    init(_ method: Method, learningRate: Double) {
        self.method = method
        training = TrainingConfiguration(learningRate: learningRate)
    }

    /// What the method makes of a key goes before what training in general does.
    public static var synonyms: [String: ConfigurationSynonym] { Method.synonyms }

    public var inputs: [VerbInput] {
        .models(training.model, adapters.initialAdapter)
            + .data(training.trainingPaths + training.evaluation, orJudgmentsAs: method.judgmentSchema)
            + method.inputs
    }
}

extension SFT.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? { .edits }
    public var inputs: [VerbInput] { [] }
}
extension RewardModeling.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? { .judgments }
    public var inputs: [VerbInput] { .data(normalize) }
}
extension DPO.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? {
        losses.contains { $0 == .kto || $0 == .apoZeroUnpaired } ? .binary : .comparisons
    }
    public var inputs: [VerbInput] {
        .models(reference == Self.noReference ? nil : reference) + .data(rounds.prompts)
    }
}
extension KTO.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? { .binary }
    public var inputs: [VerbInput] { .models(reference) }
}
extension ORPO.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? { .comparisons }
    public var inputs: [VerbInput] { [] }
}
extension CPO.Configuration: JobConfiguration {
    public var judgmentSchema: ExportSchema? { .comparisons }
    public var inputs: [VerbInput] { [] }
}
extension PPO.Configuration: JobConfiguration {
    public var inputs: [VerbInput] {
        .rewardModel(rewardModel) + .models(reference) + .data(rollouts.files)
    }
}
extension GRPO.Configuration: JobConfiguration {
    public var inputs: [VerbInput] {
        .rewardModel(rewardModel) + .models(reference) + .data(rollouts.files)
    }
}

extension Verb {
    public static let sft = training("sft", SFT.Configuration(), SFT.Configuration.defaultLearningRate) {
        try SFTJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let reward = training(
        "reward", RewardModeling.Configuration(), RewardModeling.Configuration.defaultLearningRate
    ) {
        try RewardJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let dpo = training("dpo", DPO.Configuration(), DPO.Configuration.defaultLearningRate) {
        try DPOJob.run(
            $0.training, adapters: $0.adapters, method: $0.method, context: $1,
            people: $0.method.rounds.store.map { StoreRoundJudges(store: URL(fileURLWithPath: $0)) })
    }

    public static let kto = training("kto", KTO.Configuration(), KTO.Configuration.defaultLearningRate) {
        try KTOJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let orpo = training("orpo", ORPO.Configuration(), ORPO.Configuration.defaultLearningRate) {
        try ORPOJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let cpo = training("cpo", CPO.Configuration(), CPO.Configuration.defaultLearningRate) {
        try CPOJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let ppo = training("ppo", PPO.Configuration(), PPO.Configuration.defaultLearningRate) {
        try PPOJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    public static let grpo = training("grpo", GRPO.Configuration(), GRPO.Configuration.defaultLearningRate) {
        try GRPOJob.run($0.training, adapters: $0.adapters, method: $0.method, context: $1)
    }

    private static func training<Method: JobConfiguration>(
        _ name: String, _ method: Method, _ learningRate: Double,
        job: @escaping @Sendable (TrainingSettings<Method>, JobContext) throws -> TrainingResult
    ) -> Verb {
        Verb(name, product: .run, defaults: TrainingSettings(method, learningRate: learningRate)) {
            var settings = $0
            guard let schema = settings.method.judgmentSchema else {
                return VerbResult(try job(settings, $1.context))
            }
            var rows = try FeedbackRows(schema, context: $1.context)
            settings.training = try rows.resolve(settings.training)
            return VerbResult(try job(settings, rows.context($1.context)))
        }
    }
}

extension VerbResult {
    fileprivate init(_ result: TrainingResult) {
        var lines = ["\(result.steps) steps; the model is in \(result.model)"]
        if let dropped = result.dropped { lines.append(dropped) }
        lines += result.notes ?? []
        self.init(json: result, lines: lines)
    }
}
