import Datasets
import Foundation
import LanguageModels

/// `heed dpo`: from comparisons, given or made in rounds, to a policy in a run folder.
public enum DPOJob {
    /// - Parameters:
    ///   - annotators: those that can judge; nil: the standard ones.
    ///   - people: who judges where the judge is `people`; nil: somebody who writes a file.
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: DPO.Configuration,
        context: JobContext, annotators: AnnotatorCatalogue? = nil, people: (any RoundJudges)? = nil
    ) throws -> TrainingResult {
        if method.rounds.isOn {
            return try PreferenceRoundsJob(
                training, adapters: adapters, method: method, context: context, annotators: annotators,
                people: people
            ).run()
        }
        switch method.otherMethod {
        case .kto(let method)?:
            return try KTOJob.run(training, adapters: adapters, method: method, context: context)
        case .orpo(let method)?:
            return try ORPOJob.run(training, adapters: adapters, method: method, context: context)
        case .cpo(let method)?:
            return try CPOJob.run(training, adapters: adapters, method: method, context: context)
        case nil: return try runPairs(training, adapters: adapters, method: method, context: context)
        }
    }

    private static func runPairs(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: DPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        if method.labelSmoothing > 0, !method.losses.contains(where: \.isSmoothed) {
            context.progress.note(
                "label_smoothing changes nothing here: no loss of \(method.losses.map(\.rawValue)) smooths; "
                    + "the one that does is cdpo")
        }
        let job = try ComparisonJob(training, adapters: adapters, context: context)
        let reference =
            method.reference == DPO.Configuration.noReference
            ? nil
            : try ReferenceSource(
                method.reference, policy: job.source, adapters: adapters, context: context)
        return try job.run(
            title: "direct preference optimisation", reference: reference, beta: method.distanceScale
        ) { model in
            let scores = try reference?.scores(
                policy: model, precomputedFor: method.precomputesReference ? job.rows.allRows : nil,
                batchSize: training.batchSize)
            try method.synchronization.check(scores?.model, policy: model)
            return DPO.Objective(model: model, reference: scores, configuration: method)
        }
    }
}

extension ReferenceSource {
    /// The reference's scores, asked while the policy learns, or measured now for all rows.
    func scores<Row: PromptedRow>(
        policy: LanguageModel, precomputedFor rows: [Row]?, batchSize: Int
    ) throws -> ReferenceScores<Row> {
        let scores = ReferenceScores<Row>(try load(), policy: policy)
        guard let rows else { return scores }
        return try scores.recorded(
            for: rows, batchSize: batchSize, identity: contentHash(), context: context)
    }
}

extension ReferenceSynchronization {
    /// - Throws: `InvalidSetting` where the reference has no weights of its own that could follow.
    fileprivate func check(_ reference: LanguageModel?, policy: LanguageModel) throws {
        guard isOn else { return }
        guard reference != nil, policy.adapterConfiguration == nil else {
            throw InvalidSetting(
                CodingKeys.isOn.stringValue,
                expected: "false with adapters: only a policy trained in full has weights to hand over",
                found: "true")
        }
    }
}

extension DPO.Configuration {
    enum OtherMethod {
        case kto(KTO.Configuration)
        case orpo(ORPO.Configuration)
        case cpo(CPO.Configuration)
    }

    /// β where the logged rewards measure the distance to a reference.
    var distanceScale: Double? {
        reference == Self.noReference || losses[0].isOfAnotherMethod ? nil : beta
    }

    /// The method that the loss belongs to, where that is not DPO, with what was set for it here.
    var otherMethod: OtherMethod? {
        switch losses[0] {
        case .kto, .apoZeroUnpaired:
            var method = KTO.Configuration()
            method.loss = losses[0] == .kto ? .kto : .apoZeroUnpaired
            method.beta = beta
            method.reference = reference
            method.precomputesReference = precomputesReference
            method.weights = judgments
            return .kto(method)
        case .orpo:
            var method = ORPO.Configuration()
            method.beta = beta
            return .orpo(method)
        case .cpo, .simpo, .alphapo:
            var method = CPO.Configuration()
            method.loss = losses[0] == .cpo ? .sigmoid : losses[0] == .simpo ? .simpo : .alphapo
            method.beta = beta
            method.labelSmoothing = labelSmoothing
            method.sftWeight = sftWeight ?? (losses[0] == .cpo ? 1 : 0)
            method.shape = shape
            return .cpo(method)
        default: return nil
        }
    }
}
