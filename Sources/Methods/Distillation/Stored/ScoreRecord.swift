// How the scores of one row lie in a store. A position has the log-probabilities of the k best tokens as halves, the best
// first, their ids in as many bits as the vocabulary needs, and what all other tokens have together as a single:
//
//   positions (UInt32) · tails (Float32 each) · log-probabilities (Float16 each) · ids (packed, low bits first)
//
// everything little-endian: 4·k + 4 bytes a token for k tokens of a vocabulary of 2^16.
import Foundation

/// How wide the numbers of a store's records are.
struct ScoreLayout: Equatable {
    /// k
    let count: Int
    let vocabularySize: Int

    init(count: Int, vocabularySize: Int) {
        precondition(count > 0 && count <= vocabularySize, "\(count) best of \(vocabularySize) tokens")
        (self.count, self.vocabularySize) = (count, vocabularySize)
    }

    /// Bits of an id.
    var idBits: Int { max(1, Int.bitWidth - (vocabularySize - 1).leadingZeroBitCount) }

    /// Bytes of the scores of so many positions.
    func byteCount(positions: Int) -> Int {
        4 + positions * (4 + 2 * count) + (positions * count * idBits + 7) / 8
    }
}

/// What a teacher says about the scored tokens of one row.
struct ScoreRecord: Equatable {
    /// [N · k], k after each other.
    let ids: [Int]
    /// [N · k]
    let logProbabilities: [Float]
    /// [N]
    let tails: [Float]

    var positions: Int { tails.count }

    /// What is wrong with bytes that should be a record.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(ids: [Int], logProbabilities: [Float], tails: [Float]) {
        (self.ids, self.logProbabilities, self.tails) = (ids, logProbabilities, tails)
    }

    func bytes(_ layout: ScoreLayout) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(layout.byteCount(positions: positions))
        Self.append(UInt32(positions), to: &bytes)
        for tail in tails { Self.append(tail.bitPattern, to: &bytes) }
        for value in logProbabilities { Self.append(Float16(value).bitPattern, to: &bytes) }
        bytes += PackedIntegers.packed(ids, bits: layout.idBits)
        return bytes
    }

    /// - Throws: `Malformed` for a length, an id or a probability that cannot be.
    init(_ bytes: some RandomAccessCollection<UInt8>, _ layout: ScoreLayout) throws {
        let bytes = Array(bytes)
        guard bytes.count >= 4 else { throw Malformed(description: "\(bytes.count) bytes") }
        let positions = Int(Self.integer(bytes, at: 0, as: UInt32.self))
        // So many cannot be in there, whatever their number multiplied may come to.
        guard positions <= bytes.count, layout.byteCount(positions: positions) == bytes.count else {
            throw Malformed(description: "\(bytes.count) bytes for \(positions) positions")
        }
        var place = 4
        tails = (0..<positions).map {
            Float(bitPattern: Self.integer(bytes, at: 4 + 4 * $0, as: UInt32.self))
        }
        place += 4 * positions
        let values = positions * layout.count
        let rounded = (0..<values).map {
            Float(Float16(bitPattern: Self.integer(bytes, at: place + 2 * $0, as: UInt16.self)))
        }
        ids = PackedIntegers.unpacked(bytes[(place + 2 * values)...], count: values, bits: layout.idBits)
        if let stranger = ids.first(where: { $0 >= layout.vocabularySize }) {
            throw Malformed(description: "token \(stranger) of \(layout.vocabularySize)")
        }
        guard tails.allSatisfy({ $0 >= 0 && $0 <= 1 }), rounded.allSatisfy({ $0 <= 0 && $0.isFinite }) else {
            throw Malformed(description: "a number that is no probability")
        }
        logProbabilities = Self.normalized(rounded, tails: tails, count: layout.count)
    }

    /// Rounding to halves has moved the sum of each position: head and tail are one distribution again.
    private static func normalized(_ values: [Float], tails: [Float], count: Int) -> [Float] {
        var values = values
        for (position, tail) in tails.enumerated() {
            let range = position * count..<(position + 1) * count
            let sum = values[range].reduce(0.0) { $0 + exp(Double($1)) }
            guard sum > 0, tail < 1 else { continue }
            let shift = Float(log((1 - Double(tail)) / sum))
            for index in range { values[index] += shift }
        }
        return values
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func integer<Integer: FixedWidthInteger>(
        _ bytes: [UInt8], at place: Int, as type: Integer.Type
    ) -> Integer {
        bytes.withUnsafeBytes { Integer(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: type)) }
    }
}

/// Whole numbers of a few bits each, one after the other, low bits first.
enum PackedIntegers {
    static func packed(_ values: [Int], bits: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (values.count * bits + 7) / 8)
        for (index, value) in values.enumerated() {
            for bit in 0..<bits where value >> bit & 1 == 1 {
                let place = index * bits + bit
                bytes[place / 8] |= 1 << UInt8(place % 8)
            }
        }
        return bytes
    }

    /// - Parameter bytes: `count · bits` bits, and nothing behind their last byte.
    static func unpacked(_ bytes: ArraySlice<UInt8>, count: Int, bits: Int) -> [Int] {
        (0..<count).map { index in
            var (value, bit) = (0, 0)
            while bit < bits {
                let place = index * bits + bit
                let taken = min(8 - place % 8, bits - bit)
                let byte = Int(bytes[bytes.startIndex + place / 8]) >> (place % 8)
                value |= (byte & (1 << taken - 1)) << bit
                bit += taken
            }
            return value
        }
    }
}
