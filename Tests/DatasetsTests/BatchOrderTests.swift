import Foundation
import Testing

@testable import Datasets

@Suite struct BatchOrderTests {
    @Test func rowsComeInOrderWithoutASeed() {
        var order = BatchOrder(rowCount: 5, batchSize: 2, seed: nil)
        let batches = (0..<4).map { _ in order.nextBatch() }
        #expect(batches == [[0, 1], [2, 3], [4], [0, 1]])
        #expect(order.cursor == BatchOrder.Cursor(epoch: 1, position: 2))
        #expect(order.epochsDone == 1.4)
    }

    @Test func windowsEndWithTheEpoch() {
        var order = BatchOrder(rowCount: 5, batchSize: 1, gradientAccumulationSteps: 2, seed: nil)
        #expect(order.batchesPerEpoch == 5)
        #expect(order.stepsPerEpoch == 3)
        let windows = (0..<4).map { _ in order.nextWindow() }
        #expect(windows == [[[0], [1]], [[2], [3]], [[4]], [[0], [1]]])
        #expect(BatchOrder(rowCount: 24, batchSize: 4, seed: nil).stepsPerEpoch == 6)
    }

    @Test func everyEpochIsAnotherPermutation() {
        var order = BatchOrder(rowCount: 50, batchSize: 8, gradientAccumulationSteps: 3, seed: 42)
        var epochs: [[Int]] = []
        for epoch in 0..<4 {
            var rows: [Int] = []
            for _ in 0..<order.stepsPerEpoch {
                #expect(order.cursor.epoch == epoch)
                rows += order.nextWindow().flatMap { $0 }
            }
            #expect(rows.sorted() == Array(0..<50))
            epochs.append(rows)
        }
        #expect(Set(epochs).count == 4)
        var other = BatchOrder(rowCount: 50, batchSize: 50, seed: 43)
        #expect(other.nextBatch() != epochs[0])
    }

    /// Written down once: an order that changes between versions would break every run that is resumed.
    @Test func shuffleIsTheSameForEver() {
        var order = BatchOrder(rowCount: 10, batchSize: 10, seed: 42)
        let epochs = [order.nextBatch(), order.nextBatch()]
        #expect(epochs == [[4, 5, 2, 0, 1, 7, 8, 6, 3, 9], [9, 1, 3, 6, 4, 2, 5, 0, 7, 8]])
    }

    @Test(arguments: [nil, 7] as [UInt64?])
    func anyCutGoesOnExactly(_ seed: UInt64?) throws {
        let start = BatchOrder(rowCount: 13, batchSize: 3, gradientAccumulationSteps: 2, seed: seed)
        var whole = start
        let batches = (0..<20).map { _ in whole.nextBatch() }
        for cut in 0..<20 {
            var before = start
            for _ in 0..<cut { _ = before.nextBatch() }
            var decoded = try JSONDecoder().decode(BatchOrder.self, from: JSONEncoder().encode(before))
            #expect((cut..<20).map { _ in decoded.nextBatch() } == Array(batches[cut...]))
            var restored = start
            let accepted = restored.restore(before.cursor)
            #expect(accepted)
            #expect((cut..<20).map { _ in restored.nextBatch() } == Array(batches[cut...]))
        }
        // Back to an earlier epoch as well.
        let accepted = whole.restore(BatchOrder.Cursor(epoch: 0, position: 3))
        #expect(accepted)
        #expect(whole.nextBatch() == batches[1])
    }

    @Test func impossibleCursorsAreRefused() throws {
        var order = BatchOrder(rowCount: 10, batchSize: 4, seed: 1)
        for cursor in [(-1, 0), (0, -4), (0, 10), (0, 3), (0, 12), (.max, 0)] {
            let accepted = order.restore(BatchOrder.Cursor(epoch: cursor.0, position: cursor.1))
            #expect(!accepted)
        }
        #expect(order.cursor == BatchOrder.Cursor())
        for json in [
            #"{"rowCount": 0, "batchSize": 1, "gradientAccumulationSteps": 1, "cursor": {"epoch": 0, "position": 0}}"#,
            #"{"rowCount": 9, "batchSize": 2, "gradientAccumulationSteps": 1, "cursor": {"epoch": 0, "position": 9}}"#,
        ] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(BatchOrder.self, from: Data(json.utf8))
            }
        }
    }

    @Test func lengthSortedBatchesHoldEveryRowOnce() {
        #expect(
            BatchOrder.lengthSorted([3, 9, 1, 5, 5], maximumTokens: 10) == [[1], [3, 4], [0, 2]])
        #expect(BatchOrder.lengthSorted([3, 9, 1], maximumTokens: 4) == [[1], [0, 2]])
        #expect(BatchOrder.lengthSorted([1, 1, 1], maximumTokens: 99, maximumRows: 2) == [[0, 1], [2]])
        #expect(BatchOrder.lengthSorted([], maximumTokens: 4).isEmpty)
    }
}

@Suite struct HeldOutSplitTests {
    /// At fractions just above and below the numbers that a program in Python gave.
    @Test(arguments: [
        ("", 0.957_673_425_242_056_1), ("What is 2?", 0.084_223_302_864_430_8),
        ("Wie spät ist es?", 0.617_166_411_664_596_7),
    ])
    func sidesStayAsTheyAre(text: String, number: Double) {
        #expect(!HeldOutSplit(fraction: number).isHeldOut(text))
        #expect(HeldOutSplit(fraction: number.nextUp).isHeldOut(text))
    }

    @Test func shareIsTheFraction() {
        let split = HeldOutSplit(fraction: 0.2)
        let heldOut = (0..<10_000).filter { split.isHeldOut("What is \($0)?") }
        // Six standard deviations of a binomial count.
        #expect(abs(heldOut.count - 2000) < 240)
        // A larger share holds out the same texts and more.
        let larger = HeldOutSplit(fraction: 0.3)
        #expect(heldOut.allSatisfy { larger.isHeldOut("What is \($0)?") })
        #expect((0..<100).allSatisfy { !HeldOutSplit(fraction: 0).isHeldOut("\($0)") })
        #expect((0..<100).allSatisfy { HeldOutSplit(fraction: 1).isHeldOut("\($0)") })
    }

    @Test func conversationsAreSplitByTheirMessages() {
        let split = HeldOutSplit(fraction: 0.5)
        let texts: [Text] = (0..<200).map { .messages([.init(role: "user", content: "Question \($0)")]) }
        #expect((60...140).contains(texts.count { split.isHeldOut($0) }))
        #expect(texts.allSatisfy { split.isHeldOut($0) == split.isHeldOut($0) })
        #expect(split.isHeldOut(Text.plain("a")) == split.isHeldOut("a"))
    }
}
