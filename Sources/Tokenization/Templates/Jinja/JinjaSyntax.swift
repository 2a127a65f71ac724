import JSON

/// An expression as the parser leaves it.
struct JinjaExpression: Sendable {
    indirect enum Kind: Sendable {
        case literal(JSONValue)
        case name(String)
        case list([JinjaExpression])
        case tuple([JinjaExpression])
        case mapping([(key: JinjaExpression, value: JinjaExpression)])
        case not(JinjaExpression)
        case and(JinjaExpression, JinjaExpression)
        case or(JinjaExpression, JinjaExpression)
        case sign(JinjaSign, JinjaExpression)
        case arithmetic(JinjaArithmetic, JinjaExpression, JinjaExpression)
        case concatenation([JinjaExpression])
        case comparison(JinjaExpression, [(operation: JinjaComparison, operand: JinjaExpression)])
        case conditional(condition: JinjaExpression, then: JinjaExpression, otherwise: JinjaExpression?)
        case attribute(JinjaExpression, String)
        case item(JinjaExpression, JinjaExpression)
        case slice(JinjaExpression, lower: JinjaExpression?, upper: JinjaExpression?, step: JinjaExpression?)
        case call(JinjaExpression, JinjaCallArguments)
        case filter(JinjaExpression, name: String, JinjaCallArguments)
        case test(JinjaExpression, name: String, JinjaCallArguments)
    }

    let kind: Kind
    let location: TemplateLocation
    /// The height of this tree, which the parser bounds: evaluating and freeing a tree recurse.
    let depth: Int
}

/// The arguments of a call, a filter or a test, as written.
struct JinjaCallArguments: Sendable {
    var positional: [JinjaExpression] = []
    var keywords: [(name: String, value: JinjaExpression)] = []

    var expressions: [JinjaExpression] { positional + keywords.map(\.value) }
}

enum JinjaSign: String { case plus = "+", minus = "-" }

enum JinjaArithmetic: String {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power =
        "**"
}

enum JinjaComparison: String {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case contained = "in", notContained = "not in"
}

/// A statement as the parser leaves it.
struct JinjaStatement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case output(JinjaExpression)
        case conditional([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
        case loop(JinjaLoop)
        case leaveLoop
        case nextIteration
        case set(JinjaTarget, JinjaExpression)
        case capture(JinjaTarget, body: [JinjaStatement])
        case macro(JinjaMacro)
        /// `{% call(parameters) macro(…) %}body{% endcall %}`: the macro's `caller()` writes the body.
        case callBlock(callee: JinjaExpression, JinjaCallArguments, caller: JinjaMacro)
        /// What the model wrote, and is trained on.
        case generation([JinjaStatement])
    }

    let kind: Kind
    let location: TemplateLocation
}

struct JinjaLoop: Sendable {
    let target: JinjaTarget
    let iterable: JinjaExpression
    let filter: JinjaExpression?
    let body: [JinjaStatement]
    let otherwise: [JinjaStatement]
}

struct JinjaMacro: Sendable {
    let name: String
    let parameters: [(name: String, fallback: JinjaExpression?)]
    let body: [JinjaStatement]
}

/// What a `set` or `for` gives a value to.
indirect enum JinjaTarget: Sendable {
    case name(String)
    case attribute(of: String, name: String)
    case tuple([JinjaTarget])
}
