import Rewards
import Testing

@testable import Evaluation

@Suite struct DiversityTests {
    @Test func distinctCountsOverAllSequences() {
        // Pairs: ab, bc | ab, bd: three different of four.
        #expect(distinctShare(ofNGrams: 2, in: [["a", "b", "c"], ["a", "b", "d"], ["a"]]) == 0.75)
        #expect(distinctShare(ofNGrams: 1, in: [[1, 1], [1, 1]]) == 0.25)
        #expect(distinctShare(ofNGrams: 2, in: [[1]]) == nil)
    }

    @Test func repetitionLooksInsideEachSequence() {
        // The same sentence twice in two answers is no repetition inside one of them.
        #expect(Diversity.meanRepetition(2, of: [[1, 2, 3], [1, 2, 3]]) == 0)
        #expect(Diversity.meanRepetition(1, of: [[1, 1, 1, 1], [1, 2, 3, 4]]) == 0.375)
        #expect(Diversity.meanRepetition(4, of: [[1]]) == nil)
    }

    @Test func duplicateShareSeesOneAnswerForEverything() {
        #expect(Diversity.duplicateShare(of: ["yes", "yes", "no", "so"]) == 0.5)
        #expect(Diversity.duplicateShare(of: ["a", "b"]) == 0)
        #expect(Diversity.duplicateShare(of: []) == nil)
    }
}
