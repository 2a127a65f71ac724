import Foundation
import Testing
import Torch
import TorchTestSupport

@Suite struct LayerTests {
    @Test func products() {
        let a = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        let b = Tensor([5, 6, 7, 8] as [Float], shape: [2, 2])
        expectClose(a.matrixProduct(b), [19, 22, 43, 50])
        expectClose(a.linear(weight: b), [17, 23, 39, 53])
        expectClose(a.linear(weight: b, bias: Tensor([100, 200] as [Float])), [117, 223, 139, 253])
    }

    /// Sizes around the tiles and blocks of the product in fp32, with both factors' gradients, against fp64.
    @Test(
        arguments: [(1, 1, 1), (40, 17, 33), (97, 193, 65), (200, 70, 260), (33, 300, 5), (0, 4, 3)])
    func linearLayers(rows: Int, outputs: Int, inputs: Int) {
        let x = Tensor.normal(rows, inputs, seed: 1).leaf()
        let (weight, bias) = (
            Tensor.normal(outputs, inputs, seed: 2).leaf(), Tensor.normal(outputs, seed: 3).leaf()
        )
        let g = Tensor.normal(rows, outputs, seed: 4)
        let wide = [x, weight, bias].map { $0.to(.float64).leaf() }
        let y = x.linear(weight: weight, bias: bias)
        let expected = wide[0].linear(weight: wide[1], bias: wide[2])
        (y * g).sum().backward()
        (expected * g.to(.float64)).sum().backward()
        expectClose(y.to(.float64), expected.detached(), within: 3e-5)
        for (found, wanted) in zip([x, weight, bias], wide) {
            expectClose(found.gradient?.to(.float64), wanted.gradient, within: 1e-4)
        }
    }

    @Test func embeddings() throws {
        let table = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).leaf()
        let rows = table.embedding(Tensor([1, 0, 1], shape: [3, 1]))
        #expect(rows.shape == [3, 1, 2])
        expectClose(rows, [3, 4, 1, 2, 3, 4])
        rows.sum().backward()
        expectClose(try #require(table.gradient), [1, 1, 2, 2])
    }

    /// Frequent tokens: what bf16 alone could not count.
    @Test func embeddingsInHalfPrecision() throws {
        let table = Tensor.normal(3, 40, seed: 1).to(.bfloat16).leaf()
        let indices = [Int](repeating: 2, count: 1000) + [0]
        let rows = table.embedding(Tensor(indices))
        expectClose(rows[0..<1], table.detached()[2..<3])
        rows.to(.float32).sum().backward()
        let gradient = try #require(table.gradient)
        #expect(gradient.type == .bfloat16)
        expectClose(gradient.to(.float32).mean(along: 1), [1, 0, 1000])
    }

    @Test func rmsNormOfOneRow() {
        let x = Tensor([3, 4] as [Float], shape: [1, 2])
        let weight = Tensor([1, 10] as [Float])
        let root = (12.5 + 0.5).squareRoot()
        expectClose(x.rmsNormalized(weight: weight, epsilon: 0.5), [3 / root, 40 / root])
    }

    /// The textbook formula from elementary operations, in fp64.
    private func rmsNorm(_ x: Tensor, _ weight: Tensor, _ epsilon: Double) -> Tensor {
        let scale = (x.squared().mean(along: -1, keeping: true) + epsilon).reciprocalSquareRoot()
        return x * scale * weight
    }

    @Test(arguments: [[7, 576], [2, 3, 40], [5, 1], [3, 17], [300, 64], [0, 8]])
    func rmsNormAgainstItsFormula(shape: [Int]) throws {
        let generator = Generator(seed: 5)
        let (x, g) = (generator.normal(shape).leaf(), generator.normal(shape))
        let weight = (generator.normal([shape.last ?? 0]) + 1).leaf()
        let y = x.rmsNormalized(weight: weight, epsilon: 1e-5)
        (y * g).sum().backward()
        let (wideX, wideWeight) = (x.to(.float64).leaf(), weight.to(.float64).leaf())
        let expected = rmsNorm(wideX, wideWeight, 1e-5)
        (expected * g.to(.float64)).sum().backward()
        expectClose(y.to(.float64), expected, within: 2e-6)
        expectClose(x.gradient?.to(.float64), wideX.gradient, within: 5e-6)
        expectClose(weight.gradient?.to(.float64), wideWeight.gradient, within: 1e-5)
    }

