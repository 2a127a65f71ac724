import Datasets
import Files
import Foundation
import Statistics

/// What a reward model knows besides its weights: `reward.json` beside them. Other programs load the weights without it.
public struct RewardDescription: Codable, Equatable, Sendable {
    /// What each row of the head scores, in their order, by the names of the model's labels.
    public var aspects: [String]
    public var likelihood = LearnedLikelihood()
    public var groups: Groups?
    /// Whose judgments it learned from, where their errors were estimated.
    public var annotators: [AnnotatorReliability]?
    /// What length alone predicts of the same judgments.
    public var lengthBaseline: LengthOnlyModel?
    public var normalizer: ScoreNormalizer?

    public init(aspects: [String]) {
        self.aspects = aspects
    }

    /// The groups of people whose judgments have heads of their own.
    public struct Groups: Codable, Equatable, Sendable {
        /// The column that names them.
        public let column: GroupColumn
        public let names: [String]

        public init(column: GroupColumn, names: [String]) {
            self.column = column
            self.names = names
        }
    }

    enum CodingKeys: String, CodingKey {
        case aspects, likelihood, groups, annotators, normalizer
        case lengthBaseline = "length_baseline"
    }
}

/// Which column of a row says whose head it teaches.
public enum GroupColumn: String, Codable, Sendable, CaseIterable {
    /// The group of people that the annotator belongs to.
    case group
    /// Each annotator, as a group of one.
    case annotator
}

/// The parameters of the likelihoods as they are stored. A is the number of aspects.
public struct LearnedLikelihood: Codable, Equatable, Sendable {
    /// [A], in units of the score: where a thumb is as likely to be up as down.
    public var thumbOffsets: [Double]?
    /// [A][D − 1]: log ν_2 … log ν_D.
    public var logTies: [[Double]]?
    public var ratings: [Rating] = []
    /// [groups][A]: how much more lenient than the others a group is with thumbs and marks.
    public var groupLeniencies: [[Double]]?

    public init() {}

    public struct Rating: Codable, Equatable, Sendable {
        public let scale: RatingScale
        /// [A]
        public let lowestThresholds: [Double]
        /// [A][L − 2]: the logarithm of each threshold's distance from the one before.
        public let logGaps: [[Double]]

        public init(scale: RatingScale, lowestThresholds: [Double], logGaps: [[Double]]) {
            self.scale = scale
            self.lowestThresholds = lowestThresholds
            self.logGaps = logGaps
        }

        enum CodingKeys: String, CodingKey {
            case scale
            case lowestThresholds = "lowest_thresholds"
            case logGaps = "log_gaps"
        }
    }

    enum CodingKeys: String, CodingKey {
        case ratings
        case thumbOffsets = "thumb_offsets"
        case logTies = "log_ties"
        case groupLeniencies = "group_leniencies"
    }
}

extension RewardDescription {
    static let file = "reward.json"

    /// The description in a model's folder; nil where there is none, as beside models that were trained elsewhere.
    package init?(in folder: URL) throws {
        let file = folder.appendingPathComponent(Self.file)
        guard FileSystem.exists(file) else { return nil }
        self = try FileSystem.decode(RewardDescription.self, from: file)
        try RewardDescriptionCheck(of: self, file: file).run()
    }

    package func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(encoder.encode(self), to: folder.appendingPathComponent(Self.file))
    }
}

extension JudgmentContext {
    package func name(in column: GroupColumn) -> String? {
        switch column {
        case .group: group
        case .annotator: annotator
        }
    }
}
