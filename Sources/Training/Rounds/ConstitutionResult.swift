import Datasets
import Settings

/// What revising leaves behind.
public struct ConstitutionResult: Codable, Sendable {
    public let output: String
    public let prompts: Int
    /// Prompts with an answer that is whole.
    public let rows: Int
    /// Answers that differ from the first one.
    public let revised: Int
    /// Revisions in whose place the answer before them stays.
    public let dropped: Int
    /// How many of them were empty, cut off, or had no room.
    public let droppedAs: [String: Int]
    /// That hardly anything is there to learn, and what to change; nil where there is.
    public let warning: String?
    public let seconds: Double

    public enum CodingKeys: String, CodingKey {
        case output, prompts, rows, revised, dropped, warning, seconds
        case droppedAs = "dropped_as"
    }

    /// The share of prompts, or of answers, below which hardly any is kept, or revised.
    private static let hardlyAny = 0.1

    /// - Parameter prompts: how many there were.
    init(
        output: String, prompts: Int, rows: [CompletionRow], configuration: ConstitutionConfiguration,
        seconds: Double
    ) {
        let dropped = rows.flatMap(Reviser.dropped)
        let revised = rows.count { $0.completion.json.text() != $0.extra[Reviser.first]?.text() }
        (self.output, self.prompts, self.seconds) = (output, prompts, seconds)
        (self.rows, self.revised, self.dropped) = (rows.count, revised, dropped.count)
        droppedAs = Dictionary(grouping: dropped) { $0 }.mapValues(\.count)
        warning =
            if Double(rows.count) < Self.hardlyAny * Double(prompts) {
                Self.warningOfFewRows(rows.count, of: prompts, configuration)
            } else if Double(revised) < Self.hardlyAny * Double(rows.count) {
                Self.warningOfFewRevisions(revised, of: rows.count, droppedAs, configuration)
            } else {
                nil
            }
    }

    /// What is not there, by kind; nil where all is.
    public var whatWasDropped: String? {
        let kinds = droppedAs.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let parts = [
            rows < prompts ? "\(prompts - rows) prompts whose answers were all cut off or empty" : nil,
            dropped > 0 ? "\(dropped) revisions (\(kinds.joined(separator: ", ")))" : nil,
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "left out: \(parts.joined(separator: "; "))"
    }

    private static func warningOfFewRows(
        _ rows: Int, of prompts: Int, _ configuration: ConstitutionConfiguration
    ) -> String {
        "\(rows) of \(prompts) prompts have an answer to learn from: raise --max-new-tokens "
            + "(\(configuration.sampler.maximumNewTokens))"
            + (configuration.keepsCutOff
                ? ", or take a model that answers" : ", or keep what was cut off (--keep-cut-off)")
    }

    /// What to change follows from why most revisions were dropped.
    private static func warningOfFewRevisions(
        _ revised: Int, of rows: Int, _ droppedAs: [String: Int], _ configuration: ConstitutionConfiguration
    ) -> String {
        let reason = droppedAs.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        let tokens = "--max-new-tokens (\(configuration.sampler.maximumNewTokens))"
        let change =
            switch reason {
            case Reviser.cutOff?: "raise \(tokens)"
            case Reviser.noRoom?:
                "lower \(tokens) or --revisions (\(configuration.revisions)), or shorten prompts"
            default: "take a model that follows instructions, or principles that ask for more"
            }
        return
            "\(revised) of \(rows) answers were revised, so that hardly anything is learned of the principles: "
            + change
    }
}
