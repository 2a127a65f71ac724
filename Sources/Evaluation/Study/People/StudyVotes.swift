import Files
import Foundation
import Statistics

/// What people said about the answers of a study's arms: `measured/people/votes.json`, which names nobody and joins the report
/// wherever the study goes.
public struct StudyVotes: Codable, Hashable, Sendable {
    /// What one person said of two answers to one prompt, on one aspect.
    public struct Vote: Codable, Hashable, Sendable {
        /// Index among the prompts.
        public var prompt: Int
        public var aspect: String
        public var first: String
        public var second: String
        /// 1 where the first arm's answer was preferred, 0 where the second's, one half for a tie.
        public var score: Double
        /// Whether nobody had voted on these two answers before.
        public var opens: Bool
    }

    /// The project in the store.
    public var project: String
    /// How many voted, and duels that have all the votes that were asked for, of how many.
    public var people: Int
    public var complete: Int
    public var duels: Int
    /// The share of duels that are drawn at random, whatever votes would tell.
    public var randomShare: Double
    /// What is judged, the aspect that decides first.
    public var aspects: [String]
    /// In the order in which they were cast.
    public var votes: [Vote]

    private enum CodingKeys: String, CodingKey {
        case project, people, complete, duels, aspects, votes
        case randomShare = "random_share"
    }

    public static let file = "votes.json"

    /// - Throws: `FileError` or `MalformedFile`.
    public init(folder: URL) throws {
        self = try FileSystem.decode(Self.self, from: folder.appending(path: Self.file))
    }

    public func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try FileSystem.createFolder(folder)
        try AtomicFile.write(encoder.encode(self), to: folder.appending(path: Self.file))
    }

    init(
        project: String, people: Int, complete: Int, duels: Int, randomShare: Double, aspects: [String],
        votes: [Vote]
    ) {
        (self.project, self.people, self.complete, self.duels) = (project, people, complete, duels)
        (self.randomShare, self.aspects, self.votes) = (randomShare, aspects, votes)
    }
}

/// What came of the votes: `people` in `study.json`.
public struct StudyPeople: Codable, Hashable, Sendable {
    /// Two arms on one aspect. The interval holds at every moment at once, for all planned pairs and aspects together.
    public struct Pair: Codable, Hashable, Sendable {
        public var aspect: String
        public var first: String
        public var second: String
        /// Duels with a vote: of each the first one counts, so that they are independent of each other.
        public var duels: Int
        /// How often the first arm's answer was preferred.
        public var winRate: Estimate
        public var verdict: StudyReport.Verdict

        private enum CodingKeys: String, CodingKey {
            case aspect, first, second, duels, verdict
            case winRate = "win_rate_at_any_time"
        }
    }

    /// In log-odds, by all votes (Bradley and Terry, 1952); only differences mean something.
    public struct Strength: Codable, Hashable, Sendable {
        public var aspect: String
        public var arm: String
        public var strength: Estimate
    }

    public var people: Int
    public var votes: Int
    public var complete: Int
    public var duels: Int
    public var randomShare: Double
    public var aspects: [String]
    public var pairs: [Pair]
    public var strengths: [Strength]
    /// Planned pairs on the first aspect, and those of them that are settled.
    public var planned: Int
    public var settled: Int

    private enum CodingKeys: String, CodingKey {
        case people, votes, complete, duels, aspects, pairs, strengths, planned, settled
        case randomShare = "random_share"
    }

    /// Whether more votes would change nothing that is decided: the stopping rule, which may be looked at after every vote.
    public var mayStop: Bool { planned > 0 && settled == planned }
}
