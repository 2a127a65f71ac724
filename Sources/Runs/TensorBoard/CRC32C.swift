/// The checksum of TensorBoard's records: CRC-32C (Castagnoli, RFC 3720 appendix B.4).
enum CRC32C {
    static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { remainder, byte in
            table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
        }
    }

    /// The checksum as it is stored: turned by 15 bits and shifted, so that data which itself holds checksums
    /// stays safe.
    static func masked(of bytes: some Sequence<UInt8>) -> UInt32 {
        let checksum = checksum(of: bytes)
        return ((checksum >> 15) | (checksum << 17)) &+ 0xa282_ead8
    }

    /// The remainder of each byte by the reflected polynomial.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? (remainder >> 1) ^ 0x82f6_3b78 : remainder >> 1
        }
    }
}
