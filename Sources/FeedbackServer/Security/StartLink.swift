import Foundation
import Hashing
import JSON
import Synchronization

/// The link that a local server prints when it starts: whoever opens it first is its lead. Other users of the machine can
/// reach the port but do not know the link, and it works once.
public final class StartLink: Sendable {
    /// The path to open, with the secret in it.
    public let path: String
    let leadName: String
    private let secret: Mutex<String?>

    init(leadName: String) {
        let token = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).hexadecimal
        path = "/start/\(token)"
        self.leadName = leadName
        secret = Mutex(token)
    }

    /// Whether the token is the link's and was not used before; from now on it is used.
    func redeem(_ token: String) -> Bool {
        secret.withLock { secret in
            guard let expected = secret, Self.areEqual(token, expected) else { return false }
            secret = nil
            return true
        }
    }

    /// By their hashes, so that the time it takes says nothing about the secret.
    private static func areEqual(_ one: String, _ other: String) -> Bool {
        SHA256.hash(of: one).isEqualInConstantTime(to: SHA256.hash(of: other))
    }
}
