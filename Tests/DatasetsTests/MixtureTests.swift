import Foundation
import Testing

@testable import Datasets

@Suite struct MixtureTests {
    private let mixture = Mixture(rowCounts: [100, 1000, 50], shares: [2, 1, 1])

    /// The rows of `epoch` by the part they belong to.
    private func parts(_ mixture: Mixture, epoch: Int, seed: UInt64?) -> [[Int]] {
        var start = 0
        let order = mixture.order(ofEpoch: epoch, seed: seed)
        return mixture.parts.map { part in
            defer { start += part.rowCount }
            return order.filter { (start..<start + part.rowCount).contains($0) }.map { $0 - start }
        }
    }

    /// Shares are of the whole, whatever they add up to, and the first to be used up sets the length.
    @Test func sharesAreOfTheEpoch() {
        #expect(mixture.parts.map(\.rowsOfEpoch) == [100, 50, 50])
        #expect(Mixture(rowCounts: [100, 1000, 50], shares: [0.5, 0.25, 0.25]) == mixture)
        #expect(Mixture(rowCounts: [10, 10], shares: [0.7, 0.3]).parts.map(\.rowsOfEpoch) == [10, 4])
        #expect(Mixture(rowCounts: [3, 9], shares: [1, 3]).rowsOfEpoch == 12)
    }

    @Test func withoutASeedTheFirstRowsInTheirOrder() {
        #expect(
            mixture.order(ofEpoch: 3, seed: nil) == Array(0..<100) + Array(100..<150) + Array(1100..<1150))
    }

    @Test func anEpochHasEveryRowOnceAndIsMixed() {
        for epoch in 0..<3 {
            let parts = parts(mixture, epoch: epoch, seed: 7)
            #expect(parts.map(\.count) == [100, 50, 50])
            #expect(parts.allSatisfy { Set($0).count == $0.count })
        }
        let order = mixture.order(ofEpoch: 0, seed: 7)
        #expect(order != mixture.order(ofEpoch: 0, seed: 8))
        #expect(order.prefix(50).contains { $0 < 100 } && order.prefix(50).contains { $0 >= 1100 })
    }

    /// A large data set is gone through over the epochs before any of its rows comes again.
    @Test func epochsGoOnWithWhatWasNotSeen() {
        let seen = (0..<20).flatMap { parts(mixture, epoch: $0, seed: 7)[1] }
        #expect(seen.count == 1000 && Set(seen).count == 1000)
        // A part that does not divide goes on in its next round.
        let odd = Mixture(rowCounts: [3, 7], shares: [1, 1])
        let first = (0..<7).flatMap { parts(odd, epoch: $0, seed: 1)[1] }
        #expect(first.count == 21 && Dictionary(grouping: first) { $0 }.values.allSatisfy { $0.count == 3 })
    }

    /// One data set is shuffled as it always was: runs of earlier versions go on.
    @Test func oneDataSetIsAPermutation() {
        let whole = Mixture(rowCount: 13)
        #expect(whole.order(ofEpoch: 0, seed: 42).sorted() == Array(0..<13))
        #expect(whole.order(ofEpoch: 0, seed: 42) != whole.order(ofEpoch: 1, seed: 42))
        #expect(whole.order(ofEpoch: 5, seed: nil) == Array(0..<13))
    }

    @Test func aRestoredOrderGoesOn() throws {
        var order = BatchOrder(mixture, batchSize: 7, gradientAccumulationSteps: 2, seed: 3)
        for _ in 0..<20 { _ = order.nextWindow() }
        var restored = BatchOrder(mixture, batchSize: 7, gradientAccumulationSteps: 2, seed: 3)
        let isThere = restored.restore(order.cursor)
        #expect(isThere)
        var decoded = try JSONDecoder().decode(BatchOrder.self, from: JSONEncoder().encode(order))
        for _ in 0..<40 {
            let windows = [order.nextWindow(), restored.nextWindow(), decoded.nextWindow()]
            #expect(windows[1] == windows[0] && windows[2] == windows[0])
        }
        #expect(order.stepsPerEpoch == 15)
    }
}
