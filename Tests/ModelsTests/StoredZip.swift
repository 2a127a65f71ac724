import Foundation

@testable import Models

/// A zip archive of uncompressed members, put together by hand.
func storedZip(_ members: [(name: String, content: Data)]) -> Data {
    var archive = Data()
    var directory = Data()
    for (name, content) in members {
        let offset = archive.count
        var header = Data()
        header.append(UInt16(20), UInt16(0), UInt16(0), UInt16(0), UInt16(0x21))
        header.append(checksum(of: content), UInt32(content.count), UInt32(content.count))
        header.append(UInt16(name.utf8.count), UInt16(0))

        archive.append(UInt32(0x0403_4b50))
        archive += header + name.utf8 + content
        directory.append(UInt32(0x0201_4b50))
        directory.append(UInt16(20))
        directory += header
        directory.append(UInt16(0), UInt16(0), UInt16(0))
        directory.append(UInt32(0), UInt32(offset))
        directory += name.utf8
    }
    let start = archive.count
    archive += directory
    archive.append(UInt32(0x0605_4b50))
    archive.append(UInt16(0), UInt16(0), UInt16(members.count), UInt16(members.count))
    archive.append(UInt32(directory.count), UInt32(start))
    archive.append(UInt16(0))
    return archive
}

extension Data {
    fileprivate mutating func append<Integer: FixedWidthInteger>(_ integers: Integer...) {
        for integer in integers {
            Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
        }
    }
}

/// CRC-32, a bit at a time.
private func checksum(of data: Data) -> UInt32 {
    var sum: UInt32 = 0xffff_ffff
    for byte in data {
        sum ^= UInt32(byte)
        for _ in 0..<8 {
            let carry = sum & 1
            sum >>= 1
            if carry == 1 { sum ^= 0xedb8_8320 }
        }
    }
    return ~sum
}
