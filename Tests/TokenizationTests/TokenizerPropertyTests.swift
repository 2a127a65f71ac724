import Foundation
import RandomNumbers
import Testing

@testable import Tokenization

@Suite struct TokenizerPropertyTests {
    /// Characters of every length in UTF-8, from planes in use and unused, with whitespace and digits frequent.
    private static func randomText(_ random: inout SplitMix64) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let limit = [0x80, 0x80, 0x300, 0x3000, 0x10000, 0x110000].randomElement(using: &random) ?? 0x80
            let value = UInt32.random(in: 0..<UInt32(limit), using: &random)
            text.append(Unicode.Scalar(value) ?? " ")
            if Bool.random(using: &random) {
                text.append([" ", "\n", "7", "'", "s"].randomElement(using: &random) ?? " ")
            }
        }
        return String(text)
    }

    @Test func everyTextComesBack() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 1)
        for _ in 0..<400 {
            let text = Self.randomText(&random)
            expectSameBytes(tokenizer.decode(tokenizer.encode(text)), text)
            expectSameBytes(tokenizer.decode(tokenizer.encodeOrdinary(text)), text)
        }
    }

    @Test func streamingGivesWhatDecodingGives() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 2)
        for _ in 0..<2000 {
            let ids = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Int.random(in: 0..<tokenizer.vocabularySize + 2, using: &random)
            }
            let skips = Bool.random(using: &random)
            expectSameBytes(
                streamed(ids, by: tokenizer, skippingSpecialTokens: skips),
                tokenizer.decode(ids, skippingSpecialTokens: skips))
        }
    }

    @Test func streamingNeverGivesHalfACharacter() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            var decoder = tokenizer.makeStreamingDecoder()
            let text = Self.randomText(&random).replacing("\u{FFFD}", with: "")
            for id in tokenizer.encodeOrdinary(text) { #expect(!decoder.append(id).contains("\u{FFFD}")) }
            #expect(decoder.finish().isEmpty)
        }
    }

    @Test func aDecoderStartsAfreshAfterFinishing() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        let ids = tokenizer.encode("漢")
        var decoder = tokenizer.makeStreamingDecoder()
        #expect(decoder.append(ids[0]).isEmpty)
        #expect(decoder.finish() == "\u{FFFD}")
        #expect(ids.map { decoder.append($0) }.joined() + decoder.finish() == "漢")
    }

    /// All sequences of up to three bytes from the edges of the ranges that the Unicode standard tells apart.
    @Test func incompleteBytesAreToldFromBrokenOnes() {
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
            0xED,
            0xEE, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        let pairs = edges.flatMap { first in edges.map { [first, $0] } }
        let triples = pairs.flatMap { pair in edges.map { pair + [$0] } }
        let endings: [[UInt8]] = [
            [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xA0, 0x80], [0x90, 0x80, 0x80],
        ]
        func decoded(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        func isIncomplete(_ bytes: ArraySlice<UInt8>) -> Bool {
            endings.contains { String(validating: bytes + $0, as: UTF8.self)?.unicodeScalars.count == 1 }
        }
        let wrong = (edges.map { [$0] } + pairs + triples).filter { bytes in
            let count = StreamingDecoder.incompleteCount(atEndOf: bytes)
            // Held back is what some bytes turn into one character; what is given out decodes the same whatever follows.
            let isRightlyHeld = count == 0 || isIncomplete(bytes.suffix(count))
            let isRightlyGiven =
                count > 0
                || edges.allSatisfy { next in
                    decoded(bytes + [next]).utf8.elementsEqual((decoded(bytes) + decoded([next])).utf8)
                }
            return !isRightlyHeld || !isRightlyGiven
        }
        #expect(wrong.isEmpty)
    }

    @Test func mergingBySearchAndByQueueAgree() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<300 {
            // Merges of random pairs, among them pairs of results.
            var nextID: UInt32 = 4
            let merges = (0..<30).map { _ in
                defer { nextID += 1 }
                return (
                    left: UInt32.random(in: 0..<nextID, using: &random),
                    right: UInt32.random(in: 0..<nextID, using: &random), result: nextID
                )
            }
            let table = MergeTable(merges)
            let symbols = (0..<Int.random(in: 2...120, using: &random)).map { _ in
                UInt32.random(in: 0..<4, using: &random)
            }
            var searching = WordMerger()
            searching.symbols = symbols
            searching.mergeBySearch(table)
            var queueing = WordMerger()
            queueing.symbols = symbols
            queueing.mergeByQueue(table)
            #expect(searching.symbols == queueing.symbols)
            #expect(searching.symbols == naivelyMerged(symbols, merges))
        }
    }

    /// The definition: the earliest learned merge that applies, leftmost first, again and again.
    private func naivelyMerged(
        _ symbols: [UInt32], _ merges: [(left: UInt32, right: UInt32, result: UInt32)]
    ) -> [UInt32] {
        var symbols = symbols
        // Of equal pairs the last one counts.
        let effective = merges.enumerated().filter { index, merge in
            !merges[(index + 1)...].contains { $0.left == merge.left && $0.right == merge.right }
        }.map(\.element)
        search: while true {
            for merge in effective {
                let place = symbols.indices.dropLast().first {
                    symbols[$0] == merge.left && symbols[$0 + 1] == merge.right
                }
                guard let place else { continue }
                symbols.replaceSubrange(place...place + 1, with: [merge.result])
                continue search
            }
            return symbols
        }
    }

    @Test func longWordsComeBack() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        let word = String(repeating: "abracadabra", count: 20_000)
        let ids = tokenizer.encode(word)
        #expect(tokenizer.decode(ids) == word)
        #expect(ids.count < word.utf8.count)
    }

    @Test func rangesCoverTheTextInOrder() throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let text = Self.randomText(&random) + "<|im_end|> done"
            let encoding = tokenizer.textEncoder.encode(
                text, recognisingSpecialTokens: true, recordingRanges: true)
            #expect(encoding.ids == tokenizer.encode(text))
            #expect(encoding.ranges.map(\.lowerBound) == [0] + encoding.ranges.dropLast().map(\.upperBound))
            #expect(encoding.ranges.last?.upperBound == text.utf8.count)
        }
    }

    @Test func threadsDoNotDisturbEachOther() async throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 6)
        let texts = (0..<100).map { _ in Self.randomText(&random) }
        let expected = texts.map { tokenizer.encode($0) }
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { texts.map { tokenizer.encode($0) } } }
            for await found in group { #expect(found == expected) }
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000])
    func manyTextsGiveWhatEachGives(count: Int) throws {
        let tokenizer = try TokenizerFixtures.tiny()
        var random = SplitMix64(seed: 7)
        let texts = (0..<count).map { _ in Self.randomText(&random) }
        #expect(tokenizer.encode(texts) == texts.map { tokenizer.encode($0) })
    }

    @Test func aFullCacheStartsAfresh() {
        var cache = WordCache(maximumCount: 3)
        for word in ["one", "two", "three", "four"] {
            Array(word.utf8).withUnsafeBufferPointer {
                cache.insert($0, tokens: [UInt32(word.utf8.count), 7])
            }
        }
        func tokens(_ word: String) -> [UInt32]? {
            Array(word.utf8).withUnsafeBufferPointer { word in
                var found: [UInt32]?
                let isKnown = cache.withTokens(of: word) { found = Array($0) }
                return isKnown ? found : nil
            }
        }
        #expect(tokens("four") == [4, 7])
        #expect(tokens("one") == nil)
    }
}
