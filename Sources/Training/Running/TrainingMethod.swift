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
    /// Its settings where nothing else is said.
    static var defaults: Configuration { get }
    /// What to watch in its runs.
    static var guide: TrainingGuide { get }

    /// The rows that a store of judgments gives to it; nil where it learns from no judgments.
    static func judgments(_ configuration: Configuration) -> JudgmentSchema?
    /// What it reads besides the policy and its rows.
    /// - Parameter rewards: those that settings can name.
    static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput]
    /// Puts the values that will be used in place of settings left open, as ``ConfigurationSection/resolve()`` does.
    static func resolve(_ settings: inout TrainingSettings<Self>)
    /// Trains, by resolved settings, into the run folder that the context names.
    static func train(_ settings: TrainingSettings<Self>, context: RunContext) throws -> TrainingResult
}

extension TrainingMethod {
    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { nil }
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        []
    }
    public static func resolve(_ settings: inout TrainingSettings<Self>) { settings.method.resolve() }

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
        training = TrainingConfiguration(learningRate: Method.defaultLearningRate)
        self.method = Method.defaults
    }

    /// What the method makes of a key takes precedence over what training in general does.
    public static var synonyms: [String: ConfigurationSynonym] { Method.Configuration.synonyms }

    public mutating func resolve() {
        run.resolve()
        training.selection.resolve()
        Method.resolve(&self)
        adapters.resolve()
    }
}

/// Which curves of a method's runs say how it went, and how to read them.
public struct TrainingGuide: Sendable {
    public struct Curve: Sendable {
        public let title: String
        public let unit: String
        /// Their names in metrics.jsonl, in one picture.
        public let metrics: [String]
        /// Chance, or no change.
        public let baseline: Double?

        public init(_ title: String, unit: String, _ metrics: [String], baseline: Double? = nil) {
            self.title = title
            self.unit = unit
            self.metrics = metrics
            self.baseline = baseline
        }
    }

    /// What to look for in them.
    public let explanation: String
    public let curves: [Curve]
    /// Names of the two or three metrics on the progress bar.
    public let shown: [String]

    public init(_ explanation: String, shown: [String], curves: [Curve]) {
        self.explanation = explanation
        self.shown = shown
        self.curves = curves
    }
}
