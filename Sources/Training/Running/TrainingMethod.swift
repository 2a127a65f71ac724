import Datasets
import Models
import Rewards
import Runs
import Settings

/// A way to train a model: what each folder of `Methods` holds, and a verb of its own.
public protocol TrainingMethod: SendableMetatype {
    /// Its own settings, beside those of all training.
    associatedtype Configuration: ConfigurationSection

    /// The verb: `orpo`.
    static var name: String { get }
    /// What its run is called while it is under way.
    static var title: String { get }
    static var defaultLearningRate: Double { get }
    /// The same where an adapter is trained rather than all weights.
    static var adapterLearningRate: Double { get }
    /// Both, for its help.
    static var learningRates: String { get }
    /// Its settings where nothing else is said.
    static var defaults: Configuration { get }
    /// The settings of all training where nothing else is said.
    static var trainingDefaults: TrainingConfiguration { get }
    /// What to watch in its runs.
    static var guide: TrainingGuide { get }

    /// The rows that a store of judgments gives to it; nil where it learns from no judgments.
    static func judgments(_ configuration: Configuration) -> JudgmentSchema?
    /// What it reads besides the policy and its rows.
    /// - Parameter rewards: those that settings can name.
    static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput]
    /// What it starts from, where that is not set.
    static func missingModel(_ settings: TrainingSettings<Self>) -> [InvalidSetting]
    /// What it is to learn from, where that is not set.
    static func missingData(_ settings: TrainingSettings<Self>) -> [InvalidSetting]
    /// What to do with the model that it has made: a command.
    /// - Parameter system: the first message of all conversations that it learned from; nil: they have none, or several.
    static func nextStep(_ model: String, system: String?) -> String
    /// Its learning rate where none is set.
    static func learningRate(_ settings: TrainingSettings<Self>) -> Double
    /// Puts the values that will be used in place of settings left open, as ``ConfigurationSection/resolve()`` does.
    static func resolve(_ settings: inout TrainingSettings<Self>)
    /// Trains, by resolved settings, into the run folder that the context names.
    static func train(_ settings: TrainingSettings<Self>, context: RunContext) throws -> TrainingResult
}

extension TrainingMethod {
    /// Adapters learn best at about ten times the rate of whole models, whatever the method (Schulman et al., "LoRA Without
    /// Regret", 2025).
    public static var adapterLearningRate: Double { defaultLearningRate * 10 }

    public static var learningRates: String {
        "\(defaultLearningRate); \(adapterLearningRate) for adapters"
    }

    public static var trainingDefaults: TrainingConfiguration {
        var defaults = TrainingConfiguration()
        defaults.epochs = TrainingConfiguration.defaultEpochs
        return defaults
    }

    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { nil }
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        []
    }
    public static func learningRate(_ settings: TrainingSettings<Self>) -> Double {
        settings.trainsAdapter ? adapterLearningRate : defaultLearningRate
    }
    public static func resolve(_ settings: inout TrainingSettings<Self>) { settings.method.resolve() }
    public static func missingModel(_ settings: TrainingSettings<Self>) -> [InvalidSetting] {
        settings.training.model == nil ? [.noModel()] : []
    }
    public static func missingData(_ settings: TrainingSettings<Self>) -> [InvalidSetting] {
        settings.training.trainingPaths.isEmpty ? [.noFiles("train")] : []
    }
    public static func nextStep(_ model: String, system: String?) -> String {
        "heed chat --model \(model.quotedForShell)" + (system.map { " --system \($0.quotedForShell)" } ?? "")
    }

    /// Trains, by settings that may leave open what follows from others.
    public static func run(_ settings: TrainingSettings<Self>, context: RunContext) throws -> TrainingResult {
        var settings = settings
        settings.resolve()
        return try train(settings, context: context)
    }
}

/// All settings of a training verb: those that all of them share, and the method's own.
public struct TrainingSettings<Method: TrainingMethod>: ConfigurationSection {
    public var training: TrainingConfiguration
    public var adapters = AdapterTraining()
    public var method: Method.Configuration
    public var run = RunConfiguration()

    public init(_ method: Method.Type) {
        training = Method.trainingDefaults
        self.method = Method.defaults
    }

    /// What the method makes of a key takes precedence over what training in general does.
    public static var synonyms: [String: ConfigurationSynonym] { Method.Configuration.synonyms }

    public func validate() throws {
        try run.check(for: .training)
        guard let key = adapters.strayKey, adapters.startingConfiguration(model: training.model) == nil else {
            return
        }
        throw InvalidSetting(
            key.stringValue, expected: "lora_rank beside it, as without one all weights are trained",
            found: "none (--lora-rank N trains an adapter, use_peft: false says that none is meant)")
    }

    public mutating func resolve() {
        run.resolve()
        training.selection.resolve()
        adapters.adopt(adapters.startingConfiguration(model: training.model))
        training.learningRate = training.learningRate ?? Method.learningRate(self)
        Method.resolve(&self)
        adapters.resolve()
    }

    /// Whether an adapter is trained, a new one or the model's own.
    public var trainsAdapter: Bool {
        adapters.isOn || adapters.startingConfiguration(model: training.model) != nil
    }
}
