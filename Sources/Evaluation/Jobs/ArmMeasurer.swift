import Datasets
import LanguageModels
import Models
import Runs
import Settings
import Training

/// What was measured on one arm.
struct ArmMeasurements {
    var answers: [ArmAnswer]
    /// Log-probability of each answer under the arm itself; nil where nothing is compared.
    var ownLogProbabilities: [Double]?
    /// Log-probability of each answer under the reference.
    var referenceLogProbabilities: [Double]?
    /// What the proxy says of every answer that was written, those to one prompt together; nil where it was not asked.
    var proxyScores: [Double?]?
    var text: TextLikelihood?
    /// Time of the work, in whichever call it was done.
    var seconds: Double

    /// For each answer log p(answer | arm) − log p(answer | reference), in nats; their mean is the KL.
    var logRatios: [Double]? {
        guard let ownLogProbabilities, let referenceLogProbabilities else { return nil }
        return zip(ownLogProbabilities, referenceLogProbabilities).map(-)
    }
}

/// Measures arms one after the other, with one model in memory at a time.
struct ArmMeasurer {
    let sampler: SamplerConfiguration
    let prompts: [SourcedRow<PromptRow>]
    /// Chooses among candidates; nil where there are none.
    let proxy: ProxyReward?
    let text: PlainText?
    let context: RunContext
    let folder: EvaluationFolder

    /// Measurements of the arms in their order; the first one is the reference.
    ///
    /// The reference comes last: loaded once, it answers, and scores what the other full models have written. An adapter
    /// on the reference brings the reference along.
    func measure(_ arms: [EvaluatedArm]) throws -> [ArmMeasurements] {
        guard let reference = arms.first else { return [] }
        let challengers = arms.dropFirst()
        var measured = try challengers.map { try measurements(of: $0, against: reference) }
        let model = lazyModel(of: reference)
        let own = try answersAndText(of: reference, model)
        for (index, arm) in challengers.enumerated() {
            try addReferenceScores(to: &measured[index], of: arm, by: reference, model)
        }
        return [own] + measured
    }

    /// One arm alone, where the reference's own answers are not of interest.
    func measure(_ arm: EvaluatedArm, against reference: EvaluatedArm) throws -> ArmMeasurements {
        var measured = try measurements(of: arm, against: reference)
        try addReferenceScores(to: &measured, of: arm, by: reference, lazyModel(of: reference))
        return measured
    }

    /// By how much an arm makes given answers more probable than the reference does, in nats; 0 where there is nothing of it.
    ///
    /// - Throws: `InvalidSetting` where the two read other tokens.
    func shifts(
        of arm: EvaluatedArm, against reference: EvaluatedArm, on answers: [ArmAnswer]
    ) throws -> [Double] {
        guard arm.fingerprint != reference.fingerprint else { return answers.map { _ in 0 } }
        guard arm.sharesTokens(with: reference) else {
            throw InvalidSetting(
                "start", expected: "a model that reads the same tokens", found: "another tokenizer")
        }
        let fingerprint = hash(
            of: computation + [arm.fingerprint, reference.fingerprint, "\(arm.prompts)"]
                + answers.map { "\($0.prompt) \($0.tokens)" })
        return try folder.measurement("shift", of: arm.name, fingerprint: fingerprint) {
            let sequences = answers.map { answer in
                let prompt = arm.prompts[answer.prompt]
                return ScoredSequence(tokens: prompt + answer.tokens, start: prompt.count)
            }
            let scoring = SequenceScoring(progress: context.progress)
            let model = try arm.source.loadFrozen(on: context.computation)
            let own = try scoring.logProbabilities(
                of: sequences, under: .model(model), of: model, title: "given answers under \(arm.name)")
            let under: ReferencePolicy =
                arm.isAdapter(on: reference)
                ? .withoutAdapters : .model(try reference.source.loadFrozen(on: context.computation))
            let others = try scoring.logProbabilities(
                of: sequences, under: under, of: model, title: "given answers under \(reference.name)")
            return zip(own, others).map(-)
        }.value
    }

    /// All that needs no reference besides the arm's own base.
    private func measurements(
        of arm: EvaluatedArm, against reference: EvaluatedArm
    ) throws -> ArmMeasurements {
        let model = lazyModel(of: arm)
        var measurements = try answersAndText(of: arm, model)
        if arm.fingerprint == reference.fingerprint {
            let zeros = measurements.answers.map { _ in 0.0 }
            (measurements.ownLogProbabilities, measurements.referenceLogProbabilities) = (zeros, zeros)
            return measurements
        }
        if arm.sharesTokens(with: reference) {
            try addScores(\.ownLogProbabilities, under: arm, to: &measurements, of: arm) {
                (.model(try model()), try model())
            }
        }
        if arm.isAdapter(on: reference) {
            try addScores(\.referenceLogProbabilities, under: reference, to: &measurements, of: arm) {
                (.withoutAdapters, try model())
            }
        }
        return measurements
    }

