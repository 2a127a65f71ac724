import Datasets
import Files
import Foundation
import RandomNumbers

/// Draws prompts by how often the policy answers them right: those within a band, and those that were never answered, a
/// factor more often than others. Within one draw no prompt comes twice while another is left.
///
/// A prompt's pass rate is that of its first answers, and then moves half of the way to that of each new group: what the
/// policy could do long ago says little. Every draw has a seed of its own, so an order that is saved and restored goes on
/// exactly.
public struct PassRateOrder: PromptOrder {
    /// The part of the way that a rate moves to what was seen last.
    private static let pace = 0.5

    private let band: ClosedRange<Double>
    private let factor: Double
    private let seed: UInt64
    /// Of each prompt; nil where it was never answered.
    public private(set) var rates: [Double?]
    /// Prompts drawn so far.
    private var drawn = 0

    /// - Parameters:
    ///   - count: of all prompts, at least 1.
    ///   - factor: at least 1.
    public init(count: Int, band: ClosedRange<Double>, factor: Double, seed: UInt64) {
        precondition(count > 0, "no prompts to draw from")
        (self.band, self.factor, self.seed) = (band, factor, seed)
        rates = Array(repeating: nil, count: count)
    }

    public mutating func next(_ count: Int) -> [Int] {
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(UInt64(drawn))
        var random = RandomSource(seed: hash.value)
        var prompts: [Int] = []
        while prompts.count < count {
            prompts += draw(min(count - prompts.count, rates.count), using: &random)
        }
        drawn += count
        return prompts
    }

    /// So many different prompts: the largest of keys u^(1/weight) with uniform u are a draw by weight without
    /// replacement (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    private func draw(_ count: Int, using random: inout RandomSource) -> [Int] {
        let keys = rates.map { rate in
            let isWanted = rate.map(band.contains) ?? true
            return log(1 - random.uniform()) / (isWanted ? factor : 1)
        }
        return Array(rates.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
    }

    /// Takes note of a prompt's answers.
    /// - Parameter passes: whether each of them is right; those of which nobody knows are left out.
    public mutating func record(_ passes: [Bool?], ofPrompt prompt: Int) {
        let known = passes.compactMap(\.self)
        guard !known.isEmpty else { return }
        let rate = Double(known.count { $0 }) / Double(known.count)
        rates[prompt] = rates[prompt].map { $0 + Self.pace * (rate - $0) } ?? rate
    }

    /// How many prompts are where.
    var metrics: Metrics {
        let known = rates.compactMap(\.self)
        return Metrics([
            "curriculum/below": Double(known.count { $0 < band.lowerBound }),
            "curriculum/within": Double(known.count { band.contains($0) }),
            "curriculum/above": Double(known.count { $0 > band.upperBound }),
            "curriculum/unseen": Double(rates.count - known.count),
        ])
    }

    // MARK: Saving

    public var cursor: BatchOrder.Cursor {
        .init(epoch: drawn / rates.count, position: drawn % rates.count)
    }
    public var epochsDone: Double { Double(drawn) / Double(rates.count) }

    public mutating func restore(_ cursor: BatchOrder.Cursor) -> Bool {
        guard (0..<Int.max / 2 / rates.count).contains(cursor.epoch),
            rates.indices.contains(cursor.position)
        else { return false }
        drawn = cursor.epoch * rates.count + cursor.position
        return true
    }

    private static let file = "pass-rates.json"

    private struct UnusableRates: Error, CustomStringConvertible {
        let description: String
    }

    func save(to folder: URL) throws {
        try AtomicFile.write(encoding: rates, to: folder.appendingPathComponent(Self.file))
    }

    /// - Throws: where the file does not hold a rate for each of the prompts.
    mutating func restore(from folder: URL) throws {
        let saved = try FileSystem.decode([Double?].self, from: folder.appendingPathComponent(Self.file))
        guard saved.count == rates.count, saved.compactMap(\.self).allSatisfy((0...1).contains) else {
            throw UnusableRates(description: "\(Self.file): expected \(rates.count) rates from 0 to 1")
        }
        rates = saved
    }
}
