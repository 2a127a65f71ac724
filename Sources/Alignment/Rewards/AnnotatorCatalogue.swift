import Foundation

/// The annotators that can be chosen by name.
///
/// Every annotator takes `temperature` and `error`, the two numbers of ``PreferenceJudge``, beside its own options.
public struct AnnotatorCatalogue {
    public struct Entry {
        public let name: String
        /// Its own options and what each of them says.
        public let options: [String: String]
        /// The judge's temperature unless the user gives one: about half the difference that two answers to one
        /// prompt usually have.
        public let temperature: Double
        public let make: (AnnotatorSpecification) throws -> any Annotator

        public init(
            name: String, options: [String: String], temperature: Double,
            make: @escaping (AnnotatorSpecification) throws -> any Annotator
        ) {
            self.name = name
            self.options = options
            self.temperature = temperature
            self.make = make
        }
    }

    private static let judgeOptions = [
        "temperature": "the score difference that counts (PreferenceJudge)",
        "error": "the share of choices that are turned around, 0 to below 0.5",
    ]
    private static let flawOptions = [
        "unfinished": "the penalty for an answer that does not finish",
        "repetition": "the penalty for an answer that repeats itself",
    ]

    public private(set) var entries: [Entry]

    public init(entries: [Entry]) {
        self.entries = entries
    }

    /// `warm` and `concise`.
    ///
    /// - Parameter lexicon: the path of VADER's lexicon, used by `warm` unless its option `lexicon` names another; asked
    ///   for only when it is needed.
    public static func lexical(
        lexicon: @autoclosure @escaping () throws -> String? = nil
    ) -> AnnotatorCatalogue {
        AnnotatorCatalogue(entries: [warm(lexicon), concise])
    }

    public mutating func add(_ entry: Entry) {
        precondition(
            !entries.contains { $0.name == entry.name }, "annotator '\(entry.name)' is there already")
        entries.append(entry)
    }

    /// The judge that a specification names.
    ///
    /// - Parameter errorRate: the share of turned choices unless the specification gives one.
    /// - Throws: ``AnnotatorError``.
    public func judge(_ text: String, errorRate: Double = 0.05, seed: UInt64) throws -> PreferenceJudge {
        let (entry, specification) = try resolved(text, furtherOptions: Set(Self.judgeOptions.keys))
        return PreferenceJudge(
            annotator: try entry.make(specification),
            temperature: try specification.number("temperature", default: entry.temperature, from: 0),
            errorRate: try specification.number("error", default: errorRate, from: 0, below: 0.5),
            seed: seed)
    }

    /// The annotator that a specification names, for its scores alone: the judge's numbers would change nothing and are
    /// no options here.
    ///
    /// - Throws: ``AnnotatorError``.
    public func annotator(_ text: String) throws -> any Annotator {
        let (entry, specification) = try resolved(text, furtherOptions: [])
        return try entry.make(specification)
    }

    private func resolved(
        _ text: String, furtherOptions: Set<String>
    ) throws -> (Entry, AnnotatorSpecification) {
        let specification = try AnnotatorSpecification(text)
        guard let entry = entries.first(where: { $0.name == specification.name }) else {
            throw AnnotatorError.unknownAnnotator(specification.name, known: entries.map(\.name))
        }
        let known = Set(entry.options.keys).union(furtherOptions)
        if let option = specification.values.keys.sorted().first(where: { !known.contains($0) }) {
            throw AnnotatorError.unknownOption(option, annotator: entry.name, known: Array(known))
        }
        return (entry, specification)
    }

    private static func warm(_ defaultLexicon: @escaping () throws -> String?) -> Entry {
        let options = flawOptions.merging(["lexicon": "the path of vader_lexicon.txt"]) { first, _ in first }
        return Entry(name: "warm", options: options, temperature: 0.2) { specification in
            guard let path = try specification.string("lexicon") ?? defaultLexicon() else {
                throw AnnotatorError.missingOption(
                    "lexicon", annotator: "warm",
                    hint: "the path of vader_lexicon.txt of PyPI's vaderSentiment")
            }
            return WarmAnnotator(
                lexicon: try ValenceLexicon(contentsOf: URL(fileURLWithPath: path)),
                flaws: try flaws(of: specification))
        }
    }

    private static var concise: Entry {
        let options = flawOptions.merging(["enough": "words before length counts against an answer"]) {
            first, _ in first
        }
        return Entry(name: "concise", options: options, temperature: 0.2) { specification in
            ConciseAnnotator(
                enough: Int(try specification.number("enough", default: 12, from: 1, below: 1e6)),
                flaws: try flaws(of: specification))
        }
    }

    private static func flaws(of specification: AnnotatorSpecification) throws -> Flaws {
        let standard = Flaws()
        return Flaws(
            unfinishedPenalty: try specification.number(
                "unfinished", default: standard.unfinishedPenalty, from: 0),
            repetitionPenalty: try specification.number(
                "repetition", default: standard.repetitionPenalty, from: 0))
    }
}