    /// What the reference says of answers that it can read, where it was not at hand before.
    private func addReferenceScores(
        to measurements: inout ArmMeasurements, of arm: EvaluatedArm, by reference: EvaluatedArm,
        _ model: LazyModel
    ) throws {
        guard measurements.referenceLogProbabilities == nil, arm.sharesTokens(with: reference) else { return }
        try addScores(\.referenceLogProbabilities, under: reference, to: &measurements, of: arm) {
            (.model(try model()), try model())
        }
    }

    private func lazyModel(of arm: EvaluatedArm) -> LazyModel {
        LazyModel { try arm.source.loadFrozen(on: context.computation) }
    }

    private func answersAndText(of arm: EvaluatedArm, _ model: LazyModel) throws -> ArmMeasurements {
        let answers = try folder.measurement("answers", of: arm.name, fingerprint: answersFingerprint(arm)) {
            try arm.answers(
                of: model(), sampler: sampler, seed: context.seeds.derived("evaluation").value,
                progress: context.progress)
        }
        var measurements = ArmMeasurements(answers: answers.value, seconds: answers.seconds)
        if arm.takesBest, let proxy {
            let scores = try proxy.scores(of: answers.value, by: arm.name, to: prompts, in: folder)
            measurements.answers = Self.best(of: answers.value, scores.value, candidates: arm.candidates)
            measurements.proxyScores = scores.value
            measurements.seconds += scores.seconds
        }
        if let text, arm.measuresText {
            let likelihood = try folder.measurement(
                "text", of: arm.name, fingerprint: textFingerprint(arm, text)
            ) {
                try textLikelihood(text, arm, model())
            }
            measurements.text = likelihood.value
            measurements.seconds += likelihood.seconds
        }
        return measurements
    }

    /// The highest score of each group of candidates, the first of equals; without any score the first candidate.
    private static func best(
        of answers: [ArmAnswer], _ scores: [Double?], candidates: Int
    ) -> [ArmAnswer] {
        zip(answers, scores).map { ($0, $1 ?? -.infinity) }.chunked(candidates).compactMap { group in
            group.max { $0.1 < $1.1 }?.0
        }
    }

    /// Scores the answers of `arm` under `scorer`: the arm itself, or the reference.
    private func addScores(
        _ target: WritableKeyPath<ArmMeasurements, [Double]?>, under scorer: EvaluatedArm,
        to measurements: inout ArmMeasurements, of arm: EvaluatedArm,
        with policy: () throws -> (weights: ReferencePolicy, model: LanguageModel)
    ) throws {
        let answers = measurements.answers
        let chosen = arm.takesBest ? answers.map { "\($0.tokens)" } : []
        let scores = try folder.measurement(
            "under-\(scorer.name)", of: arm.name,
            fingerprint: hash(of: [answersFingerprint(arm), scorer.fingerprint] + chosen)
        ) {
            let sequences = answers.map { answer in
                let prompt = arm.prompts[answer.prompt]
                return ScoredSequence(tokens: prompt + answer.tokens, start: prompt.count)
            }
            let (weights, model) = try policy()
            // At the temperature they were sampled at, so that KL compares what was sampled from.
            let temperature = sampler.parameters.isGreedy ? 1 : sampler.temperature
            return try SequenceScoring(temperature: temperature, progress: context.progress).logProbabilities(
                of: sequences, under: weights, of: model, title: "answers of \(arm.name) under \(scorer.name)"
            )
        }
        measurements[keyPath: target] = scores.value
        measurements.seconds += scores.seconds
    }

    private func textLikelihood(
        _ text: PlainText, _ arm: EvaluatedArm, _ model: LanguageModel
    ) throws -> TextLikelihood {
        let length = min(PlainText.windowLength, model.configuration.contextLength)
        let windows = text.windows(arm.source.tokenizer, length: length)
        let scores = try SequenceScoring(progress: context.progress)
            .logProbabilities(
                of: windows, under: .model(model), of: model, title: "plain text under \(arm.name)")
        return TextLikelihood(windows, logProbabilities: scores)
    }

    // MARK: Fingerprints

    /// What computes: another machine or version may give other numbers.
    private var computation: [String] { [Heed.version, "\(context.precision)", "\(context.device)"] }

    private func answersFingerprint(_ arm: EvaluatedArm) -> String {
        hash(
            of: computation + [arm.fingerprint, "\(arm.prompts)", "\(sampler)", "\(context.run.seed)"]
                + (arm.candidates > 1 ? ["\(arm.candidates)"] : []))
    }

    private func textFingerprint(_ arm: EvaluatedArm, _ text: PlainText) -> String {
        hash(of: computation + [arm.fingerprint, "\(PlainText.windowLength)"] + text.documents)
    }
}
