import Charts
import Foundation
import Training

/// Everything that one evaluation found, and how: the content of `report.json`, and what `report.html` shows.
///
/// What was not measured is `nil` and written as `null`, never as 0.
public struct Report: Hashable, Sendable {
    public var title: String
    public var created: Date
    public var arms: [Arm]
    /// The name of the arm that the others are compared with.
    public var reference: String
    /// On how many held-out prompts the arms answered.
    public var prompts: Int
    public var annotator: AnnotatorNote
    public var seconds: Double
    /// What to type to get this report again.
    public var command: String
    public var stages: [Stage]
    /// The models behind the arms.
    public var models: [ModelNote]
    /// The runs behind them, as far as they were named, and at the end the evaluation itself.
    public var runs: [RunNote]
    public var curves: [CurveGroup]
    public var explained: [ExplainedRun]
    public var rewardModel: RewardModelQuality?
    /// Nil where a program judged.
    public var people: People?
    /// Nil where no roads were given.
    public var frontier: Frontier?
    public var notes: Notes

    public init(
        title: String, created: Date, arms: [Arm], reference: String, prompts: Int, annotator: AnnotatorNote,
        seconds: Double, command: String, stages: [Stage] = [], models: [ModelNote] = [],
        runs: [RunNote] = [], curves: [CurveGroup] = [], explained: [ExplainedRun] = [],
        rewardModel: RewardModelQuality? = nil, people: People? = nil, frontier: Frontier? = nil,
        notes: Notes = Notes()
    ) {
        self.title = title
        self.created = created
        self.arms = arms
        self.reference = reference
        self.prompts = prompts
        self.annotator = annotator
        self.seconds = seconds
        self.command = command
        self.stages = stages
        self.models = models
        self.runs = runs
        self.curves = curves
        self.explained = explained
        self.rewardModel = rewardModel
        self.people = people
        self.frontier = frontier
        self.notes = notes
    }

    /// Who judged.
    public struct AnnotatorNote: Hashable, Sendable {
        public var name: String
        /// Whether a program stood in for people.
        public var isSimulated: Bool
        public var description: String
        /// The content hash of what `heed judge-card` measured of it; nil where nobody has.
        public var card: String?
        /// What is known against it, or that nothing is known of it.
        public var warning: String?

        public init(
            name: String, isSimulated: Bool, description: String, card: String? = nil, warning: String? = nil
        ) {
            self.name = name
            self.isSimulated = isSimulated
            self.description = description
            self.card = card
            self.warning = warning
        }
    }

    public struct Stage: Codable, Hashable, Sendable {
        public var name: String
        public var seconds: Double
        /// What it worked on, such as "512 prompts, 4 answers each".
        public var detail: String

        public init(name: String, seconds: Double, detail: String) {
            self.name = name
            self.seconds = seconds
            self.detail = detail
        }
    }

    /// The training curves of one stage.
    public struct CurveGroup: Codable, Hashable, Sendable {
        public var name: String
        /// What to look for in them.
        public var explanation: String
        public var charts: [LineChart]

        public init(name: String, explanation: String, charts: [LineChart]) {
            self.name = name
            self.explanation = explanation
            self.charts = charts
        }
    }

    /// Answers of a run of training, token by token.
    public struct ExplainedRun: Codable, Hashable, Sendable {
        public var name: String
        public var responses: [ExplainedResponse]

        public init(name: String, responses: [ExplainedResponse]) {
            self.name = name
            self.responses = responses
        }
    }

    /// The arms, each behind the one that it was made from.
    var armsInOrderOfMaking: [Arm] {
        func descendants(of name: String?) -> [Arm] {
            arms.filter { $0.madeFrom == name }.flatMap { [$0] + descendants(of: $0.name) }
        }
        return descendants(of: nil)
    }

    /// What an arm's answers are held against word by word: those of the arm that it was made from, or else the reference's.
    func before(_ arm: Arm) -> String? { arm.madeFrom ?? (arm.name == reference ? nil : reference) }

    public var referenceArm: Arm? { arms.first { $0.name == reference } }

    /// The arms that are compared with the reference, in the report's order.
    public var challengers: [Arm] { arms.filter { $0.name != reference } }

    /// The neutral first style for the reference, the others in order.
    func style(of arm: Arm) -> Int {
        (challengers.firstIndex { $0.name == arm.name } ?? -1) + 1
    }
}
