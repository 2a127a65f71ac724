// Distillation: a student learns a teacher's distributions over the next token (Hinton et al., "Distilling the Knowledge in a
// Neural Network", 2015; Agarwal et al., "On-Policy Distillation of Language Models", 2024).
//
//   loss = Σ D(T ‖ S) / tokens + w·Σ −log s(y) / tokens
//
//   * D is the divergence of Divergence.swift over the whole vocabulary. It is summed over the answers' tokens and divided by
//     their number in the whole accumulation window, so that accumulation and batch split change nothing. There is no T² factor.
//   * On given answers both models are scored at `loss_temperature`; on those that the student wrote, which it does in a share
//     of the micro-batches, at the temperature they were drawn at. TRL's GKD draws at `temperature` and scores at 1.
//   * Of a conversation the last message is distilled, as in TRL. The likelihood term is for given answers alone.
import Datasets
import Endpoints
import LanguageModels
import Models
import Rewards
import Settings
import Torch
import Training

public enum Distillation: TrainingMethod {
    public static let name = "distill"
    public static let title = "distillation"
    public static let defaultLearningRate = SFT.defaultLearningRate
    public static let adapterLearningRate = SFT.adapterLearningRate
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The loss should fall and level off, and with it teacher_kl, how far the student's next tokens are from the teacher's, "
            + "whatever divergence is learned. teacher_agreement, the share of tokens of which both think one the likeliest, "
            + "should rise. Where training agrees and evaluation does not, there are too few rows, or too few of the student's own.",
        shown: ["loss", "teacher_kl", "teacher_agreement", "span_gap"],
        curves: [
            .init("Loss", unit: "nats per token", ["loss", "eval_loss"]),
            .init(
                "Distance to the teacher, KL(student ‖ teacher)", unit: "nats per token",
                ["teacher_kl", "eval_teacher_kl"], baseline: 0),
            .init(
                "Likeliest token is the teacher's", unit: "share",
                ["teacher_agreement", "eval_teacher_agreement"]),
            .init(
                "Gap of spans' log-probabilities, other tokenizers", unit: "nats per span",
                ["span_gap", "eval_span_gap"], baseline: 0),
            .init("Likelihood of given answers", unit: "nats per token", ["nll_loss", "eval_nll_loss"]),
            .init("Entropy of the student", unit: "nats", ["entropy"]),
        ])

    /// The divergence of whole answers from their teachers.
    struct Objective: RowObjective {
        /// Who is asked about the rows.
        enum Teaching {
            /// - Parameter ofDataSet: the position of each data set's teacher.
            case models([LanguageModel], ofDataSet: [Int])
            case stored(ScoreStore)
        }

        let model: LanguageModel
        let teaching: Teaching
        /// What metrics call the data sets; none where they are not told apart.
        let names: [String]
        let configuration: Configuration

        func measure(
            _ batch: [DistillationRow], in window: [[DistillationRow]]
        ) throws -> MeasuredLoss {
            let groups = byTeacher(batch)
            // Rows of one teacher lie side by side.
            let batch = groups.flatMap(\.rows)
            let packed = PackedBatch(batch.map(\.sequence.tokens))
            let predicting = model.predictingStates(of: packed, counts: batch.flatMap(\.sequence.counts))
            var start = 0
            let parts = try groups.map { rows, teacher in
                let tokens = start..<start + rows.reduce(0) { $0 + $1.countedTokens }
                start = tokens.upperBound
                return DistilledTokens(
                    of: model, states: predicting.states[tokens], tokens: Array(predicting.tokens[tokens]),
                    beside: try scores(of: rows, by: teacher), loss: lossOfTokens(rows),
                    temperature: rows.allSatisfy(\.isStudents)
                        ? configuration.temperature : configuration.lossTemperature)
            }
            let tokens = DistilledTokens(joining: parts)
            return MeasuredLoss(
                loss: loss(of: tokens, batch, in: window), metrics: metrics(of: tokens, batch),
                tokenCount: packed.tokens.count, weight: tokens.count)
        }

        private func byTeacher(
            _ batch: [DistillationRow]
        ) -> [(rows: [DistillationRow], teacher: LanguageModel?)] {
            guard case .models(let models, let ofDataSet) = teaching else { return [(batch, nil)] }
            return models.enumerated().compactMap { index, model in
                let rows = batch.filter { ofDataSet[$0.dataSet] == index }
                return rows.isEmpty ? nil : (rows, model)
            }
        }

        private func scores(
            of rows: [DistillationRow], by teacher: LanguageModel?
        ) throws -> any TeacherScores {
            switch (teaching, teacher) {
            case (.stored(let store), _): return try StoredScores(rows, in: store, on: model.device)
            case (.models, let teacher?):
                return ExactScores(
                    teacher, of: PackedBatch(rows.map(\.sequence.tokens)),
                    counts: rows.flatMap(\.sequence.counts))
            case (.models, nil): preconditionFailure("rows without a teacher")
            }
        }

        private func lossOfTokens(_ rows: [DistillationRow]) -> DistilledTokens.Loss {
            guard configuration.isSampled, rows.allSatisfy(\.isStudents) else {
                return .divergence(configuration.divergence)
            }
            return .sampled(
                configuration.clipRange.map { clip in
                    (old: Tensor(rows.flatMap { $0.sampling ?? [] }, on: model.device), clip: clip)
                })
        }

        private func loss(
            of tokens: DistilledTokens, _ batch: [DistillationRow], in window: [[DistillationRow]]
        ) -> Tensor {
            let all = window.joined().reduce(0) { $0 + $1.countedTokens }
            let loss = tokens.losses.sum() / Double(all)
            guard configuration.sftWeight > 0, !batch.allSatisfy(\.isStudents) else { return loss }
            let given = window.joined().filter { !$0.isStudents }.reduce(0) { $0 + $1.countedTokens }
            return loss - tokens.logProbabilities.sum() * (configuration.sftWeight / Double(given))
        }

        private func metrics(of tokens: DistilledTokens, _ batch: [DistillationRow]) -> Metrics {
            var metrics = Metrics([
                "teacher_kl": tokens.reverseKL.mean().item(),
                "teacher_agreement": tokens.agreements.mean().item(),
                "entropy": tokens.entropies.mean().item(),
            ])
            if batch.allSatisfy(\.isStudents) {
                metrics["on_policy"] = 1
            } else {
                metrics["on_policy"] = 0
                metrics["nll_loss"] = -tokens.logProbabilities.mean().item()
                metrics["mean_token_accuracy"] = tokens.hits.mean().item()
            }
            guard names.count > 1 else { return metrics }
            let dataSets = batch.flatMap { Array(repeating: $0.dataSet, count: $0.countedTokens) }
            for (dataSet, name) in names.enumerated() {
                let own = dataSets.indices.filter { dataSets[$0] == dataSet }
                guard !own.isEmpty else { continue }
                metrics["teacher_kl/\(name)"] =
                    tokens.reverseKL.selecting(Tensor(own, on: model.device)).mean().item()
            }
            return metrics
        }
    }
}

// MARK: - The verb

extension Distillation {
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        configuration.teacher.map { TeacherArgument($0).model }.filter { !Endpoint.isMeant(by: $0) }.map {
            .model($0)
        }
            + .data([configuration.replay, configuration.headerOfScores].compactMap(\.self))
    }

    public static func missingData(_ settings: TrainingSettings<Distillation>) -> [InvalidSetting] {
        let method = settings.method
        return (method.teacher.isEmpty && method.teacherScores == nil ? [.noModel("teacher")] : [])
            + (settings.training.trainingPaths.isEmpty && method.replay == nil ? [.noFiles("train")] : [])
    }

    public static func train(
        _ settings: TrainingSettings<Distillation>, context: RunContext
    ) throws -> TrainingResult {
        try DistillationRun(settings, context: context).run()
    }
}
