import Errors

/// A server that speaks OpenAI's protocol, by the address of its interface, `http://HOST[:PORT][/PATH]`, and one of its models:
/// `http://localhost:8000/v1#MODEL`.
///
/// Plain HTTP alone, without keys: a server on this machine or behind a proxy on it.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: Int
    /// Without a slash at its end.
    public let path: String
    /// Nil: the only one that the server has.
    public let model: String?

    /// Whether an argument is an address and no name of a model.
    public static func isMeant(by argument: String) -> Bool {
        argument.hasPrefix("http://") || argument.hasPrefix("https://")
    }

    /// - Throws: ``EndpointError/address(_:found:)``.
    public init(_ argument: String) throws {
        guard !argument.hasPrefix("https://") else {
            throw EndpointError.address(
                argument, found: "https, which is not spoken here; let a proxy on this machine speak it")
        }
        let parts = argument.dropFirst("http://".count).split(
            separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let places = parts.first.map { $0.split(separator: "/", omittingEmptySubsequences: true) } ?? []
        let authority = (places.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard argument.hasPrefix("http://"), let host = authority.first, !host.isEmpty, authority.count <= 2
        else { throw EndpointError.address(argument, found: "no name of a host") }
        guard !host.contains("@") else {
            throw EndpointError.address(argument, found: "a name or key before @, which is not sent")
        }
        guard let port = authority.count == 2 ? Int(authority[1]) : 80, (1...65_535).contains(port) else {
            throw EndpointError.address(argument, found: "the port '\(authority[1])'")
        }
        self.host = String(host)
        self.port = port
        path = places.dropFirst().map { "/" + $0 }.joined()
        model = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    }

    public var description: String {
        "http://\(host):\(port)\(path)" + (model.map { "#\($0)" } ?? "")
    }
}
