import Datasets
import Foundation
import LanguageModels
import Methods
import Models
import Settings
import Torch
import Training

/// A model under examination. It is loaded once and learns through low-rank adapters, its own or small new ones, so that
/// no second copy of its weights is needed; new ones change nothing until they are trained.
final class ExaminedModel {
    let source: ModelSource
    let model: LanguageModel
    let context: RunContext
    /// A scratch folder.
    let folder: URL
    let texts: ExaminationTexts
    private let adapters: AdapterTraining
    /// What learns, as it was at the beginning.
    private let start: [NamedTensor]

    /// - Throws: `InvalidSetting` for a reward model, and what is wrong with the model's files.
    init(_ source: ModelSource, context: RunContext, folder: URL) throws {
        guard !source.isRewardModel else {
            throw InvalidSetting(
                "model", expected: "a language model", found: "\(source.argument), a reward model")
        }
        self.source = source
        self.context = context
        self.folder = folder
        texts = ExaminationTexts(
            tokenizer: source.tokenizer, contextLength: try source.configuration().contextLength)
        var adapters = AdapterTraining()
        if source.folders.adapter == nil { adapters.rank = Self.adapterRank }
        self.adapters = adapters
        model = try source.loadTrainable(adapters, on: context.computation)
        start = model.trainableParameters.copies
    }

    private static let adapterRank = 8

    // MARK: Numbers

    /// Log-probabilities of all tokens but the first of each sequence, computed in one batch.
    func score(_ sequences: [[Int]], under reference: ReferencePolicy? = nil) -> [[Double]] {
        let batch = PackedBatch(sequences)
        let counts = batch.tokens.map { _ in true }
        let scores =
            reference?.tokenLikelihoods(of: batch, counts: counts, policy: model)
            ?? withoutGradients { model.tokenLikelihoods(of: batch, counts: counts) }
        var remaining = scores.logProbabilities.doubles()[...]
        return scores.countsPerSequence.map { count in
            defer { remaining = remaining.dropFirst(count) }
            return Array(remaining.prefix(count))
        }
    }

    /// The gradient of one step of fine-tuning whose micro-batches are given, one tensor per parameter.
    func gradient(of window: [[PackedSequence]]) -> [Tensor] {
        let objective = SFT.Objective(model: model, loss: .likelihood)
        for batch in window { objective.measure(batch, in: window).loss.backward() }
        return model.trainableParameters.map { parameter in
            defer { parameter.tensor.clearGradient() }
            return parameter.tensor.gradient ?? .zeros(parameter.tensor.shape, on: model.device)
        }
    }

    /// Every token of the texts is learned.
    var documents: [TokenizedSequence] {
        texts.sequences.map { TokenizedSequence(tokens: $0, labels: $0.map { _ in true }) }
    }

    /// The model as `sample` and `chat` load it.
    func answeringModel(in precision: Precision) throws -> LanguageModel {
        var run = context.run
        run.precision = RunConfiguration.Precision(precision)
        return try source.loadFrozen(on: Computation(run), onlyGenerates: true)
    }

    /// Two responses to each prompt, drawn as reinforcement draws them.
    func sample(
        from model: LanguageModel, temperature: Double = ExaminedModel.temperature, maximumNewTokens: Int = 16
    ) throws -> [Rollout] {
        let prompts = try PreparedPrompts(
            texts.prompts(leavingRoomFor: maximumNewTokens), for: source, maximumNewTokens: maximumNewTokens,
            progress: context.progress)
        let count = prompts.rows.count
        let rollouts = SampledRollouts(
            prompts: prompts, promptsPerBatch: count,
            order: BatchOrder(rowCount: count, batchSize: count, seed: nil), groupSize: 2,
            tokenizer: source.tokenizer, temperature: temperature, maximumNewTokens: maximumNewTokens,
            stopTokens: source.stopTokens)
        return try rollouts.nextBatch(from: model, seed: context.seeds.derived("sampling").value)
    }

    /// Rollouts with the policy's log-probabilities, as reinforcement measures them.
    func scored(_ rollouts: [Rollout]) throws -> [Rollout] {
        try RolloutMeasurer(
            model: model, reference: nil, temperature: Self.temperature, batchSize: 8
        ).measured(rollouts)
    }

    static let temperature = 0.7

    // MARK: Learning

    /// The model as it was before training.
    func reference() throws -> ReferencePolicy {
        try ReferenceSource(nil, policy: source, adapters: adapters, on: context.computation).load()
    }

    /// A few steps of fine-tuning from the beginning, with everything that a resumed run must restore: moments, a learning
    /// rate that changes, an order that is shuffled, dropout.
    func makeTraining() -> any Trainer {
        reset()
        let rows = Packing.separate(documents)
        let learner = Learner(
            model.trainableParameters, TrainingConfiguration(learningRate: 1e-3), totalSteps: 8)
        return RowTrainer(
            model: model,
            rows: LoadedRows(
                rows,
                order: BatchOrder(
                    rowCount: rows.count, batchSize: 1, gradientAccumulationSteps: 2,
                    seed: context.seeds.derived("order").value)
            ) { "document \($0)" },
            learner: learner, objective: SFT.Objective(model: model, loss: .likelihood),
            dropout: TrainingDropout(ofAdapters: 0.05, seeds: context.seeds, device: context.device))
    }

    /// What has been learned, as copies.
    var learned: [NamedTensor] { model.trainableParameters.copies }

    /// Takes back what was learned.
    func reset() {
        withoutGradients {
            for (parameter, value) in zip(model.trainableParameters, start) {
                parameter.tensor.assign(value.tensor)
            }
        }
    }

    /// Runs `body` while the adapters change what the model says: its own as they are, new ones by chance.
    func withWorkingAdapters<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard source.folders.adapter == nil else { return try body() }
        let generator = context.computation.generator("examined adapters")
        withoutGradients {
            for parameter in model.trainableParameters {
                parameter.tensor.assign(generator.normal(parameter.tensor.shape) * Self.adapterSize)
            }
        }
        defer { reset() }
        return try body()
    }

    /// Of each element: the change of the weights is then some hundredths of their size.
    private static let adapterSize = 0.02
}

extension [NamedTensor] {
    fileprivate var copies: [NamedTensor] {
        map { NamedTensor(name: $0.name, tensor: $0.tensor.detached().copied()) }
    }
}
