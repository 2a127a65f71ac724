import Testing
import Torch
import TorchTestSupport

/// A linear layer with an adapter, whose bf16 kernel must agree with the plain products.
@Suite struct AdaptedLinearTests {
    private struct Layer {
        let input, weight, bias, down, up, gradient: Tensor

        init(rows: Int, input: Int, output: Int, rank: Int) {
            self.input = Tensor.normal(rows, input, seed: 1).to(.bfloat16)
            weight = Tensor.normal(output, input, seed: 2, scale: 0.05).to(.bfloat16)
            bias = Tensor.normal(output, seed: 3).to(.bfloat16)
            down = Tensor.normal(rank, input, seed: 4, scale: 0.05).leaf()
            up = Tensor.normal(output, rank, seed: 5, scale: 0.05).leaf()
            gradient = Tensor.normal(rows, output, seed: 6).to(.bfloat16)
        }
    }

    private func relativeError(_ found: Tensor?, _ expected: Tensor) throws -> Double {
        let found = try #require(found)
        #expect(found.shape == expected.shape)
        let difference = (found.to(.float64) - expected.to(.float64)).squared().sum().item()
        return (difference / expected.to(.float64).squared().sum().item()).squareRoot()
    }

    @Test(arguments: [(130, 128, 64, 16), (77, 64, 192, 5), (9, 64, 64, 40), (5, 24, 40, 4)])
    func valuesAndGradients(rows: Int, input: Int, output: Int, rank: Int) throws {
        let layer = Layer(rows: rows, input: input, output: output, rank: rank)
        let x = layer.input.leaf()
        let y = x.linear(
            weight: layer.weight, bias: layer.bias, down: layer.down, up: layer.up, scale: 2, dropout: nil)
        #expect(y.type == .bfloat16)
        (y * layer.gradient).to(.float32).sum().backward()
        let wide = [x, layer.down, layer.up].map { $0.to(.float64).leaf() }
        let expected =
            wide[0].linear(weight: layer.weight.to(.float64), bias: layer.bias.to(.float64))
            + wide[0].matrixProduct(wide[1].transposed(0, 1)).matrixProduct(wide[2].transposed(0, 1)) * 2
        (expected * layer.gradient.to(.float64)).sum().backward()
        #expect(try relativeError(y, expected) < 0.006)
        #expect(layer.down.gradient?.type == .float32 && layer.up.gradient?.type == .float32)
        for (found, wanted) in zip([x, layer.down, layer.up], wide) {
            #expect(try relativeError(found.gradient, #require(wanted.gradient)) < 0.006)
        }
    }

    /// Without the layer itself, with a mask that stays, the result is linear in the input and in each thin matrix. So the
    /// gradient of one, times that one, is the result times its gradient, for every mask, if backward uses the same mask.
    @Test func backwardDropsWhatForwardDropped() throws {
        let layer = Layer(rows: 96, input: 128, output: 64, rank: 16)
        let nothing = Tensor.zeros([64, 128], type: .bfloat16)
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
