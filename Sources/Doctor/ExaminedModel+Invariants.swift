import Datasets
import Files
import Foundation
import LanguageModels
import Training

extension ExaminedModel {
    /// All that must hold of it, the tokenizer's part first, since it costs nothing.
    func invariants() throws -> [any Invariant] {
        try tokenizerInvariants + numberInvariants + roundingInvariants + fileInvariants
            + trainingInvariants()
    }

    private var tokenizerInvariants: [any Invariant] {
        let tokenizer = source.tokenizer
        let preparation = SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil)
        let conversations = ExaminationTexts.conversations
        return [
            EndIsLearned(tokenizer: tokenizer, stopTokens: source.stopTokens) { [texts] in
                try preparation.prepare(texts.rows).rows
            },
            StopTokenIsLearned(
                tokenizer: tokenizer, conversations: conversations, stopTokens: source.stopTokens),
            TemplatePreservesPrefixes(tokenizer: tokenizer, conversations: conversations),
        ]
    }

    private var numberInvariants: [any Invariant] {
        let tolerance = Tolerance(context.precision)
        let (sequences, documents) = (texts.sequences, documents)
        let total = documents.reduce(0) { $0 + $1.tokens.count }
        return [
            SamplingEqualsScoring(
                sample: { [self] in try sample(from: model) }, score: { [self] in try scored($0) },
                tolerance: tolerance),
            CacheEqualsForward(
                sequences: sequences, cached: model.cachedLogits, whole: model.logits, tolerance: tolerance),
            NeighboursChangeNothing(
                sequences: sequences, score: { [self] in score($0) }, tolerance: tolerance),
            PackingChangesNothing(
                documents: documents, pack: { Packing.bestFitDecreasing($0, length: total) },
                gradient: gradient, tolerance: tolerance),
            AccumulationChangesNothing(documents: documents, gradient: gradient, tolerance: tolerance),
        ]
    }

    /// How far answers are from a model whose weights are rounded for them.
    private var roundingInvariants: [any Invariant] {
        guard context.device.isCPU else { return [] }
        let advice: [(Precision, String)] = [
            (.bf16, "sample and chat would not show the model that is trained; use --precision fp32"),
            (.int8, "chat and label with --precision int8 would not show the model; leave it out"),
        ]
        // Weights in 8 bits are for the decoder of the CPU.
        let isPacked = model.configuration.hasPackedDecoder
        return advice.filter { precision, _ in
            precision == .int8 ? isPacked : context.precision == .fp32
        }.map { precision, advice in
            SamplingEqualsScoring(
                sample: { [self] in try sample(from: answeringModel(in: precision)) },
                score: { [self] in try scored($0) }, tolerance: Tolerance(precision),
                name: "answers in \(precision) = scoring", advice: advice)
        }
    }

    private var fileInvariants: [any Invariant] {
        [
            MergedEqualsAdapted(
                adapted: { [self] in withWorkingAdapters { score(texts.sequences) } },
                merged: { [self] in score(texts.sequences, under: .model(try merged())) },
                tolerance: Tolerance(context.precision)),
            SavedEqualsLoaded(weights: model.weights + model.trainableParameters) { [self] in
                try savedAndLoaded()
            },
        ]
    }

    private func trainingInvariants() throws -> [any Invariant] {
        let reference = try reference()
        return [
            ResumedEqualsUninterrupted(
                begin: makeTraining,
                save: { try TrainingCheckpoint.write($0, seconds: 0, to: $1) },
                restore: { _ = try TrainingCheckpoint.restore($0, from: $1) },
                learned: { [self] in learned }, folder: try makeFolder("checkpoint")),
            ReferenceStaysAsItWas(
                reference: { [self] in score(texts.sequences, under: reference) },
                train: { [self] in
                    let training = makeTraining()
                    _ = try (training.step(), training.step())
                }),
        ]
    }

    /// The model with its working adapters merged in, after a round trip to the disk.
    private func merged() throws -> LanguageModel {
        let folder = try makeFolder("merged")
        defer { try? FileManager.default.removeItem(at: folder) }
        try withWorkingAdapters { try model.save(to: folder) }
        return try load(folder)
    }

    /// The weights without adapters, and the adapters, after a round trip to the disk.
    private func savedAndLoaded() throws -> [NamedTensor] {
        let folder = try makeFolder("saved")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.withoutAdapters { try model.save(to: folder) }
        try model.saveAdapters(to: folder)
        let loaded = try load(folder)
        try loaded.loadAdapters(from: folder)
        return loaded.weights + loaded.trainableParameters
    }

    private func load(_ folder: URL) throws -> LanguageModel {
        try LanguageModel.load(
            from: folder, options: LoadingOptions(precision: context.precision, device: context.device))
    }

    private func makeFolder(_ name: String) throws -> URL {
        let new = folder.appendingPathComponent(name)
        try FileSystem.createFolder(new)
        return new
    }
}
