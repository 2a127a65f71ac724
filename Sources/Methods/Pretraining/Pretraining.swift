// Pre-training: a decoder learns to predict the next token of plain text (Radford et al., "Language models are unsupervised
// multitask learners", 2019), from random weights or from those of a model that is there.
//
// The loss of a step is the sum of −log p over scored tokens divided by their number in the whole accumulation window. Rows
// are documents laid end to end and cut every `max_length` tokens; each document, and each piece that a cut makes, attends
// to itself alone, has positions from 0, and its first token is not scored. The z-loss (Chowdhery et al., "PaLM", 2022,
// section 5) adds the mean of log²Z, which keeps the logits' sum of exponentials Z near 1.
import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import Tokenization
import Torch
import Training

public enum Pretraining: TrainingMethod {
    public static let name = "pretrain"
    public static let title = "pre-training"
    /// From random weights; of embeddings, norms and head, where Muon learns all else.
    public static let defaultLearningRate = 3e-3
    /// What a model has learned is lost at a higher one.
    static let continuedLearningRate = 3e-4
    public static let learningRates = "\(defaultLearningRate); \(continuedLearningRate) with --model"
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The held-out bits per byte should fall; once they rise the model learns its text by heart: fewer epochs, more decay "
            + "or more dropout.",
        shown: ["loss", "bits_per_byte"],
        curves: [
            .init("Bits per byte of held-out text", unit: "bits", ["eval_bits_per_byte"], over: .tokens),
            .init("Loss", unit: "nats per token", ["loss", "eval_loss"]),
            .init(
                "Tokens predicted correctly", unit: "share",
                ["mean_token_accuracy", "eval_mean_token_accuracy"]),
            .init("Gradient norm", unit: "norm", ["grad_norm"]),
            .init("Learning rate", unit: "rate", ["learning_rate", "muon_learning_rate"]),
        ])

    /// What it has learned is to go on with texts. One whose tokenizer lays out conversations is to learn some next.
    public static func nextStep(_ model: String, system: String?) -> String {
        let (name, folder) = (model.quotedForShell, URL(fileURLWithPath: model))
        let laysOutChats = (try? Tokenizer(contentsOf: folder))?.chatTemplate != nil
        return laysOutChats
            ? "heed sft --model \(name) --train CHATS.jsonl --output CHAT"
            : "heed sample --model \(name) --prompts FILE --output continued.jsonl"
    }

    /// Those of nanochat and of runs on little data: a long fall of the learning rate, and decay.
    public static var trainingDefaults: TrainingConfiguration {
        var defaults = TrainingConfiguration()
        defaults.schedule = .warmupStableDecay
        defaults.warmupSteps = .share(0.02)
        defaults.weightDecay = 0.1
        defaults.adamBeta2 = 0.95
        defaults.batchSize = 16
        defaults.maximumLength = 512
        defaults.evaluateEvery = .share(0.1)
        defaults.checkpointEvery = .share(0.1)
        return defaults
    }

    /// What one micro-batch adds to the loss of its window, a scalar.
    /// - Parameters:
    ///   - logProbabilities: of the scored tokens, [C].
    ///   - logPartitions: log Z at their places, [C], and the weight of its square; nil: without.
    ///   - windowCount: scored tokens of the whole accumulation window.
    public static func loss(
        _ logProbabilities: Tensor, logPartitions: (values: Tensor, weight: Double)? = nil, windowCount: Int
    ) -> Tensor {
        let likelihood = -logProbabilities.sum()
        let sum = logPartitions.map { likelihood + $0.values.squared().sum() * $0.weight } ?? likelihood
        return sum / Double(windowCount)
    }

    /// Likelihood of the scored tokens of packed rows.
    struct Objective: RowObjective {
        let model: LanguageModel
        let zLoss: Double
        /// Scored tokens of the held-out text for every byte of it; nil without such text.
        let heldOutTokensPerByte: Double?
        let sampler: TextSampler

        func measure(_ batch: [PackedSequence], in window: [[PackedSequence]]) -> MeasuredLoss {
            let windowCount = window.joined().reduce(0) { $0 + $1.countedTokens }
            var measured = measure(batch, windowCount: windowCount, zLoss: zLoss)
            measured.metrics["loss_tokens"] = Double(windowCount)
            return measured
        }

        /// Without what is added for training's sake.
        func measureHeldOut(_ batch: [PackedSequence]) -> MeasuredLoss {
            measure(batch, windowCount: batch.reduce(0) { $0 + $1.countedTokens }, zLoss: 0)
        }

        private func measure(_ batch: [PackedSequence], windowCount: Int, zLoss: Double) -> MeasuredLoss {
            let packed = PackedBatch(batch)
            let scores = model.tokenLikelihoods(of: packed, counts: batch.flatMap(\.counts))
            let partitions = zLoss > 0 ? model.logPartitions(of: scores.hiddenStates) : nil
            var metrics = Metrics([
                "entropy": scores.entropies.mean().item(),
                "mean_token_accuracy": scores.isTop.to(.float32).mean().item(),
            ])
            metrics["z_loss"] = partitions.map { $0.squared().mean().item() * zLoss }
            return MeasuredLoss(
                loss: Pretraining.loss(
                    scores.logProbabilities, logPartitions: partitions.map { ($0, zLoss) },
                    windowCount: windowCount),
                metrics: metrics, tokenCount: packed.tokens.count,
                weight: batch.reduce(0) { $0 + $1.countedTokens })
        }

        func complete(_ evaluation: Metrics) -> Metrics {
            var evaluation = evaluation
            if let loss = evaluation["eval_loss"], let heldOutTokensPerByte {
                evaluation["eval_bits_per_byte"] = loss * heldOutTokensPerByte / log(2)
            }
            return evaluation
        }

        func writeSamples() throws -> [WrittenSample] { try sampler.write(with: model) }
    }
}
