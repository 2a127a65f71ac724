import Testing

@testable import Datasets

@Suite struct PackingTests {
    private func sequence(_ length: Int, from start: Int = 0) -> TokenizedSequence {
        TokenizedSequence(
            tokens: Array(start..<start + length), labels: (0..<length).map { ($0 + start) % 3 != 1 })
    }

    private func randomSequences(_ count: Int, maximum: Int, seed: UInt64) -> [TokenizedSequence] {
        var generator = seededGenerator(seed)
        var start = 0
        return (0..<count).map { _ in
            let length = Int(generator.next(below: UInt64(maximum) + 1))
            defer { start += length }
            return sequence(length, from: start)
        }
    }

    private func lengths(_ lengths: [Int], _ capacity: Int) -> [[Int]] {
        Packing.bestFitDecreasing(lengths.map { sequence($0) }, length: capacity).map(\.documentLengths)
    }

    @Test func longestGoFirstIntoTheFullestRowThatFits() {
        #expect(lengths([5, 3, 7, 2, 6], 10) == [[7, 3], [6, 2], [5]])
        // 4 fits behind 6 and behind 5: the fuller row takes it.
        #expect(lengths([5, 6, 4], 10) == [[6, 4], [5]])
        #expect(lengths([10, 10, 1], 10) == [[10], [10], [1]])
        #expect(lengths([], 10).isEmpty)
        #expect(lengths([0, 2, 0], 10) == [[2]])
    }

    @Test func equallyFullRowsAreFilledInTurn() {
        let packed = Packing.bestFitDecreasing([6, 6, 3, 3].map { sequence($0) }, length: 10)
        #expect(packed.map(\.sources) == [[0, 2], [1, 3]])
    }

    @Test func overlongSequencesLoseTheirTail() {
        let packed = Packing.bestFitDecreasing([sequence(15)], length: 10)
        #expect(packed.map(\.tokens) == [Array(0..<10)])
    }

    @Test(arguments: [1, 2, 63, 64, 65, 128, 200])
    func bestFitLosesNothing(_ length: Int) {
        let sequences = randomSequences(300, maximum: length, seed: UInt64(length))
        let packed = Packing.bestFitDecreasing(sequences, length: length)
        var seen: [Int] = []
        for row in packed {
            #expect(row.tokens.count <= length)
            #expect(row.documentLengths.reduce(0, +) == row.tokens.count)
            var start = 0
            for (source, count) in zip(row.sources, row.documentLengths) {
                #expect(Array(row.tokens[start..<start + count]) == sequences[source].tokens)
                #expect(Array(row.counts[start..<start + count]) == sequences[source].counts)
                start += count
            }
            seen += row.sources
        }
        #expect(seen.sorted() == sequences.indices.filter { !sequences[$0].tokens.isEmpty })
        // Best fit never leaves two rows that would fit into one.
        let fill = packed.map(\.tokens.count).sorted()
        if fill.count > 1 { #expect(fill[0] + fill[1] > length) }
    }

    @Test(arguments: [1, 2, 7, 64, 1000])
    func wrappingLosesNothing(_ length: Int) {
        let sequences = randomSequences(100, maximum: 50, seed: UInt64(length))
        let packed = Packing.wrapped(sequences, length: length)
        #expect(packed.flatMap(\.tokens) == sequences.flatMap(\.tokens))
        #expect(packed.dropLast().allSatisfy { $0.tokens.count == length })
        #expect(packed.allSatisfy { $0.documentLengths == [$0.tokens.count] })
        var counts = sequences.flatMap(\.labels)
        for first in stride(from: 0, to: counts.count, by: length) { counts[first] = false }
        #expect(packed.flatMap(\.counts) == counts)
        for row in packed {
            for source in row.sources { #expect(!Set(sequences[source].tokens).isDisjoint(with: row.tokens)) }
        }
    }

    @Test func separateRowsHoldOneSequenceEach() {
        let packed = Packing.separate([sequence(3), sequence(5)])
        #expect(packed.map(\.documentLengths) == [[3], [5]])
        #expect(packed.map(\.sources) == [[0], [1]])
        #expect(packed[1].tokens == sequence(5).tokens)
        #expect(packed[1].counts == sequence(5).counts)
    }

    @Test func firstTokenNeverCounts() {
        let sequence = TokenizedSequence(tokens: [1, 2, 3], labels: [true, false, true])
        #expect(sequence.counts == [false, false, true])
        #expect(sequence.labels == [true, false, true])
        #expect(sequence.countedTokens == 1)
        #expect(sequence.prefix(2).countedTokens == 0)
        #expect(sequence.prefix(9) == sequence)
        #expect(TokenizedSequence(tokens: [], labels: []).labels.isEmpty)
    }
}
