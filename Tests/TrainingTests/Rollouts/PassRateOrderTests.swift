import Datasets
import TestSupport
import Testing

@testable import Training

@Suite struct PassRateOrderTests {
    private func order(_ count: Int = 10, factor: Double = 4, seed: UInt64 = 7) -> PassRateOrder {
        PassRateOrder(count: count, band: 0.25...0.75, factor: factor, seed: seed)
    }

    @Test func aRateFollowsWhatIsSeen() {
        var order = order()
        order.record([true, false, true, true], ofPrompt: 3)
        #expect(order.rates[3] == 0.75)
        // Half of the way to none.
        order.record([false, nil], ofPrompt: 3)
        #expect(order.rates[3] == 0.375)
        order.record([nil, nil], ofPrompt: 3)
        #expect(order.rates[3] == 0.375 && order.rates.count { $0 == nil } == 9)
    }

    @Test func promptsAreCountedByBand() {
        var order = order(5)
        for (prompt, passes) in [[false], [true, false], [true], [true, false, false, false]].enumerated() {
            order.record(passes, ofPrompt: prompt)
        }
        let found = order.metrics
        #expect(found["curriculum/below"] == 1 && found["curriculum/within"] == 2)
        #expect(found["curriculum/above"] == 1 && found["curriculum/unseen"] == 1)
    }

    /// Five prompts of weight 4 and five of weight 1: a fifth of single draws are of the latter.
    @Test func theBandIsDrawnMoreOften() {
        var order = order()
        for prompt in 0..<3 { order.record([true, false], ofPrompt: prompt) }
        for prompt in 5..<10 { order.record([prompt < 7], ofPrompt: prompt) }
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<5_000 { counts[order.next(1)[0]] += 1 }
        let outside = counts[5...].reduce(0, +)
        #expect((900...1_100).contains(outside), "\(counts)")
        // Those of one weight come alike, and prompts that were never answered with those in the band.
        #expect(counts[..<5].allSatisfy { (700...900).contains($0) }, "\(counts)")
        #expect(counts[5...].allSatisfy { (150...250).contains($0) }, "\(counts)")
    }

    @Test func noPromptComesTwiceWhileAnotherIsLeft() {
        var order = order(factor: 1_000)
        for prompt in 0..<9 { order.record([true], ofPrompt: prompt) }
        for _ in 0..<20 { #expect(Set(order.next(8)).count == 8) }
        #expect(
            order.next(25).reduce(into: [:]) { $0[$1, default: 0] += 1 }.values.allSatisfy {
                [2, 3].contains($0)
            })
    }

    @Test func aSavedOrderGoesOn() throws {
        let folder = try ScratchFolder()
        var whole = order()
        for prompt in whole.next(7) { whole.record([prompt % 2 == 0, true], ofPrompt: prompt) }
        try whole.save(to: folder.url)
        let cursor = whole.cursor
        #expect(cursor == BatchOrder.Cursor(epoch: 0, position: 7) && whole.epochsDone == 0.7)

        var resumed = order()
        try resumed.restore(from: folder.url)
        #expect(resumed.restore(cursor) && resumed.rates == whole.rates)
        for _ in 0..<5 { #expect(resumed.next(4) == whole.next(4)) }
        #expect(resumed.cursor == whole.cursor)

        #expect(!resumed.restore(.init(epoch: 0, position: 10)) && !resumed.restore(.init(epoch: -1)))
        var other = order(9)
        #expect(throws: (any Error).self) { try other.restore(from: folder.url) }
        var unlike = order(seed: 8)
        #expect((0..<5).map { _ in unlike.next(4) } != (0..<5).map { _ in resumed.next(4) })
    }
}
