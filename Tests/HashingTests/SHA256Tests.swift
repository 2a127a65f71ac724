import Foundation
import Hashing
import JSON
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples, and its million letters.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func knownAnswers(_ text: String, _ expected: String) {
        #expect(SHA256.hash(of: text).hexadecimal == expected)
        #expect(SHA256.hash(of: Data(text.utf8)).hexadecimal == expected)
    }

    /// Around the block of 64 bytes and its padding.
    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 128, 1000])
    func piecesAreHashedAsTheWhole(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        for size in [1, 3, 64, 1001] {
            var hash = SHA256()
            for start in stride(from: 0, to: count, by: size) {
                hash.update(bytes[start..<min(start + size, count)])
                hash.update([])
            }
            let digest = hash.finalize()
            #expect(digest == SHA256.hash(of: bytes))
        }
    }

    @Test func textIsHashedInUTF8() {
        var hash = SHA256()
        hash.update("Ä")
        hash.update("rger")
        let digest = hash.finalize()
        #expect(digest == SHA256.hash(of: Data([0xC3, 0x84] + Array("rger".utf8))))
    }
}

@Suite struct AuthenticationCodeTests {
    /// RFC 4231, cases 1 to 4, 6 and 7 (5 is cut).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            "This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func knownAnswers(_ key: [UInt8], _ text: String, _ expected: String) {
        #expect(SHA256.authenticationCode(of: Array(text.utf8), key: key).hexadecimal == expected)
    }

    @Test func knownAnswersOfBytes() {
        let third = SHA256.authenticationCode(
            of: [UInt8](repeating: 0xdd, count: 50), key: [UInt8](repeating: 0xaa, count: 20))
        #expect(third.hexadecimal == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        let fourth = SHA256.authenticationCode(
            of: [UInt8](repeating: 0xcd, count: 50), key: Array(1...25))
        #expect(fourth.hexadecimal == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
    }

    /// By Python's hmac: `base64(hmac.new(b"token", b"form", "sha256").digest())`.
    @Test func keysAndTextsAreUTF8() {
        let code = SHA256.authenticationCode(of: "form", key: "token")
        #expect(code.base64EncodedString() == "My0AF2nQpoHe8HwO0P8iZ85wU5z7XtLI2LbeL0Gz5h8=")
        #expect(
            SHA256.authenticationCode(of: "", key: "")
                == SHA256.authenticationCode(of: [UInt8](), key: []))
        #expect(
            SHA256.authenticationCode(of: "", key: "").hexadecimal
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }
}

@Suite struct ConstantTimeTests {
    @Test func equalityIsThatOfTheBytes() {
        let bytes = Data([7, 0, 255, 3])
        #expect(bytes.isEqualInConstantTime(to: bytes))
        #expect(bytes.isEqualInConstantTime(to: Data([9, 7, 0, 255, 3]).dropFirst()))
        #expect(Data().isEqualInConstantTime(to: Data()))
        #expect(!bytes.isEqualInConstantTime(to: bytes.dropLast()))
        #expect(!bytes.isEqualInConstantTime(to: bytes + [0]))
        for index in 0..<4 {
            var other = bytes
            other[index] ^= 0x80
            #expect(!bytes.isEqualInConstantTime(to: other))
        }
    }
}
