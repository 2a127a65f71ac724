import Testing

@testable import Runs

@Suite struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the customary check of the nine digits.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xFF, count: 32), 0x62a8_ab43),
            ([UInt8](0..<32), 0x46dd_794e), ([UInt8](0..<32).reversed(), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func knownAnswers(_ bytes: [UInt8], _ checksum: UInt32) {
        #expect(CRC32C.checksum(of: bytes) == checksum)
    }

    /// The length of a 24-byte record, as TensorBoard's first record often has it.
    @Test func masked() {
        #expect(CRC32C.masked(of: [24, 0, 0, 0, 0, 0, 0, 0]) == 0x224b_7fa3)
    }
}
