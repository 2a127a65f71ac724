import CCrypto
import Foundation

extension Data {
    /// Takes as long whatever the bytes are, so that the time says nothing about a secret; its length may show.
    public func isEqualInConstantTime(to other: Data) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { bytes in
            other.withUnsafeBytes { CRYPTO_memcmp(bytes.baseAddress, $0.baseAddress, bytes.count) == 0 }
        }
    }
}
