import Testing
import Torch
import TorchTestSupport

/// A linear layer with an adapter, whose kernels in bf16 and fp32 must agree with the plain products.
@Suite struct AdaptedLinearTests {
    private struct Layer {
        let input, values, weight, bias, down, up, gradient: Tensor

        init(rows: Int, input: Int, output: Int, rank: Int, type: ScalarType = .bfloat16) {
            self.input = Tensor.normal(rows, input, seed: 1).to(type)
            values = Tensor.normal(rows, input, seed: 7).to(type)
            weight = Tensor.normal(output, input, seed: 2, scale: 0.05).to(type)
            bias = Tensor.normal(output, seed: 3).to(type)
            down = Tensor.normal(rank, input, seed: 4, scale: 0.05).leaf()
            up = Tensor.normal(output, rank, seed: 5, scale: 0.05).leaf()
            gradient = Tensor.normal(rows, output, seed: 6).to(type)
        }
    }

    /// How far a kernel may be from fp64, relative to the size of what it computes.
    private func tolerance(_ type: ScalarType) -> Double { type == .float32 ? 1e-6 : 0.006 }

    /// Which of `rows` · `width` elements a generator's next mask keeps, as the adapter of a layer shows that copies its input.
    private func mask(rows: Int, width: Int, probability: Double, type: ScalarType, seed: UInt64) -> [Bool] {
        let positions = Tensor.range(0..<width)
        let identity = (positions.unsqueezed(0) .== positions.unsqueezed(1)).to(.float32)
        let nothing = Tensor.zeros([width, width], type: type)
        return Tensor.ones([rows, width], type: type).linear(
            weight: nothing, bias: nil, down: identity, up: identity, scale: 1,
            dropout: (probability, Generator(seed: seed))
        ).floats().map { $0 != 0 }
    }

    private func relativeError(_ found: Tensor?, _ expected: Tensor) throws -> Double {
        let found = try #require(found)
        #expect(found.shape == expected.shape)
        let difference = (found.to(.float64) - expected.to(.float64)).squared().sum().item()
        return (difference / expected.to(.float64).squared().sum().item()).squareRoot()
    }

    @Test(
        arguments: [ScalarType.bfloat16, .float32],
        [
            (130, 128, 64, 16), (77, 64, 192, 5), (9, 64, 64, 40), (5, 24, 40, 4), (33, 65, 19, 3),
            (1, 64, 64, 8),
        ]
    )
    func valuesAndGradients(type: ScalarType, size: (rows: Int, input: Int, output: Int, rank: Int)) throws {
        let layer = Layer(
            rows: size.rows, input: size.input, output: size.output, rank: size.rank, type: type)
        let x = layer.input.leaf()
        let y = x.linear(
            weight: layer.weight, bias: layer.bias, down: layer.down, up: layer.up, scale: 2, dropout: nil)
        #expect(y.type == type)
        (y * layer.gradient).to(.float32).sum().backward()
        let wide = [x, layer.down, layer.up].map { $0.to(.float64).leaf() }
        let expected =
            wide[0].linear(weight: layer.weight.to(.float64), bias: layer.bias.to(.float64))
            + wide[0].matrixProduct(wide[1].transposed(0, 1)).matrixProduct(wide[2].transposed(0, 1)) * 2
        (expected * layer.gradient.to(.float64)).sum().backward()
        #expect(try relativeError(y, expected) < tolerance(type))
        #expect(layer.down.gradient?.type == .float32 && layer.up.gradient?.type == .float32)
        for (found, wanted) in zip([x, layer.down, layer.up], wide) {
            #expect(try relativeError(found.gradient, #require(wanted.gradient)) < tolerance(type))
        }
    }

