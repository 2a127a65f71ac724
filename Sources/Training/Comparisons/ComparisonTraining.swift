import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Settings

/// A method that learns from comparisons, given or made in rounds.
public protocol ComparisonMethod: TrainingMethod where Configuration: ComparisonConfiguration {
    /// Trains on given comparisons.
    static func trainOnRows(_ settings: TrainingSettings<Self>, context: RunContext) throws -> TrainingResult
}

/// What the settings of such a method have.
public protocol ComparisonConfiguration: ConfigurationSection {
    var rounds: PreferenceRounds { get set }
    /// β where the logged rewards measure the distance to a reference; nil otherwise.
    var distanceScale: Double? { get }
    /// Holds every round to the policy of the very start, where the method has a reference and none is given.
    mutating func hold(to start: String)
}

extension ComparisonConfiguration {
    public var distanceScale: Double? { nil }
    public mutating func hold(to start: String) {}
}

extension ComparisonMethod {
    public static func missingData(_ settings: TrainingSettings<Self>) -> [InvalidSetting] {
        guard settings.training.trainingPaths.isEmpty, !settings.method.rounds.isOn else { return [] }
        return [
            .missing("train", "comparisons (--train FILE), or prompts to make them of (--prompts FILE)")
        ]
    }

    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { .comparisons }
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        configuration.rounds.inputs(rewards)
    }

    public static func train(_ settings: TrainingSettings<Self>, context: RunContext) throws -> TrainingResult
    {
        if settings.method.rounds.isOn { return try RoundsTraining(settings, context: context).run() }
        if settings.method.rounds != Self.defaults.rounds {
            context.progress.note(
                "without --prompts there are no rounds: judge, rounds, pairs, store and the sampler's settings change "
                    + "nothing")
        }
        return try trainOnRows(settings, context: context)
    }

    /// What a run did to chosen and rejected answers.
    static func summary(_ configuration: Configuration, _ records: [MetricsRecord]) -> [String]? {
        PreferenceSummary(records, beta: configuration.distanceScale)?.lines
    }
}

/// What methods on comparisons share: rows, run, and what they say at the end.
public struct ComparisonTraining<Method: ComparisonMethod> {
    public let source: ModelSource
    public let rows: RowTraining<TokenizedComparison>
    private let settings: TrainingSettings<Method>
    private let context: RunContext

    /// - Parameters:
    ///   - framesSequences: see `ComparisonPreparation`.
    ///   - certainOnly: what cannot learn probabilities in place of choices; nil: nothing.
    public init(
        _ settings: TrainingSettings<Method>, framesSequences: Bool = false, certainOnly: String? = nil,
        context: RunContext
    ) throws {
        self.settings = settings
        self.context = context
        let training = settings.training
        source = try ModelSource(
            trainable: training.model, adapters: settings.adapters, on: context.computation)
        let preparation = ComparisonPreparation(
            tokenizer: source.tokenizer, maximumLength: try source.maximumLength(training.maximumLength),
            framesSequences: framesSequences, certainOnly: certainOnly)
        let prepared = try preparation.prepare(training)
        rows = RowTraining(
            context: context, training: training, source: source, rows: prepared.train.rows,
            mixture: prepared.train.mixture, evaluationRows: prepared.evaluation?.rows ?? [],
            place: { prepared.train.places[$0].description }, report: prepared.train.report)
    }

    /// - Parameters:
    ///   - reference: what it is held to, where that is another model.
    ///   - objective: made once the model is there.
    public func run<Objective: RowObjective<TokenizedComparison>>(
        reference: ReferenceSource? = nil, objective: (LanguageModel) throws -> Objective
    ) throws -> TrainingResult {
        try rows.run(Method.self, extraInputs: reference?.inputs ?? []) {
            try source.loadTrainable(settings.adapters, on: context.computation)
        } objective: {
            try objective($0)
        } summary: {
            Method.summary(settings.method, $0)
        }
    }
}
