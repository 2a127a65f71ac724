import Foundation
import TestSupport
import Testing
import Torch

/// Products with the decoder's packed weights against sums in fp64, in the kernels of every processor up to this one.
@Suite struct PackedProductTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let inputs: Int
        /// Of weights below each other.
        let outputs: [Int]

        var testDescription: String { "\(inputs) to \(outputs)" }
    }

    private static let shapes = [
        Shape(inputs: 2, outputs: [1]), Shape(inputs: 6, outputs: [17]), Shape(inputs: 64, outputs: [96]),
        Shape(inputs: 130, outputs: [40, 5, 4]), Shape(inputs: 576, outputs: [100]),
    ]
    /// bf16 is packed in pairs.
    private static let oddShapes = [
        Shape(inputs: 1, outputs: [3]), Shape(inputs: 129, outputs: [15, 18]),
        Shape(inputs: 577, outputs: [50]),
    ]

    private static let isTold = ProcessInfo.processInfo.environment["HEED_CPU"] != nil
    private static let levels = ["generic", "avx2", "avx512", "avx512bf16"]
    private static let lesserLevels = levels.prefix { $0 != Torch.instructions }

    /// What is decided before `main` is tried in processes of their own.
    @Test(.enabled(if: !isTold), arguments: lesserLevels)
    func lesserProcessorsAgree(level: String) throws {
        let program = try TestProgram(filter: "PackedProductTests", environment: ["HEED_CPU": level])
        #expect(program.status == 0, "\(program.output)")
    }

    @Test(arguments: shapes, [ScalarType.float32, .bfloat16]) func evenInputs(shape: Shape, type: ScalarType)
    {
        expectAgreement(shape, type)
    }

    @Test(arguments: oddShapes) func oddInputs(shape: Shape) { expectAgreement(shape, .float32) }

    private func expectAgreement(_ shape: Shape, _ type: ScalarType) {
        let weights = shape.outputs.enumerated().map {
            Tensor.normal($1, shape.inputs, seed: UInt64($0 + 7), scale: 0.3)
        }
        let rounded = Tensor.concatenated(weights).to(type).to(.float64)
        let multipliesHalves = type == .bfloat16 && Torch.hasNativeBFloat16
        for count in 1...33 {
            let rows = Tensor.normal(count, shape.inputs, seed: UInt64(count))
            let factors = rows.to(multipliesHalves ? .bfloat16 : .float32).to(.float64)
            for addend in [nil, Tensor.normal(count, rounded.size(0), seed: 3)] {
                let found = PackedDecoder.product(of: rows, with: weights, type: type, addedTo: addend)
                var expected = factors.linear(weight: rounded)
                var size = factors.magnitude().linear(weight: rounded.magnitude())
                if let addend {
                    expected = expected + addend.to(.float64)
                    size = size + addend.to(.float64).magnitude()
                }
                // What n additions and multiplications in fp32 may be off by, in any order.
                let operations = Double(shape.inputs + 1) * 0x1p-24
                let excess =
                    (found.to(.float64) - expected).magnitude() - size * (operations / (1 - operations))
                #expect(found.shape == [count, rounded.size(0)])
                #expect(excess.max().item() <= 0, "\(count) rows, \(addend == nil ? "alone" : "added")")
            }
        }
    }

    /// A row's bits depend neither on the rows beside it nor on how many there are.
    @Test(arguments: [ScalarType.float32, .bfloat16]) func rowsAreAlone(type: ScalarType) {
        let weights = [Tensor.normal(53, 130, seed: 1)]
        let rows = Tensor.normal(33, 130, seed: 2)
        let together = PackedDecoder.product(of: rows, with: weights, type: type).floats()
        for first in 0..<33 {
            for count in [1, 2, 3, 5, 8] where first + count <= 33 {
                let part = PackedDecoder.product(of: rows[first..<first + count], with: weights, type: type)
                let areEqual = part.floats() == Array(together[first * 53..<(first + count) * 53])
                #expect(areEqual, "\(count) rows from \(first)")
            }
        }
    }

    /// Weights that bf16 holds as they are take half the memory in an fp32 decoder, and give the same bits.
    @Test(.enabled(if: !Torch.hasNativeBFloat16)) func halvesAreExact() {
        let weight = Tensor.normal(40, 64, seed: 4).to(.bfloat16)
        let rows = Tensor.normal(9, 64, seed: 5)
        let results = [(weight, ScalarType.bfloat16), (weight, .float32), (weight.to(.float32), .float32)].map
        {
            PackedDecoder.product(of: rows, with: [$0], type: $1).floats()
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test func anOddNumberOfHalvesIsRefused() {
        #expect(throws: TorchError.self) {
            try catchingErrors {
                PackedDecoder.product(
                    of: .zeros([1, 3]), with: [.zeros([2, 3])], type: .bfloat16)
            }
        }
    }
}
