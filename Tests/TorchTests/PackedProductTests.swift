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

    @Test(arguments: shapes, PackedDecoder.Weights.allCases)
    func evenInputs(shape: Shape, type: PackedDecoder.Weights) { expectAgreement(shape, type) }

    @Test(arguments: oddShapes, [PackedDecoder.Weights.float32, .int8])
    func oddInputs(shape: Shape, type: PackedDecoder.Weights) { expectAgreement(shape, type) }

    /// What rows and weights are rounded to is computed here in another way, and multiplied in fp64.
    private func expectAgreement(_ shape: Shape, _ type: PackedDecoder.Weights) {
        let weights = shape.outputs.enumerated().map {
            Tensor.normal($1, shape.inputs, seed: UInt64($0 + 7), scale: 0.3)
        }
        let rounded = PackedNumbers.weight(.concatenated(weights), as: type)
        for count in type == .int8 ? [1, 2, 3, 4, 5, 8, 9, 16, 33] : Array(1...33) {
            let rows = Tensor.normal(count, shape.inputs, seed: UInt64(count))
            let factors = PackedNumbers.rows(rows, beside: type)
            for addend in [nil, Tensor.normal(count, rounded.size(0), seed: 3)] {
                let found = PackedDecoder.product(of: rows, with: weights, as: type, addedTo: addend)
                var expected = factors.values.linear(weight: rounded)
                var size = factors.values.magnitude().linear(weight: rounded.magnitude())
                if let addend {
                    expected = expected + addend.to(.float64)
                    size = size + addend.to(.float64).magnitude()
                }
                // What n additions and multiplications in fp32 may be off by, in any order; and numbers that lie between two
                // steps, which may be rounded either way.
                let operations = Double(shape.inputs + 1) * 0x1p-24
                let excess =
                    (found.to(.float64) - expected).magnitude() - size * (operations / (1 - operations))
                    - factors.undecided.linear(weight: rounded.magnitude())
                #expect(found.shape == [count, rounded.size(0)])
                #expect(excess.max().item() <= 0, "\(count) rows, \(addend == nil ? "alone" : "added")")
            }
        }
    }

    /// Damaged weights must not become numbers.
    @Test(arguments: [Float.nan, .infinity, -.infinity]) func whatIsNoNumberStaysNone(number: Float) {
        var weight = Tensor.normal(20, 70, seed: 6).floats()
        weight[3 * 70 + 40] = number
        let damaged = Tensor(weight, shape: [20, 70])
        let sums = PackedDecoder.product(of: .normal(2, 70, seed: 7), with: [damaged], as: .int8).floats()
        for (place, sum) in sums.enumerated() { #expect(sum.isFinite == (place % 20 != 3)) }
        let rows = Tensor(Array(weight[..<140]) + Array(weight[210..<280]), shape: [3, 70])
        let products = PackedDecoder.product(of: rows, with: [.normal(20, 70, seed: 8)], as: .int8).floats()
        for (place, sum) in products.enumerated() { #expect(sum.isFinite == (place < 40)) }
    }

    /// A row's bits depend neither on the rows beside it nor on how many there are.
    @Test(arguments: PackedDecoder.Weights.allCases) func rowsAreAlone(type: PackedDecoder.Weights) {
        let weights = [Tensor.normal(53, 130, seed: 1)]
        let rows = Tensor.normal(33, 130, seed: 2)
        let together = PackedDecoder.product(of: rows, with: weights, as: type).floats()
        for first in 0..<33 {
            for count in [1, 2, 3, 5, 8] where first + count <= 33 {
                let part = PackedDecoder.product(of: rows[first..<first + count], with: weights, as: type)
                let areEqual = part.floats() == Array(together[first * 53..<(first + count) * 53])
                #expect(areEqual, "\(count) rows from \(first)")
            }
        }
    }

    /// Weights that bf16 holds as they are take half the memory in an fp32 decoder, and give the same bits.
    @Test(.enabled(if: !Torch.hasNativeBFloat16)) func halvesAreExact() {
        let weight = Tensor.normal(40, 64, seed: 4).to(.bfloat16)
        let rows = Tensor.normal(9, 64, seed: 5)
        let results = [
            (weight, PackedDecoder.Weights.bfloat16), (weight, .float32), (weight.to(.float32), .float32),
        ].map {
            PackedDecoder.product(of: rows, with: [$0], as: $1).floats()
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test func anOddNumberOfHalvesIsRefused() {
        #expect(throws: TorchError.self) {
            try catchingErrors {
                PackedDecoder.product(
                    of: .zeros([1, 3]), with: [.zeros([2, 3])], as: .bfloat16)
            }
        }
    }
}

/// What packed products are taken of, as numbers in fp64.
private enum PackedNumbers {
    private static let block = 32

    static func weight(_ weight: Tensor, as type: PackedDecoder.Weights) -> Tensor {
        switch type {
        case .float32: weight.to(.float64)
        case .bfloat16: weight.to(.bfloat16).to(.float64)
        case .int8:
            inBlocks(weight) { block in
                let scale = Float(bitPattern: ((block.largest / 127).bitPattern + 0xffff) & 0xffff_0000)
                return block.map { Double(($0 / scale).rounded()) * Double(scale) }
            }
        }
    }

    /// - Returns: rows as they are rounded, and a step for every number that lies too near the middle of two to say to which.
    static func rows(_ rows: Tensor, beside type: PackedDecoder.Weights) -> (
        values: Tensor, undecided: Tensor
    ) {
        guard type == .int8 else {
            let multipliesHalves = type == .bfloat16 && Torch.hasNativeBFloat16
            let values = rows.to(multipliesHalves ? .bfloat16 : .float32).to(.float64)
            return (values, values * 0)
        }
        let values = inBlocks(rows) { block in
            let scale = Double(block.largest / 127)
            return block.map { (Double($0) / scale).rounded() * scale }
        }
        let undecided = inBlocks(rows) { block in
            let scale = Double(block.largest / 127)
            return block.map {
                abs(abs((Double($0) / scale).truncatingRemainder(dividingBy: 1)) - 0.5) < 1e-4 ? scale : 0
            }
        }
        return (values, undecided)
    }

    private static func inBlocks(_ x: Tensor, _ body: (ArraySlice<Float>) -> [Double]) -> Tensor {
        let (width, numbers) = (x.size(1), x.floats())
        let result = stride(from: 0, to: numbers.count, by: width).flatMap { row in
            stride(from: row, to: row + width, by: block).flatMap { first in
                body(numbers[first..<min(first + block, row + width)])
            }
        }
        return Tensor(result, shape: x.shape)
    }
}

extension ArraySlice<Float> {
    fileprivate var largest: Float { map(\.magnitude).max() ?? 0 }
}
