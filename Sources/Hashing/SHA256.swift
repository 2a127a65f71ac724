import CCrypto
import Foundation

/// SHA-256 (FIPS 180-4) by the system's libcrypto: of a whole, or of pieces as they come.
///
///     var hash = SHA256()
///     hash.update(header)
///     hash.update(body)
///     let digest = hash.finalize()
///
/// A digest is 32 bytes.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        context = Self.required(EVP_MD_CTX_new())
        Self.require(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Self.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
    }

    public mutating func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The text in UTF-8.
    public mutating func update(_ text: String) {
        update(Array(text.utf8))
    }

    /// The digest of all that came.
    public consuming func finalize() -> Data {
        var digest = Data(count: Self.size)
        digest.withUnsafeMutableBytes { digest in
            Self.require(EVP_DigestFinal_ex(context, digest.bindMemory(to: UInt8.self).baseAddress, nil))
        }
        return digest
    }

    public static func hash(of bytes: some ContiguousBytes) -> Data {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// Of the text in UTF-8.
    public static func hash(of text: String) -> Data { hash(of: Array(text.utf8)) }

    /// HMAC-SHA256 (RFC 2104) of a text, by the bytes of a key that is text too.
    public static func authenticationCode(of text: String, key: String) -> Data {
        authenticationCode(of: Array(text.utf8), key: Array(key.utf8))
    }

    /// HMAC-SHA256 (RFC 2104): 32 bytes.
    public static func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> Data {
        var code = Data(count: size)
        code.withUnsafeMutableBytes { code in
            _ = required(
                HMAC(
                    EVP_sha256(), key, Int32(key.count), bytes, bytes.count,
                    code.bindMemory(to: UInt8.self).baseAddress, nil))
        }
        return code
    }

    private static let size = 32

    /// libcrypto fails here only where no memory is left, or where the system's policy forbids SHA-256.
    private static func require(_ status: Int32) {
        guard status == 1 else { fatalError("libcrypto refuses SHA-256") }
    }

    private static func required<Value>(_ value: Value?) -> Value {
        guard let value else { fatalError("libcrypto refuses SHA-256") }
        return value
    }
}
