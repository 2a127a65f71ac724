import Errors

/// Why a chat template could not be read or rendered.
public enum TemplateError: CategorizedError, Hashable, CustomStringConvertible {
    /// The template uses what Heed does not know, or breaks the language's own rules.
    case syntax(at: TemplateLocation, found: String, expected: String)
    /// These values cannot be rendered by this template.
    case evaluation(at: TemplateLocation, problem: String)
    /// The template wants more time, memory or stack than any sensible one does.
    case limit(at: TemplateLocation, exceeded: String)
    /// The template itself refused, by `raise_exception`; the message is its own.
    case raised(at: TemplateLocation, message: String)

    public var category: ErrorCategory { .badData }

    public var description: String {
        switch self {
        case .syntax(let location, let found, let expected):
            "chat template, \(location): found \(found), expected \(expected)"
        case .evaluation(let location, let problem): "chat template, \(location): \(problem)"
        case .limit(let location, let exceeded): "chat template, \(location): stopped after \(exceeded)"
        case .raised(_, let message): message
        }
    }
}

/// A place in the source of a template, counted from 1; columns count Unicode scalars.
public struct TemplateLocation: Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let column: Int

    public var description: String { "line \(line), column \(column)" }
}
