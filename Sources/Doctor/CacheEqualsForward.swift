import Torch

/// Reading a text token by token through the cache gives the distributions that reading it at once gives.
struct CacheEqualsForward: Invariant {
    let sequences: [[Int]]
    /// Logits after the tokens of a sequence from `start` on, [T − start, V], by the engine that generates.
    let cached: (_ sequence: [Int], _ start: Int) throws -> Tensor
    /// The same by a whole forward pass.
    let whole: (_ sequence: [Int], _ start: Int) throws -> Tensor
    let tolerance: Tolerance

    let name = "cache = full forward"
    let advice =
        "answers would come from another distribution than the one that is trained; use --precision fp32, and report it"

    func measure() throws -> Deviation {
        let distances = try sequences.map { sequence in
            let start = sequence.count / 2
            let (first, second) = (try cached(sequence, start), try whole(sequence, start))
            guard first.shape == second.shape else { return Double.infinity }
            // The total variation distance of each row's distributions: half the sum of what they differ by.
            let differences = (first.softmax() - second.softmax()).magnitude().sum(along: -1)
            return differences.max().item() / 2
        }
        return Deviation(
            distances.largest, unit: "of the draws come out differently", limit: tolerance.draws)
    }
}

extension [Double] {
    /// The largest, or what is no number.
    var largest: Double { first { $0.isNaN } ?? self.max() ?? 0 }
}
