import Datasets
import Torch

/// The gradient of one optimizer step whose micro-batches are given, one tensor per parameter.
typealias WindowGradient = (_ window: [[PackedSequence]]) throws -> [Tensor]

/// Short documents in one row teach what they teach in a row each.
struct PackingChangesNothing: Invariant {
    let documents: [TokenizedSequence]
    /// Lays documents out in shared rows.
    let pack: ([TokenizedSequence]) -> [PackedSequence]
    let gradient: WindowGradient
    let tolerance: Tolerance

    let name = "packed = unpacked"
    let advice =
        "documents would attend to each other, or count twice; train without --packing, and report it"

    func measure() throws -> Deviation {
        try Deviation(
            between: gradient([Packing.separate(documents)]), and: gradient([pack(documents)]),
            limit: tolerance.gradient)
    }
}

/// Many small micro-batches teach what one large one does.
struct AccumulationChangesNothing: Invariant {
    let documents: [TokenizedSequence]
    let gradient: WindowGradient
    let tolerance: Tolerance

    let name = "accumulation"
    let advice = "--gradient-accumulation-steps would change what is learned; use 1, and report it"

    func measure() throws -> Deviation {
        let rows = Packing.separate(documents)
        return try Deviation(
            between: gradient([rows]), and: gradient(rows.map { [$0] }), limit: tolerance.gradient)
    }
}

extension Deviation {
    /// The size of the difference of two gradients as a share of the first one's size.
    init(between first: [Tensor], and second: [Tensor], limit: Double) {
        let size = Tensor.globalNorm(first)
        let difference = Tensor.globalNorm(zip(first, second).map { $0 - $1 })
        let isComplete = first.map(\.shape) == second.map(\.shape) && size > 0
        self.init(isComplete ? difference / size : .infinity, unit: "of the gradient", limit: limit)
    }
}
