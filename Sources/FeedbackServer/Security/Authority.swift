import Foundation

/// The host and port of an address, as in `127.0.0.1:8080` and `[::1]:8080`.
struct Authority: Hashable, Sendable {
    let host: String
    let port: String?

    /// - Returns: nil where the text is no authority.
    init?(_ text: String) {
        let name: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            name = text[..<end]
            rest = text[end...]
        }
        guard !name.isEmpty, rest.isEmpty || rest.hasPrefix(":") else { return nil }
        guard rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        host = name.lowercased()
        port = rest.isEmpty ? nil : String(rest.dropFirst())
    }

    var isLoopback: Bool { Self.isLoopback(host) }

    static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy(isOctet)
    }

    private static func isOctet(_ text: Substring) -> Bool {
        (1...3).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isNumber }
            && Int(text) ?? 256 < 256
    }

    /// Whether it stands for all addresses of the machine.
    static func isAnyAddress(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }
}
