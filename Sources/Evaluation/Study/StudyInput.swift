import Foundation
import Statistics

/// Everything that a study measured, and what its file says: what its report is made of.
public struct StudyInput: Sendable {
    /// A way to train the start, or to choose among its answers.
    public struct Arm: Sendable {
        public var name: String
        /// What it is, and the settings that were chosen for it, in words.
        public var description: String
        /// One for each training that could be measured.
        public var seeds: [ArmMeasurement]
        /// What failed, in words.
        public var failures: [String]
        public var trials: [Trial]
        /// Seconds that the trainings behind `seeds` took, and their measurements; nil where nobody knows.
        public var seconds: [Double?]
        /// The most bytes that the process had in memory in these trainings; nil where nobody knows.
        public var peakMemory: [Int?]
        /// What trainings made of problems, by capability.
        public var capabilities: [String: [ArmMeasurement]]
        /// Whether the registration knows nothing of it, or of what it is now.
        public var isExploratory: Bool

        public init(
            name: String, description: String, seeds: [ArmMeasurement], failures: [String] = [],
            trials: [Trial] = [], seconds: [Double?] = [], peakMemory: [Int?] = [],
            capabilities: [String: [ArmMeasurement]] = [:], isExploratory: Bool = false
        ) {
            self.name = name
            self.description = description
            self.seeds = seeds
            self.failures = failures
            self.trials = trials
            self.seconds = seconds
            self.peakMemory = peakMemory
            self.capabilities = capabilities
            self.isExploratory = isExploratory
        }
    }

    /// One set of settings that was tried on the validation prompts.
    public struct Trial: Codable, Hashable, Sendable {
        public var settings: String
        public var updates: Int
        /// The criterion; nil where the trial failed.
        public var value: Double?
        public var isChosen: Bool
        public var cost: ArmMeasurement.Cost
        public var seconds: Double?

        public init(
            settings: String, updates: Int, value: Double?, isChosen: Bool = false,
            cost: ArmMeasurement.Cost = .init(), seconds: Double? = nil
        ) {
            self.settings = settings
            self.updates = updates
            self.value = value
            self.isChosen = isChosen
            self.cost = cost
            self.seconds = seconds
        }
    }

    /// A judge by its name, and what it consists of.
    public struct Judge: Codable, Hashable, Sendable {
        public var name: String
        public var rewards: [String]

        public init(name: String, rewards: [String]) { (self.name, self.rewards) = (name, rewards) }
    }

    /// What one arm may spend on one training; nil: not limited.
    public struct Budget: Codable, Hashable, Sendable {
        public var updates: Int?
        /// Sampled and trained together.
        public var tokens: Int?
        public var seconds: Double?

        public init(updates: Int? = nil, tokens: Int? = nil, seconds: Double? = nil) {
            (self.updates, self.tokens, self.seconds) = (updates, tokens, seconds)
        }
    }

    /// How comparisons are decided, fixed beforehand.
    public struct Analysis: Codable, Hashable, Sendable {
        /// Of win rates from one half.
        public var smallestEffect = 0.05
        public var level = 0.05
        public var power = 0.8
        /// The comparisons that are decided, two arms each; nil: every two arms.
        public var pairs: [[String]]?
        public var spread = ComparisonSpread(trainings: 0.03, prompts: 0.15, answers: 0.45)

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case level, power, spread, pairs
            case smallestEffect = "smallest_effect"
        }

        /// Whether two arms were to be compared.
        func plans(_ first: String, _ second: String) -> Bool {
            pairs?.contains { Set($0) == [first, second] } ?? true
        }
    }

    public struct Registration: Codable, Hashable, Sendable {
        public var date: Date
        public var sha256: String
        /// What has changed since, in words.
        public var changes: [String]

        public init(date: Date, sha256: String, changes: [String]) {
            (self.date, self.sha256, self.changes) = (date, sha256, changes)
        }
    }

    public var title: String
    public var command: String
    public var created: Date
    public var start: ArmMeasurement
    public var startName: String
    public var arms: [Arm]
    /// Names of the kinds of problems, in the order of the file, and what the start made of them.
    public var capabilities: [String]
    public var startCapabilities: [String: ArmMeasurement]
    /// The first decides.
    public var judges: [Judge]
    /// Name of the criterion by which settings were chosen; nil: none were searched.
    public var criterion: String?
    public var budget: Budget
    public var analysis: Analysis
    public var registration: Registration
    public var rewardModel: Report.RewardModelQuality?
    /// How it was done, by heading, written from the file.
    public var methods: [String]
    public var groups: GroupsInput?
    /// Of people on the arms' answers; nil where nobody was asked.
    public var votes: StudyVotes?
    /// What failed besides arms, in words.
    public var failures: [String]
    public var seconds: Double

    public init(
        title: String, command: String, created: Date = Date(), start: ArmMeasurement, startName: String,
        arms: [Arm], capabilities: [String] = [], startCapabilities: [String: ArmMeasurement] = [:],
        judges: [Judge], criterion: String? = nil, budget: Budget = .init(),
        analysis: Analysis = .init(), registration: Registration,
        rewardModel: Report.RewardModelQuality? = nil, methods: [String] = [], groups: GroupsInput? = nil,
        votes: StudyVotes? = nil, failures: [String] = [], seconds: Double = 0
    ) {
        self.title = title
        self.command = command
        self.created = created
        self.start = start
        self.startName = startName
        self.arms = arms
        (self.capabilities, self.startCapabilities) = (capabilities, startCapabilities)
        self.judges = judges
        self.criterion = criterion
        self.budget = budget
        self.analysis = analysis
        self.registration = registration
        self.rewardModel = rewardModel
        self.methods = methods
        self.groups = groups
        self.votes = votes
        self.failures = failures
        self.seconds = seconds
    }
}
