/// How much a template may do before it counts as hostile or broken. The sandbox of Jinja has no such bounds;
/// real templates stay below these by orders of magnitude.
struct JinjaLimits: Sendable {
    /// Expressions and statements evaluated, iterations made, elements visited.
    var operations = 10_000_000
    /// Bytes of text built or searched, in all.
    var textBytes = 256 << 20
    /// Bytes of output.
    var outputBytes = 64 << 20
    /// Levels of expressions, statements and macro calls inside each other: what the stack holds.
    var depth = 300

    static let standard = JinjaLimits()
}

/// Counts what a run of a template uses up.
final class JinjaBudget {
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
            throw JinjaFault.limit("\(limits.textBytes) bytes of text built")
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
