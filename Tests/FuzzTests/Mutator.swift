import Foundation
import RandomNumbers

/// Makes damaged inputs out of whole ones. Every input follows from (seed, index) alone.
struct Mutator {
    /// How an input is taken apart.
    enum Grammar: Sendable {
        /// Bytes, in which numbers have widths.
        case binary
        /// Lines and words.
        case text
        /// One JSON value, or one a line: changed as a tree more often than as a text.
        case json
    }

    let grammar: Grammar
    /// What is put into texts: the format's own words.
    let words: [String]
    private let samples: [[UInt8]]
    /// No input is larger: a reader's time should be spent on its content.
    private let maximumByteCount: Int
    /// Of samples in JSON, the values line by line.
    private let trees: [[JSONTree]]

    init(_ grammar: Grammar, samples: [[UInt8]], words: [String]) {
        self.grammar = grammar
        self.words = words
        self.samples = samples
        maximumByteCount = max(1 << 16, samples.map(\.count).max() ?? 0)
        trees = grammar == .json ? samples.map(JSONTree.lines) : []
    }

    func input(seed: UInt64, index: Int) -> [UInt8] {
        var random = RandomSource(seed: seed ^ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
        let sample = random.integer(below: samples.count)
        let count = 1 + random.integer(below: 3)
        var bytes = samples[sample]
        if grammar == .json, random.integer(below: 4) > 0 {
            var lines = trees[sample]
            for _ in 0..<count { lines.changeAny(&random) }
            bytes = Array(lines.map(\.text).joined(separator: "\n").utf8)
            // Most trees are read as they are, so that what is behind the parser is reached.
            guard random.integer(below: 8) == 0 else { return Array(bytes.prefix(maximumByteCount)) }
        }
        for _ in 0..<count {
            switch grammar {
            case .binary: changeBytes(&bytes, &random)
            case .text, .json: changeText(&bytes, &random)
            }
        }
        return Array(bytes.prefix(maximumByteCount))
    }

    // MARK: Bytes

    private static let extremeBytes: [UInt8] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF]
    /// Numbers of 8 bytes; of narrower ones the low bytes.
    private static let extremeWords: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 40,
        1 << 62, 1 << 63 - 1, 1 << 63, .max, .max - 1, Double.nan.bitPattern, Double.infinity.bitPattern,
        UInt64(Float.nan.bitPattern), UInt64(Float.infinity.bitPattern),
    ]

    private func changeBytes(_ bytes: inout [UInt8], _ random: inout RandomSource) {
        guard !bytes.isEmpty else {
            bytes = samples[0]
            return
        }
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 9) {
        case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
        case 1: bytes[place] = Self.extremeBytes[random.integer(below: Self.extremeBytes.count)]
        case 2, 3:
            let word = Self.extremeWords[random.integer(below: Self.extremeWords.count)]
            let width = [2, 4, 8, 8][random.integer(below: 4)]
            // Counts and lengths stand at the front and at multiples of their width more often than elsewhere.
            let start = random.integer(below: 2) == 0 ? place : random.integer(below: 8) * width
            for (offset, position) in (start..<start + width).enumerated() where position < bytes.count {
                bytes[position] = UInt8(truncatingIfNeeded: word >> UInt64(8 * offset))
            }
        case 4: bytes.swapAt(place, random.integer(below: bytes.count))
        default: changeRanges(&bytes, at: place, &random)
        }
    }

    /// What can be done to ranges of any bytes.
    private func changeRanges(_ bytes: inout [UInt8], at place: Int, _ random: inout RandomSource) {
        let end = min(bytes.count, place + 1 + random.integer(below: 64))
        switch random.integer(below: 5) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: random.integer(below: bytes.count))
        case 3:
            let other = samples[random.integer(below: samples.count)]
            bytes = bytes[..<place] + other.suffix(random.integer(below: other.count + 1))
        default:
            let count = min(1 << random.integer(below: 12), maximumByteCount / (end - place))
            let part = Array(bytes[place..<end])
            bytes.insert(contentsOf: repeatElement(part, count: count).joined(), at: place)
        }
    }

    // MARK: Texts

    private static let brokenUTF8: [[UInt8]] = [
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x00], [0x1B],
        [0xEF, 0xBB, 0xBF], [0x0D], [0xE2, 0x80, 0xA8],
    ]
    private static let openings = ["[", "{", "(", "{\"a\":", "[{", "- ", "&a *a ", "\"", "  "]

    private func changeText(_ bytes: inout [UInt8], _ random: inout RandomSource) {
        guard !bytes.isEmpty else {
            bytes = samples[0]
            return
        }
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 9) {
        case 0, 1: replaceNumber(in: &bytes, from: place, &random)
        case 2, 3:
            let words = self.words + JSONTree.extremes
            bytes.insert(contentsOf: words[random.integer(below: words.count)].utf8, at: place)
        case 4: changeLines(&bytes, &random)
        case 5:
            let broken = Self.brokenUTF8[random.integer(below: Self.brokenUTF8.count)]
            bytes.insert(contentsOf: broken, at: place)
        case 6:
            let opening = Self.openings[random.integer(below: Self.openings.count)]
            let depth = 1 << random.integer(below: 13)
            bytes.insert(contentsOf: repeatElement(opening.utf8, count: depth).joined(), at: place)
        case 7: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
        default: changeRanges(&bytes, at: place, &random)
        }
    }

    /// The first number from a place on becomes an extreme one.
    private func replaceNumber(in bytes: inout [UInt8], from place: Int, _ random: inout RandomSource) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") }
        let start = bytes[place...].firstIndex(where: isDigit) ?? place
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let number = JSONTree.extremes[random.integer(below: JSONTree.extremes.count)]
        bytes.replaceSubrange(start..<end, with: number.utf8)
    }

    private func changeLines(_ bytes: inout [UInt8], _ random: inout RandomSource) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let (line, other) = (random.integer(below: lines.count), random.integer(below: lines.count))
        switch random.integer(below: 4) {
        case 0: lines.remove(at: line)
        case 1: lines.swapAt(line, other)
        case 2: lines[line] = lines[other]
        default: lines.insert(lines[line], at: other)
        }
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
