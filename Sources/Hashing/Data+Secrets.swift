import CCrypto
import Foundation

extension Data {
    /// Two lower-case digits a byte.
    public var hexadecimal: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Takes as long whatever the bytes are, so that the time says nothing about a secret; its length may show.
    public func isEqualInConstantTime(to other: Data) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { bytes in
            other.withUnsafeBytes { CRYPTO_memcmp(bytes.baseAddress, $0.baseAddress, bytes.count) == 0 }
        }
    }
}
