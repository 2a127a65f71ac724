import JSON

/// A key to be pressed, as the protocol names it, with the keys that are held meanwhile; a character is its own name.
public struct Key: Sendable, ExpressibleByStringLiteral {
    private let name: String
    private var held: [String] = []

    private init(_ name: String) { self.name = name }
    public init(stringLiteral name: String) { self.name = name }

    public static let enter = Key("\u{E007}")
    public static let escape = Key("\u{E00C}")
    public static let tab = Key("\u{E004}")
    public static let backspace = Key("\u{E003}")
    public static let space = Key(" ")
    public static let left = Key("\u{E012}")
    public static let up = Key("\u{E013}")
    public static let right = Key("\u{E014}")
    public static let down = Key("\u{E015}")

    public static func character(_ character: Character) -> Key { Key(String(character)) }

    public var withShift: Key { holding("\u{E008}") }
    public var withControl: Key { holding("\u{E009}") }
    public var withAlt: Key { holding("\u{E00A}") }

    private func holding(_ other: String) -> Key {
        var key = self
        key.held.append(other)
        return key
    }

    var actions: [JSONValue] {
        let names = held + [name]
        let action = { (type: JSONValue, name: String) -> JSONValue in ["type": type, "value": .string(name)]
        }
        return names.map { action("keyDown", $0) } + names.reversed().map { action("keyUp", $0) }
    }
}
