/// How much a template may do before it counts as hostile or broken. The sandbox of Jinja has no such bounds;
/// real templates stay below these by orders of magnitude.
struct JinjaLimits: Sendable {
    /// Expressions and statements evaluated, iterations made, elements visited.
    var operations = 10_000_000
    /// Bytes of text copied, compared or searched, in all; a character that is looked at by itself counts as
    /// `JinjaBudget.bytesPerCharacter` of them. All of it is about a second's work.
    var textBytes = 256 << 20
    /// Bytes of output.
    var outputBytes = 64 << 20
    /// Levels of expressions, statements and macro calls inside each other: what the stack holds.
    var depth = 300

    static let standard = JinjaLimits()
}

/// What a function does with the texts that it is given, and so what a call of it costs.
enum JinjaPrice {
    /// It does not look into them, or pays for what it does itself.
    case nothing
    /// It copies, compares or searches them.
    case bytes
    /// It looks at their characters one by one: at their case, their category, their digits.
    case characters
}

/// Counts what a run of a template uses up.
final class JinjaBudget {
    private static let bytesPerCharacter = 16

    private let limits: JinjaLimits
    private var operations = 0
    private var textBytes = 0
    private var depth = 0

    init(_ limits: JinjaLimits) { self.limits = limits }

    var remainingOperations: Int { limits.operations - operations }

    func spend(operations count: Int) throws {
        operations += min(count, limits.operations + 1)
        guard operations <= limits.operations else {
            throw JinjaFault.limit("\(limits.operations) operations")
        }
    }

    func spend(textBytes count: Int) throws {
        textBytes += min(count, limits.textBytes + 1)
        guard textBytes <= limits.textBytes else {
            throw JinjaFault.limit("work on \(limits.textBytes) bytes of text")
        }
    }

    /// - Parameter times: how often text of that many bytes is written.
    func spend(textBytes count: Int, times: Int) throws {
        let (product, overflows) = count.multipliedReportingOverflow(by: times)
        try spend(textBytes: overflows ? .max : product)
    }

    /// - Parameter text: of which every character is looked at.
    func spend(charactersOf text: String) throws { try spend(.characters, for: text.utf8.count) }

    func spend(_ price: JinjaPrice, for textBytes: Int) throws {
        switch price {
        case .nothing: break
        case .bytes: try spend(textBytes: textBytes)
        case .characters: try spend(textBytes: textBytes, times: Self.bytesPerCharacter)
        }
    }

    func check(outputBytes count: Int) throws {
        guard count <= limits.outputBytes else {
            throw JinjaFault.limit("\(limits.outputBytes) bytes of output")
        }
    }

    /// Counts one level down, until `leave`.
    func enter() throws {
        depth += 1
        guard depth <= limits.depth else { throw JinjaFault.limit("\(limits.depth) levels of nesting") }
        try spend(operations: 1)
    }

    func leave() { depth -= 1 }
}
