import LanguageModels
import Torch

/// What is written and read again is the same, bit by bit.
struct SavedEqualsLoaded: Invariant {
    let weights: [NamedTensor]
    /// The weights after having been written to a folder and read from there.
    let roundTrip: () throws -> [NamedTensor]

    let name = "save/load bit-equal"
    let advice = "a saved model would not be the one that was trained; check the disk, and report it"

    func measure() throws -> Deviation {
        Deviation(weights.countChanged(in: try roundTrip()), of: weights.count, "weights differ")
    }
}

extension [NamedTensor] {
    /// How many of these have other bits, or no counterpart, in `others`.
    func countChanged(in others: [NamedTensor]) -> Int {
        let counterparts = Dictionary(others.map { ($0.name, $0.tensor) }) { first, _ in first }
        return count { weight in
            counterparts[weight.name].map { !weight.tensor.hasSameBits(as: $0) } ?? true
        }
    }
}

extension Tensor {
    /// Whether shape, type and every element are the same; what is no number equals nothing.
    func hasSameBits(as other: Tensor) -> Bool {
        guard shape == other.shape, type == other.type else { return false }
        return withoutGradients { (self .!= other).to(.int64).sum().item() == 0 }
    }
}
