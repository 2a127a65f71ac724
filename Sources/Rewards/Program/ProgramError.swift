import Errors

/// Why a program that scores answers cannot be used, or what it did in place of scoring one.
public enum ProgramError: CategorizedError, Equatable, CustomStringConvertible {
    case notThere(path: String)
    case notExecutable(path: String)
    case notStarted(path: String, reason: String)
    case misbehaved(Misbehaviour)

    /// What it did, at which answer.
    public struct Misbehaviour: Equatable, Sendable {
        public let path: String
        /// The answer that it was to score, or the first of several.
        public let input: RewardInput?
        public let what: String
        public let remedy: String
        /// The last that it wrote to standard error.
        public let lastWords: String
    }

    public var category: ErrorCategory {
        switch self {
        case .notThere: .missingInput
        case .notExecutable, .notStarted: .usage
        case .misbehaved: .badData
        }
    }

    public var description: String {
        switch self {
        case .notThere(let path):
            "reward program '\(path)': expected a file, found none; check the path, which is relative to the working directory"
        case .notExecutable(let path):
            "reward program '\(path)': expected a file that may be run, found one that may not; chmod +x it"
        case .notStarted(let path, let reason):
            "reward program '\(path)' does not start: \(reason)"
        case .misbehaved(let what): what.description
        }
    }
}

extension ProgramError.Misbehaviour: CustomStringConvertible {
    public var description: String {
        let place = input?.place.map { "\($0): " } ?? ""
        let row = input.map { input in
            ", at the answer that begins '\(input.text.beginning)' to '\(input.prompt.question.beginning)'"
        }
        let words = lastWords.isEmpty ? "" : "; its standard error ends: \(lastWords)"
        return "\(place)reward program '\(path)' \(what)\(row ?? "")\(words); \(remedy)"
    }
}

extension String {
    fileprivate var beginning: String { String(shownAsOutput.prefix(60)) }
}