    @Test func rmsNormInHalfPrecision() throws {
        let x = Tensor.normal(6, 64, seed: 1).to(.bfloat16).leaf()
        let weight = Tensor.normal(64, seed: 2).leaf()  // master weights stay in fp32
        let y = x.rmsNormalized(weight: weight, epsilon: 1e-5)
        #expect(y.type == .bfloat16)
        y.to(.float32).sum().backward()
        #expect(x.gradient?.type == .bfloat16 && weight.gradient?.type == .float32)
        let wide = x.to(.float64).leaf()
        let wideWeight = weight.to(.bfloat16).to(.float64).leaf()
        let expected = rmsNorm(wide, wideWeight, 1e-5)
        expected.sum().backward()
        expectClose(y.to(.float64), expected, within: 0.012)
        expectClose(x.gradient?.to(.float64), wide.gradient, within: 0.02)
        expectClose(weight.gradient?.to(.float64), wideWeight.gradient, within: 0.02)
    }

    /// The rotation of every pair written as a product of complex numbers.
    private func rotated(_ x: [Double], _ angles: [[Double]], heads: Int) -> [Double] {
        let half = angles[0].count
        var result = x
        for (n, row) in angles.enumerated() {
            for head in 0..<heads {
                let start = (n * heads + head) * 2 * half
                for (i, angle) in row.enumerated() {
                    let (a, b) = (x[start + i], x[start + half + i])
                    result[start + i] = a * cos(angle) - b * sin(angle)
                    result[start + half + i] = a * sin(angle) + b * cos(angle)
                }
            }
        }
        return result
    }

    @Test(arguments: [ScalarType.float32, .bfloat16], [(1, 2), (3, 32), (2, 5)])
    func rotations(type: ScalarType, sizes: (heads: Int, half: Int)) throws {
        let rows = 4
        let angles = (0..<rows).map { row in (0..<sizes.half).map { Double(row) / pow(10, Double($0) / 3) } }
        let flat = Tensor(angles.flatMap { $0 }, shape: [rows, sizes.half])
        let (cosine, sine) = (flat.cosine().to(.float32), flat.sine().to(.float32))
        let x = Tensor.normal(rows, sizes.heads, 2 * sizes.half, seed: 3).to(type).leaf()
        let g = Tensor.normal(rows, sizes.heads, 2 * sizes.half, seed: 4).to(type)
        let y = x.rotated(cosine: cosine, sine: sine)
        #expect(y.type == type && y.shape == x.shape)
        (y * g).to(.float32).sum().backward()
        let tolerance = type == .float32 ? 1e-6 : 0.01
        expectClose(y, rotated(x.doubles(), angles, heads: sizes.heads), within: tolerance)
        let back = angles.map { $0.map { -$0 } }
        expectClose(
            try #require(x.gradient), rotated(g.doubles(), back, heads: sizes.heads), within: tolerance)
    }

    @Test func rotatingAViewOfTheFusedProjection() {
        let fused = Tensor.normal(3, 5, 8, seed: 9)
        let angles = Tensor.normal(3, 4, seed: 10)
        let view = fused.narrowed(1, 1..<4)
        expectClose(
            view.rotated(cosine: angles.cosine(), sine: angles.sine()),
            view.contiguous().rotated(cosine: angles.cosine(), sine: angles.sine()))
    }

    /// silu(gate) · up from elementary operations.
    private func swiGLU(_ gate: Tensor, _ up: Tensor) -> Tensor { gate * gate.sigmoid() * up }

    @Test(arguments: [ScalarType.float32, .bfloat16], [[5, 96], [2, 3, 20], [1, 1]])
    func swiGLUs(type: ScalarType, shape: [Int]) {
        let generator = Generator(seed: 6)
        let inputs = (0..<3).map { _ in (generator.normal(shape) * 3).to(type) }
        let (gate, up, g) = (inputs[0].leaf(), inputs[1].leaf(), inputs[2])
        let fused = Tensor.concatenated([gate, up], along: -1).leaf()
        let (y, z) = (Tensor.swiGLU(gate: gate, up: up), fused.swiGLU())
        #expect(y.type == type && y.shape == shape && z.shape == shape)
        (y * g).to(.float32).sum().backward()
        (z * g).to(.float32).sum().backward()
        let (wideGate, wideUp) = (gate.to(.float64).leaf(), up.to(.float64).leaf())
        let expected = swiGLU(wideGate, wideUp)
        (expected * g.to(.float64)).sum().backward()
        let tolerance = type == .float32 ? 2e-6 : 0.01
        expectClose(y.to(.float64), expected, within: tolerance)
        expectClose(z, y.detached())
        expectClose(gate.gradient?.to(.float64), wideGate.gradient, within: tolerance)
        expectClose(up.gradient?.to(.float64), wideUp.gradient, within: tolerance)
        let width = shape.last ?? 0
        expectClose(fused.gradient?.narrowed(-1, 0..<width), gate.gradient)
        expectClose(fused.gradient?.narrowed(-1, width..<2 * width), up.gradient)
    }

    /// What is computed again in backward is what would have been kept.
    @Test(arguments: [ScalarType.float32, .bfloat16, .float64]) func gatedLinears(type: ScalarType) {
        let inputs = [[2, 3, 20], [2, 3, 20], [7, 20]].enumerated().map {
            Generator(seed: UInt64($0 + 40)).normal($1).to(type)
        }
        let g = Tensor.normal(2, 3, 7, seed: 50).to(type)
        let (one, other) = (inputs.map { $0.leaf() }, inputs.map { $0.leaf() })
        let y = Tensor.gatedLinear(gate: one[0], up: one[1], weight: one[2])
        let expected = Tensor.swiGLU(gate: other[0], up: other[1]).linear(weight: other[2])
        #expect(y.shape == [2, 3, 7] && y.type == type)
        expectClose(y, expected.detached())
        (y * g).to(.float32).sum().backward()
        (expected * g).to(.float32).sum().backward()
        for (found, wanted) in zip(one, other) {
            expectClose(
                found.gradient?.to(.float64), wanted.gradient?.to(.float64),
                within: type == .bfloat16 ? 0.02 : 1e-6)
        }
        #expect(throws: TorchError.self) {
            try catchingErrors { Tensor.gatedLinear(gate: one[0], up: one[1], weight: Tensor.ones([7, 3])) }
        }
    }

