import Foundation
import Hashing

/// What people prove their identity with. Only hashes are stored: the secrets have so much randomness that guessing them
/// from a hash is hopeless.
enum Secrets {
    /// 32 random bytes from the system's generator, in the alphabet of links.
    static func token() -> String {
        bytes(32).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    static func hash(ofToken token: String) -> Data { SHA256.hash(of: token) }

    /// 100 random bits for people to type, as in `7Q3M-X0KD-…`: digits and capitals without those that look alike.
    static func signInCode() -> String {
        let symbols = bytes(codeLength).map { codeAlphabet[Int($0 & 31)] }
        return stride(from: 0, to: codeLength, by: 4).map { String(symbols[$0..<$0 + 4]) }
            .joined(separator: "-")
    }

    /// Lower case and blanks do not matter, nor do the letters that a digit is taken for.
    static func hash(ofCode code: String) -> Data {
        let normalized = code.uppercased().compactMap { letter -> Character? in
            switch letter {
            case "O": "0"
            case "I", "L": "1"
            default: codeAlphabet.contains(letter) ? letter : nil
            }
        }
        return SHA256.hash(of: String(normalized))
    }

    private static let codeLength = 20
    private static let codeAlphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    private static func bytes(_ count: Int) -> Data {
        var generator = SystemRandomNumberGenerator()
        return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
