import Files
import Foundation

/// What was measured on one model: `measurement.json`. Nothing in it names a place on a machine, and no weights are needed to
/// read it.
public struct ArmMeasurement: Codable, Hashable, Sendable {
    /// One answer to one prompt.
    public struct Answer: Codable, Hashable, Sendable {
        /// Index among the prompts.
        public var prompt: Int
        public var text: String
        public var tokens: Int
        /// Whether the model ended it before the token budget did.
        public var isFinished: Bool
        /// By judge; a judge that gave none is missing.
        public var scores: [String: Double]
        /// What the reward that was maximised says.
        public var proxy: Double?
        /// log p(answer | model) − log p(answer | start), in nats, with what choosing the best moved.
        public var divergence: Double?

        private enum CodingKeys: String, CodingKey {
            case prompt, text, tokens, scores, proxy, divergence
            case isFinished = "finished"
        }

        /// In characters, which is what a judge sees of its length.
        var length: Int { text.unicodeScalars.count }
    }

    /// A point on the way to the model: a checkpoint, or the best of fewer answers.
    public struct Station: Codable, Hashable, Sendable {
        public var name: String
        /// For each prompt the divergence from the start, in nats.
        public var divergence: [Double]
        /// For each prompt what a judge says on average, by judge; nil where it says nothing.
        public var scores: [String: [Double?]]
    }

    /// What making the model took.
    public struct Cost: Codable, Hashable, Sendable {
        /// Optimizer steps.
        public var updates = 0
        /// Tokens that went through training, prompts included.
        public var trained = 0
        /// Tokens that were sampled on the way.
        public var sampled = 0

        public init() {}
    }

    /// In the order of the file, as they are shown.
    public var prompts: [String]
    public var answers: [Answer]
    /// On the way, nearest to the start first.
    public var stations: [Station]
    /// Of neighbouring words in all answers, the share of pairs that differ.
    public var distinct2: Double?
    /// On held-out plain text.
    public var perplexity: Double?
    public var cost: Cost
    /// For each answer of another measurement, by how much the model makes it more probable than the start does, in nats.
    public var shifts: [Double]?

    private enum CodingKeys: String, CodingKey {
        case prompts, answers, stations, perplexity, cost, shifts
        case distinct2 = "distinct_2"
    }

    public static let file = "measurement.json"

    /// - Throws: `FileError` or `MalformedFile`.
    public init(folder: URL) throws {
        self = try FileSystem.decode(Self.self, from: folder.appending(path: Self.file))
    }

    public var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }

    init(
        prompts: [String], answers: [Answer], stations: [Station], distinct2: Double?, perplexity: Double?,
        cost: Cost, shifts: [Double]? = nil
    ) {
        (self.prompts, self.answers, self.stations) = (prompts, answers, stations)
        (self.distinct2, self.perplexity, self.cost) = (distinct2, perplexity, cost)
        self.shifts = shifts
    }
}