    @Test func swiGLUOfViewsAndExtremes() {
        let fused = Tensor.normal(4, 10, seed: 3)
        let halves = (fused.narrowed(1, 0..<5), fused.narrowed(1, 5..<10))
        expectClose(Tensor.swiGLU(gate: halves.0, up: halves.1), fused.swiGLU())
        let wild = Tensor([-1000, -90, 90, 1000, .nan] as [Float])
        expectClose(Tensor.swiGLU(gate: wild, up: Tensor.ones([5])), [0, 0, 90, 1000, .nan])
        #expect(throws: TorchError.self) { try catchingErrors { Tensor.ones([3]).swiGLU() } }
        #expect(throws: TorchError.self) { try catchingErrors { Tensor.swiGLU(gate: wild, up: fused) } }
    }

    /// On other devices, and in fp64, layers are plain tensor operations: the same numbers.
    @Test func kernelsEqualTheirPlainTwins() {
        let (x, w) = (Tensor.normal(6, 33, seed: 1), Tensor.normal(33, seed: 2))
        expectClose(
            x.rmsNormalized(weight: w, epsilon: 1e-5).to(.float64),
            x.to(.float64).rmsNormalized(weight: w, epsilon: 1e-5), within: 2e-6)
        let heads = Tensor.normal(6, 3, 8, seed: 3), angles = Tensor.normal(6, 4, seed: 4)
        let (cosine, sine) = (angles.cosine(), angles.sine())
        expectClose(
            heads.rotated(cosine: cosine, sine: sine).to(.float64),
            heads.to(.float64).rotated(cosine: cosine, sine: sine), within: 1e-6)
        expectClose(
            heads.swiGLU().to(.float64), heads.to(.float64).swiGLU(), within: 1e-6)
        expectClose(
            Tensor.swiGLU(gate: x, up: x).to(.float64),
            Tensor.swiGLU(gate: x.to(.float64), up: x.to(.float64)), within: 1e-6)
    }

    @Test func dropout() throws {
        let generator = Generator(seed: 11)
        let x = Tensor.ones([20_000]).leaf()
        let y = x.dropout(0.25, using: generator)
        let values = Set(y.floats().map { ($0 * 1e5).rounded() / 1e5 })
        #expect(values == [0, 1.33333])
        #expect(abs(y.mean().item() - 1) < 0.02)
        y.sum().backward()
        expectClose(x.gradient, y.detached())
        expectClose(x.dropout(0, using: generator), x.detached())
        let again = x.dropout(0.25, using: Generator(seed: 11))
        expectClose(again, y)
        #expect(
            Set(Tensor.ones([64], type: .bfloat16).dropout(0.1, using: generator).floats()) == [0, 1.109375])
        #expect(throws: TorchError.self) { try catchingErrors { x.dropout(1, using: generator) } }
    }
}
