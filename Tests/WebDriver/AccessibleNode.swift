import JSON

/// What a screen reader is told of a part of a page, as the browser works it out from elements, attributes and styles.
public struct AccessibleNode: Sendable, CustomStringConvertible {
    /// As the browser calls it: `button`, `heading`, `radio`, `StaticText` …
    public let role: String
    public let name: String
    /// The names of states that are on: `checked`, `disabled`, `modal` …
    public let states: Set<String>

    public var description: String { "\(role) “\(name)”" }

    /// The nodes below the first in the order in which they are read. What is hidden from screen readers is left out.
    ///
    /// - Parameter nodes: the answer to `Accessibility.getFullAXTree`.
    static func inReadingOrder(_ nodes: [JSONValue]) -> [AccessibleNode] {
        let byID = Dictionary(nodes.map { ($0["nodeId"]?.string ?? "", $0) }) { first, _ in first }
        var found: [AccessibleNode] = []
        var waiting = nodes.prefix(1).compactMap { $0["nodeId"]?.string }
        while let id = waiting.popLast() {
            guard let node = byID[id] else { continue }
            if node["ignored"]?.boolean != true { found.append(AccessibleNode(node)) }
            waiting += (node["childIds"]?.array ?? []).compactMap(\.string).reversed()
        }
        return found
    }

    private init(_ node: JSONValue) {
        role = node["role"]?["value"]?.string ?? ""
        name = node["name"]?["value"]?.string ?? ""
        let states = (node["properties"]?.array ?? []).compactMap { property -> String? in
            let value = property["value"]?["value"]
            return value?.boolean == true || value?.string == "true" ? property["name"]?.string : nil
        }
        self.states = Set(states)
    }
}
