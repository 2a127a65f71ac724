import Testing
import Torch
import TorchTestSupport

@Suite struct AttentionTests {
    /// softmax(q·kᵀ/√D + mask)·v from elementary operations; heads [B, H, T, D].
    private func reference(_ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor) -> Tensor {
        let scale = 1 / Double(query.size(-1)).squareRoot()
        let scores = query.matrixProduct(key.transposed(-1, -2)) * scale + mask
        return scores.softmax().matrixProduct(value)
    }

    private func causalMask(_ size: Int) -> Tensor {
        let positions = Tensor.range(0..<size)
        let hidden = positions.unsqueezed(1) .< positions.unsqueezed(0)
        return Tensor.zeros([size, size]).filled(where: hidden, with: -.infinity)
    }

    /// Each key/value head as often as query heads share it: [B, KV, T, D] → [B, H, T, D].
    private func repeated(_ heads: Tensor, _ times: Int) -> Tensor {
        let (b, kv, t, d) = (heads.size(0), heads.size(1), heads.size(2), heads.size(3))
        return heads.unsqueezed(2).expanded(to: [b, kv, times, t, d]).reshaped([b, kv * times, t, d])
    }

    @Test(arguments: [1, 3])
    func causalAndMasked(group: Int) {
        let (q, k, v) = (
            Tensor.normal(2, 3, 5, 8, seed: 1), Tensor.normal(2, 3 / group, 5, 8, seed: 2),
            Tensor.normal(2, 3 / group, 5, 8, seed: 3)
        )
        let expected = reference(q, repeated(k, group), repeated(v, group), mask: causalMask(5))
        expectClose(Tensor.attention(query: q, key: k, value: v, causal: true), expected, within: 1e-5)
        expectClose(Tensor.attention(query: q, key: k, value: v, mask: causalMask(5)), expected, within: 1e-5)
    }

    /// Rows of each segment of [N, H, D] → one padded batch [B, H, T, D].
    private func padded(_ rows: Tensor, _ lengths: [Int]) -> Tensor {
        let longest = lengths.max() ?? 0
        var start = 0
        let parts = lengths.map { length -> Tensor in
            defer { start += length }
            let padding = Tensor.zeros([longest - length, rows.size(1), rows.size(2)])
            return Tensor.concatenated([rows[start..<start + length], padding])
        }
        return Tensor.stacked(parts).transposed(1, 2)
    }

    private func unpadded(_ batch: Tensor, _ lengths: [Int]) -> Tensor {
        let rows = batch.transposed(1, 2)
        return Tensor.concatenated(
            lengths.enumerated().map { rows[$0.offset..<$0.offset + 1].squeezed(0)[0..<$0.element] })
    }

    @Test(arguments: [(4, 4), (4, 2), (6, 2)])
    func segmentsEqualAMaskedPaddedBatch(heads: Int, keyHeads: Int) {
        let lengths = [3, 1, 7, 2]
        let rows = lengths.reduce(0, +)
        let inputs = { (seed: UInt64) in
            (
                Tensor.normal(rows, heads, 8, seed: seed).leaf(),
                Tensor.normal(rows, keyHeads, 8, seed: seed + 1).leaf(),
                Tensor.normal(rows, keyHeads, 8, seed: seed + 2).leaf()
            )
        }
        let g = Tensor.normal(rows, heads, 8, seed: 50)
        let (q, k, v) = inputs(20)
        let found = Tensor.segmentAttention(query: q, key: k, value: v, lengths: lengths)
        (found * g).sum().backward()

        let (q2, k2, v2) = inputs(20)
        let group = heads / keyHeads
        let batch = reference(
            padded(q2, lengths), repeated(padded(k2, lengths), group), repeated(padded(v2, lengths), group),
            mask: causalMask(7))
        let expected = unpadded(batch, lengths)
        (expected * g).sum().backward()
        expectClose(found, expected, within: 1e-5)
        expectClose(q.gradient, q2.gradient, within: 1e-5)
        expectClose(k.gradient, k2.gradient, within: 1e-5)
        expectClose(v.gradient, v2.gradient, within: 1e-5)
    }

    /// Rows that see three rows, a sequence that continues another among them, by the fused kernel where nothing is cut and by plain
    /// operations; scores scaled by another number than 1/√D.
    @Test(arguments: [8, 32]) func windowsAndScales(size: Int) {
        let (q, k, v) = (
            Tensor.normal(9, 2, size, seed: 1), Tensor.normal(9, 1, size, seed: 2),
            Tensor.normal(9, 1, size, seed: 3)
        )
        for window in [3, 20] {
            let found = Tensor.segmentAttention(
                query: q, key: k, value: v, lengths: [4, 5], prefixes: [nil, 0], window: window, scale: 0.3)
            let mask = (0..<9).flatMap { query in
                (0..<9).map { $0 <= query && query - $0 < window ? Float(0) : -.infinity }
            }
            let heads = { (x: Tensor) in x.transposed(0, 1).unsqueezed(0).contiguous() }
            let expected = Tensor.attention(
                query: heads(q), key: heads(k), value: heads(v), mask: Tensor(mask, shape: [9, 9]), scale: 0.3
            )
            expectClose(found, expected.squeezed(0).transposed(0, 1), within: 1e-5)
        }
        let unscaled = Tensor.segmentAttention(query: q, key: k, value: v, lengths: [9])
        let scaled = Tensor.segmentAttention(
            query: q, key: k, value: v, lengths: [9], scale: 1 / Double(size).squareRoot())
        expectClose(scaled, unscaled, within: 1e-6)
    }

    @Test func segmentsDoNotSeeEachOther() {
        let (q, k, v) = (
            Tensor.normal(5, 2, 4, seed: 1), Tensor.normal(5, 2, 4, seed: 2), Tensor.normal(5, 2, 4, seed: 3)
        )
        let both = Tensor.segmentAttention(query: q, key: k, value: v, lengths: [2, 3])
        k[0..<2].fill(100)
        v[0..<2].fill(100)
        let changed = Tensor.segmentAttention(query: q, key: k, value: v, lengths: [2, 3])
        expectClose(changed[2..<5], both[2..<5])
        #expect(abs(changed[0..<2].max().item() - 100) < 1e-3)
    }

    @Test func oneSegmentInHalfPrecision() {
        let (q, k, v) = (
            Tensor.normal(9, 3, 16, seed: 1), Tensor.normal(9, 1, 16, seed: 2),
            Tensor.normal(9, 1, 16, seed: 3)
        )
        let half = Tensor.segmentAttention(
            query: q.to(.bfloat16), key: k.to(.bfloat16), value: v.to(.bfloat16), lengths: [9])
        #expect(half.type == .bfloat16)
        let full = Tensor.segmentAttention(query: q, key: k, value: v, lengths: [9])
        expectClose(half.to(.float32), full, within: 0.03)
    }
}
