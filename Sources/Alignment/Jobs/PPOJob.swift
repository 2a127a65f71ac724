import Datasets
import Foundation
import LanguageModels
import Tokenization

/// `heed ppo`: from prompts and a reward model to a policy in a run folder.
public enum PPOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: PPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let source = try ModelSource(training.model, role: "model", context: context)
        let rewardSource = try ModelSource(method.rewardModel, role: "reward-model", context: context)
        let reference = try ReferenceSource(
            method.reference, policy: source, adapters: adapters, context: context)
        let prompts = try PreparedPrompts(
            method.prompts, source: source, maximumNewTokens: method.maximumNewTokens)
        let folder = try context.openRun(
            inputs: source.inputs(role: "model") + reference.inputs
                + rewardSource.inputs(role: "reward model")
                + method.prompts.map { ("prompts", URL(fileURLWithPath: $0)) })

        let model = try source.loadTrainable(adapters, context: context)
        let rewardModel = try rewardSource.loadRewardModel(context: context)
        let valueHead = ValueHead(hiddenSize: model.configuration.hiddenSize, device: context.device)
        let collector = RolloutCollector(
            model: model, reference: try reference.load(),
            rewards: RewardModelScorer(model: rewardModel, tokenizer: rewardSource.tokenizer),
            tokenizer: source.tokenizer, prompts: prompts.rows, temperature: method.temperature,
            maximumNewTokens: method.maximumNewTokens, stopTokens: source.stopTokens,
            batchSize: training.batchSize)
        let order = BatchOrder(
            rowCount: prompts.rows.count, batchSize: method.rolloutBatch,
            seed: training.shuffle ? context.seeds.derived("order").value : nil)
        let steps = training.totalSteps(stepsPerEpoch: order.stepsPerEpoch)
        let learner = Learner(
            model.trainableParameters + valueHead.parameters, training,
            totalSteps: steps * method.ppoEpochs * method.minibatches)
        let trainer = PPO.Trainer(
            model: model, valueHead: valueHead, collector: collector, order: order, learner: learner,
            batchSize: training.batchSize, configuration: method, seeds: context.seeds)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: ["objective/scores", "objective/kl"], place: { prompts.places[$0].description })
        try run.run(title: "proximal policy optimisation") { try source.copyTokenizer(to: $0) }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone,
            dropped: nil)
    }
}

/// Prompts of JSON Lines files, laid out for generation.
struct PreparedPrompts {
    let rows: [PreparedPrompt]
    let places: [Place]

    /// - Throws: `DataError` naming the row whose prompt leaves no room for an answer.
    init(_ paths: [String], source: ModelSource, maximumNewTokens: Int) throws {
        let sourced = try JSONLines(paths, setting: "prompts").load(PromptRow.self)
        rows = try sourced.map { row in
            PreparedPrompt(text: row.row.prompt, tokens: try source.tokenizer.encode(prompt: row.row.prompt))
        }
        places = sourced.map(\.place)
    }
}
