import Testing

@testable import Evaluation

@Suite struct WordDifferenceTests {
    private func runs(_ before: String, _ after: String) -> [WordDifference.Run] {
        WordDifference(from: before, to: after).runs
    }

    @Test func wordsStayGoAndCome() {
        #expect(
            runs("the cat sat on the mat", "the dog sat on a mat") == [
                .init(change: .kept, text: "the "), .init(change: .removed, text: "cat "),
                .init(change: .added, text: "dog "), .init(change: .kept, text: "sat on "),
                .init(change: .removed, text: "the "), .init(change: .added, text: "a "),
                .init(change: .kept, text: "mat"),
            ])
        // Ten of twelve words: 4 of 6 on either side.
        #expect(
            WordDifference(from: "the cat sat on the mat", to: "the dog sat on a mat").keptShare == 8.0 / 12)
    }

    /// The longest common sequence, not the first that fits: "b c d" stays, not "a".
    @Test func theLongestCommonSequenceStays() {
        let kept = runs("b c d a", "a b c d").filter { $0.change == .kept }
        #expect(kept == [.init(change: .kept, text: "b c d")])
    }

    @Test func edgesAndNothing() {
        #expect(runs("", "").isEmpty && WordDifference(from: "", to: "").keptShare == 1)
        #expect(runs("", "a b") == [.init(change: .added, text: "a b")])
        #expect(runs("a b", "  ") == [.init(change: .removed, text: "a b")])
        #expect(WordDifference(from: "a", to: "b").keptShare == 0)
        #expect(runs("a\n\nb", "a b") == [.init(change: .kept, text: "a b")])
        #expect(
            runs("a b c", "a") == [.init(change: .kept, text: "a"), .init(change: .removed, text: "b c")])
    }

    /// What stayed and what came is the new text; what stayed and what went has the old one's words.
    @Test func bothTextsComeBack() {
        let before = "Frankenstein is a novel\nby Mary Shelley ,  first published in 1818 ."
        let after = "It is a great novel, by Mary\tShelley first published long ago"
        let runs = runs(before, after)
        #expect(runs.filter { $0.change != .removed }.map(\.text).joined() == after)
        let old = runs.filter { $0.change != .added }.map(\.text).joined(separator: " ")
        #expect(old.split(whereSeparator: \.isWhitespace) == before.split(whereSeparator: \.isWhitespace))
    }
}
