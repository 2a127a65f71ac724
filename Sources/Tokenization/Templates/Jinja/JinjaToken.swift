/// One piece of a template's source.
struct JinjaToken: Sendable {
    enum Kind: Hashable, Sendable {
        case text(String)
        case outputBegin, outputEnd
        case blockBegin, blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        case symbol(String)
        case end
    }

    let kind: Kind
    let location: TemplateLocation
}

extension JinjaToken.Kind: CustomStringConvertible {
    /// As an error message names it.
    var description: String {
        switch self {
        case .text: "text"
        case .outputBegin: "`{{`"
        case .outputEnd: "`}}`"
        case .blockBegin: "`{%`"
        case .blockEnd: "`%}`"
        case .name(let name): "`\(name)`"
        case .string(let value): "the string '\(value)'"
        case .integer(let value): "the number \(value)"
        case .float(let value): "the number \(value)"
        case .symbol(let symbol): "`\(symbol)`"
        case .end: "the end of the template"
        }
    }
}
