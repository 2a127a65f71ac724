import Testing
import Torch
import TorchTestSupport

/// Attention over packed rows in fp32 and, on processors that can, in bf16 by kernels of their own, against their plain twin in
/// fp64.
@Suite struct SegmentAttentionTests {
    /// What attention gives, and the gradients of query, key and value, under a fixed gradient of the result.
    private struct Outcome {
        let tensors: [Tensor]

        init(_ inputs: [Tensor], gradient: Tensor, _ attention: (Tensor, Tensor, Tensor) -> Tensor) {
            let leaves = inputs.map { $0.leaf() }
            let result = attention(leaves[0], leaves[1], leaves[2])
            (result * gradient.to(result.type)).to(.float64).sum().backward()
            tensors = [result.detached()] + leaves.compactMap(\.gradient)
        }
    }

    private func inputs(rows: Int, heads: Int, keyHeads: Int, size: Int) -> [Tensor] {
        [heads, keyHeads, keyHeads, heads].enumerated().map { index, heads in
            Tensor.normal(rows, heads, size, seed: UInt64(40 + index)).to(.bfloat16)
        }
    }

    /// Root of the mean squared difference, relative to the size of what is expected.
    private func expectNear(_ found: Outcome, _ expected: Outcome, within tolerance: Double) {
        #expect(found.tensors.count == 4 && expected.tensors.count == 4)
        for (found, expected) in zip(found.tensors, expected.tensors) {
            let wide = expected.to(.float64)
            let error = (found.to(.float64) - wide).squared().sum().item() / wide.squared().sum().item()
            #expect(error.squareRoot() < tolerance)
        }
    }

    struct Shape: Sendable {
        let heads, keyHeads, size: Int
        let lengths: [Int]
        var prefixes: [Int?]?
    }

    @Test(arguments: [
        Shape(heads: 9, keyHeads: 3, size: 64, lengths: [100, 28]),
        Shape(heads: 4, keyHeads: 2, size: 128, lengths: [1, 63, 64, 65, 130, 7]),
        Shape(heads: 2, keyHeads: 2, size: 64, lengths: [2, 1, 1, 3]),
        Shape(
            heads: 3, keyHeads: 1, size: 64, lengths: [70, 5, 64, 3, 90, 1], prefixes: [nil, 0, 0, nil, 0, 3]),
        Shape(heads: 2, keyHeads: 1, size: 48, lengths: [9, 20]),
        Shape(heads: 8, keyHeads: 4, size: 32, lengths: [65, 30], prefixes: [nil, 0]),
        Shape(heads: 2, keyHeads: 1, size: 40, lengths: [9, 20]),
        Shape(heads: 2, keyHeads: 1, size: 7, lengths: [1, 3, 65], prefixes: [nil, 0, nil]),
        Shape(heads: 1, keyHeads: 1, size: 72, lengths: [1, 20]),
    ])
    func kernelsStayNear(shape: Shape) {
        let all = inputs(
            rows: shape.lengths.reduce(0, +), heads: shape.heads, keyHeads: shape.keyHeads, size: shape.size)
        let attend = { (q: Tensor, k: Tensor, v: Tensor) in
            Tensor.segmentAttention(
                query: q, key: k, value: v, lengths: shape.lengths, prefixes: shape.prefixes)
        }
        let half = Outcome(Array(all[0..<3]), gradient: all[3], attend)
        let single = Outcome(all[0..<3].map { $0.to(.float32) }, gradient: all[3], attend)
        let wide = Outcome(all[0..<3].map { $0.to(.float64) }, gradient: all[3], attend)
        #expect(half.tensors.allSatisfy { $0.type == .bfloat16 })
        // The rounding of each number alone is 0.002; libtorch's own attention comes to 0.005 here.
        expectNear(half, wide, within: 0.007)
        #expect(single.tensors.allSatisfy { $0.type == .float32 })
        expectNear(single, wide, within: 2e-6)
    }

    /// A prefix computed once gives what every sequence gives that carries it along; its gradients add up.
    @Test(arguments: [(ScalarType.float64, 8, 1e-12), (.float32, 8, 1e-5), (.bfloat16, 64, 0.01)])
    func prefixesAreShared(type: ScalarType, size: Int, tolerance: Double) {
        let (prefix, own) = (6, [3, 5])
        let lengths = [prefix] + own
        let all = inputs(rows: lengths.reduce(0, +), heads: 4, keyHeads: 2, size: size).map { $0.to(type) }
        let shared = Outcome(Array(all[0..<3]), gradient: all[3]) {
            .segmentAttention(query: $0, key: $1, value: $2, lengths: lengths, prefixes: [nil, 0, 0])
        }
        let joined = { (rows: Tensor) in
            Tensor.concatenated([rows[0..<9], rows[0..<6], rows[9..<14]])
        }
        let alone = Outcome(Array(all[0..<3]), gradient: all[3]) { q, k, v in
            let apart = Tensor.segmentAttention(
                query: joined(q), key: joined(k), value: joined(v), lengths: own.map { prefix + $0 })
            return .concatenated([apart[0..<9], apart[15..<20]])
        }
        expectNear(shared, alone, within: tolerance)
    }

    /// The gradient of a prefix's outputs reaches it, too, whoever continues it.
    @Test func laterRowsChangeNothing() {
        var all = inputs(rows: 200, heads: 2, keyHeads: 1, size: 64)
        let attend = { (all: [Tensor]) in
            Tensor.segmentAttention(
                query: all[0], key: all[1], value: all[2], lengths: [150, 50], prefixes: [nil, 0])
        }
        let before = attend(all)
        all[1] = Tensor.concatenated([all[1][0..<140], Tensor.full([60, 1, 64], 50, type: .bfloat16)])
        let after = attend(all)
        expectClose(after[0..<140], before[0..<140])
        #expect((after[160..<200] - before[160..<200]).squared().max().item() > 0)
    }

    @Test func prefixesThatDoNotFitAreRefused() {
        let heads = Tensor.normal(6, 1, 8, seed: 1)
        for prefixes in [[0, nil, nil], [nil, 2, nil], [nil, 0, 1]] as [[Int?]] {
            #expect(throws: TorchError.self) {
                try catchingErrors {
                    Tensor.segmentAttention(
                        query: heads, key: heads, value: heads, lengths: [2, 2, 2], prefixes: prefixes)
                }
            }
        }
    }
}
