import Foundation
import JSON
import RandomNumbers

/// A JSON text by its structure, which can also be what JSON forbids: a name twice, a number beyond all widths.
indirect enum JSONTree: Sendable {
    /// A scalar as it is written.
    case raw(String)
    case list([JSONTree])
    case members([(name: String, value: JSONTree)])

    /// The values of a text of one value, or of one a line.
    static func lines(of text: [UInt8]) -> [JSONTree] {
        if let value = try? JSONValue(parsing: text, tolerating: .all) { return [JSONTree(value)] }
        return text.split(separator: UInt8(ascii: "\n")).compactMap {
            (try? JSONValue(parsing: Array($0), tolerating: .all)).map(JSONTree.init)
        }
    }

    init(_ value: JSONValue) {
        self =
            switch value {
            case .array(let elements): .list(elements.map(JSONTree.init))
            case .object(let members): .members(members.map { ($0.key, JSONTree($0.value)) })
            default: .raw(value.text(.compact))
            }
    }

    var text: String {
        switch self {
        case .raw(let text): text
        case .list(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .members(let members):
            "{"
                + members.map { "\(JSONValue.string($0.name).text(.compact)):\($0.value.text)" }
                .joined(separator: ",") + "}"
        }
    }

    private var count: Int {
        switch self {
        case .raw: 1
        case .list(let elements): elements.reduce(1) { $0 + $1.count }
        case .members(let members): members.reduce(1) { $0 + $1.value.count }
        }
    }

    /// Values that readers tend to forget.
    static let extremes = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "1e19",
        "-1e19", "-1", "0", "1", "2", "-0", "-0.0", "0.5", "1e308", "-1e308", "1e309", "5e-324", "1e-400",
        "2147483648", "4294967296", "9007199254740993", "1000000", "100000000000", "3.0", "NaN", "nan",
        "Infinity", "-Infinity", "inf", "null", "true", "false", "\"\"", "[]", "{}", "[null]", "[[]]",
        "\"NaN\"", "\"Infinity\"", "\"1e999\"", "\"-1\"", "\"\\u0000\"", "\"\\ud800\"",
        "\"\\u001b]0;x\\u0007\"",
        "\"../..\"", "\"/dev/zero\"", "\"e\\u0301\"", "\"\\u00e9\"", "\"🏳️‍🌈\"",
    ]
}

extension [JSONTree] {
    /// Changes one value of one line, each with the same chance.
    mutating func changeAny(_ random: inout RandomSource) {
        guard !isEmpty else { return }
        let line = random.integer(below: count)
        self[line].changeAny(&random)
    }
}

extension JSONTree {
    mutating func changeAny(_ random: inout RandomSource) {
        var place = random.integer(below: count)
        change(after: &place, &random)
    }

    /// Goes down to the value that `place` others come before, and changes it.
    private mutating func change(after place: inout Int, _ random: inout RandomSource) {
        guard place > 0 else {
            place = -1
            return change(&random)
        }
        place -= 1
        switch self {
        case .raw: return
        case .list(var elements):
            for index in elements.indices where place >= 0 { elements[index].change(after: &place, &random) }
            self = .list(elements)
        case .members(var members):
            for index in members.indices where place >= 0 {
                members[index].value.change(after: &place, &random)
            }
            self = .members(members)
        }
    }

    private mutating func change(_ random: inout RandomSource) {
        switch random.integer(below: 10) {
        case 0...2: self = .raw(Self.extremes[random.integer(below: Self.extremes.count)])
        case 3: self = .list([self])
        case 4: self = .members([("text", self)])
        case 5:
            let depth = 1 << random.integer(below: 11)
            let brackets = random.integer(below: 2) == 0 ? ("[", "]") : ("{\"a\":", "}")
            self = .raw(
                String(repeating: brackets.0, count: depth) + text
                    + String(repeating: brackets.1, count: depth))
        default: changeContent(&random)
        }
    }

    private mutating func changeContent(_ random: inout RandomSource) {
        switch self {
        case .raw(let text): self = .raw(Self.changed(text, &random))
        case .list(var elements):
            guard !elements.isEmpty else {
                self = .list([.raw("0")])
                return
            }
            let (index, other) = (
                random.integer(below: elements.count), random.integer(below: elements.count)
            )
            switch random.integer(below: 4) {
            case 0: elements.remove(at: index)
            case 1: elements.swapAt(index, other)
            case 2: elements[index] = elements[other]
            default:
                let copies = repeatElement(elements[index], count: 1 << random.integer(below: 7))
                elements.insert(contentsOf: copies, at: other)
            }
            self = .list(elements)
        case .members(var members):
            guard !members.isEmpty else {
                self = .members([("a", .raw("0"))])
                return
            }
            let (index, other) = (random.integer(below: members.count), random.integer(below: members.count))
            switch random.integer(below: 5) {
            case 0: members.remove(at: index)
            case 1: members.insert(members[index], at: other)
            case 2: members[index].value = members[other].value
            case 3:
                members[index].name = members[other].name + (random.integer(below: 2) == 0 ? "" : "\u{301}")
            default: members.insert(("unknown", .raw("1")), at: other)
            }
            self = .members(members)
        }
    }

    /// A number becomes its negative or its neighbour in size, a text a longer or an empty one.
    private static func changed(_ text: String, _ random: inout RandomSource) -> String {
        guard text.first == "\"" else {
            return [text + "0", "-" + text, text + ".5", text + "e3", text + "e-3"][random.integer(below: 5)]
        }
        let content = text.dropFirst().dropLast()
        switch random.integer(below: 4) {
        case 0: return "\"" + String(repeating: String(content), count: 1 << random.integer(below: 7)) + "\""
        case 1: return "\"" + content.dropLast() + "\""
        case 2: return "\" " + content + "\\n\""
        default: return String(content)
        }
    }
}