    /// A weight in bf16 under an input in fp32 is what its values in fp32 are.
    @Test(arguments: [(40, 64), (3, 17)]) func roundedWeightsAreWidened(rows: Int, width: Int) throws {
        let layer = Layer(rows: rows, input: width, output: 48, rank: 4, type: .float32)
        let rounded = layer.weight.to(.bfloat16)
        let outcome = { (weight: Tensor) throws -> [Tensor] in
            let x = layer.input.leaf()
            let y =
                x.linear(weight: weight, bias: nil, down: layer.down, up: layer.up, scale: 2, dropout: nil)
                + x.linear(weight: weight)
            (y * layer.gradient).sum().backward()
            return [y.detached(), try #require(x.gradient)]
        }
        for (found, wanted) in zip(try outcome(rounded), try outcome(rounded.to(.float32))) {
            #expect(found.type == .float32)
            #expect(try relativeError(found, wanted) < 1e-6)
        }
    }

    /// A gated layer, which computes its input again in backward, is the layer behind `swiGLU`.
    @Test(arguments: [ScalarType.bfloat16, .float32, .float64]) func gates(type: ScalarType) throws {
        let layer = Layer(rows: 70, input: 64, output: 128, rank: 16, type: type)
        let outcome = { (isGated: Bool) throws -> [Tensor] in
            let leaves = [layer.input, layer.values, layer.down, layer.up].map { $0.leaf() }
            let gated = isGated ? nil : Tensor.swiGLU(gate: leaves[0], up: leaves[1])
            let y = (gated ?? leaves[0]).linear(
                weight: layer.weight, bias: layer.bias, down: leaves[2], up: leaves[3], scale: 2,
                dropout: (0.25, Generator(seed: 3)), gating: isGated ? leaves[1] : nil)
            (y * layer.gradient).to(.float32).sum().backward()
            return try [y.detached()] + leaves.map { try #require($0.gradient) }
        }
        for (found, wanted) in zip(try outcome(true), try outcome(false)) {
            #expect(try relativeError(found, wanted) < tolerance(type))
        }
    }

    /// One seed draws one mask: in bf16 and fp32, by kernels and by plain operations, which odd widths take in bf16.
    @Test(arguments: [(70, 64), (9, 33)]) func everyRoadDropsTheSame(rows: Int, width: Int) {
        let masks = [ScalarType.bfloat16, .float32, .float64].map {
            mask(rows: rows, width: width, probability: 0.3, type: $0, seed: 5)
        }
        #expect(masks[0] == masks[1] && masks[1] == masks[2])
        let kept = Double(masks[0].filter { $0 }.count) / Double(rows * width)
        #expect(abs(kept - 0.7) < 0.1)
    }

    /// The mask is a function of seed and element: what a run drew on one machine is what it draws, resumed, on another. The
    /// hash worked out here is that of its paper.
    @Test func theMaskIsAHashOfSeedAndElement() {
        let (rows, width, probability) = (3, 64, 0.4)
        // What the Mersenne Twister gives for 11: two words, the first one above.
        let seed: UInt64 = 0x2e26_2799_117c_8ebf
        let expected = (0..<rows * width).map { element -> Bool in
            var x = UInt32(element / 2) &+ UInt32(truncatingIfNeeded: seed)
            x = (x ^ (x >> 16)) &* 0x7feb_352d
            x ^= UInt32(truncatingIfNeeded: seed >> 32)
            x = (x ^ (x >> 15)) &* 0x846c_a68b
            x ^= x >> 16
            return (element % 2 == 0 ? x & 0xffff : x >> 16) >= UInt32((probability * 65536).rounded())
        }
        for type in [ScalarType.bfloat16, .float32] {
            #expect(
                mask(rows: rows, width: width, probability: probability, type: type, seed: 11) == expected)
        }
    }

    /// Without the layer itself, with a mask that stays, the result is linear in the input and in each thin matrix. So the
    /// gradient of one, times that one, is the result times its gradient, for every mask, if backward uses the same mask.
    @Test(arguments: [ScalarType.bfloat16, .float32])
    func backwardDropsWhatForwardDropped(type: ScalarType) throws {
        let layer = Layer(rows: 96, input: 128, output: 64, rank: 16, type: type)
        let nothing = Tensor.zeros([64, 128], type: type)
        let x = layer.input.leaf()
        let y = x.linear(
            weight: nothing, bias: nil, down: layer.down, up: layer.up, scale: 0.5,
            dropout: (0.25, Generator(seed: 8)))
        (y * layer.gradient).to(.float32).sum().backward()
        let size = y.to(.float64).squared().sum().item().squareRoot()
        let whole = (y.to(.float64) * layer.gradient.to(.float64)).sum().item()
        for leaf in [x, layer.down, layer.up] {
            let part = (leaf.to(.float64) * (try #require(leaf.gradient)).to(.float64)).sum().item()
            #expect(abs(part - whole) < 0.05 * size)
        }
        let dropped = try #require(x.gradient).floats().filter { $0 == 0 }.count
        #expect(abs(Double(dropped) / Double(96 * 128) - 0.25) < 0.02)
    }

    /// An adapter that copies its input shows the mask.
    @Test func dropoutDrawsAnewAndScales() {
        let ones = Tensor.ones([64, 64], type: .bfloat16)
        let positions = Tensor.range(0..<64)
        let identity = (positions.unsqueezed(0) .== positions.unsqueezed(1)).to(.float32)
        let nothing = Tensor.zeros([64, 64], type: .bfloat16)
        let draw = { (generator: Generator) in
            ones.linear(
                weight: nothing, bias: nil, down: identity, up: identity, scale: 3, dropout: (0.2, generator))
        }
        let generator = Generator(seed: 1)
        let (first, second) = (draw(generator), draw(generator))
        #expect(Set(first.floats()) == [0, 3.75])
        #expect(abs(first.to(.float32).mean().item() - 3) < 0.1)
        #expect(first.floats() != second.floats())
        expectClose(draw(Generator(seed: 1)), first)
    }

    @Test func adaptersThatDoNotFitAreRefused() {
        let layer = Layer(rows: 2, input: 64, output: 64, rank: 8)
        for (down, up) in [(layer.up, layer.up), (layer.down, layer.down)] {
            #expect(throws: TorchError.self) {
                try catchingErrors {
                    layer.input.linear(
                        weight: layer.weight, bias: nil, down: down, up: up, scale: 1, dropout: nil)
                }
            }
        }
        #expect(throws: TorchError.self) {
            try catchingErrors {
                layer.input.linear(
                    weight: layer.weight, bias: nil, down: layer.down, up: layer.up, scale: 1,
                    dropout: (1, Generator(seed: 1)))
            }
        }
    }
}
