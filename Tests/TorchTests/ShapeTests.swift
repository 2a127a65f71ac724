import Testing
import Torch
import TorchTestSupport

@Suite struct ShapeTests {
    private let x = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])

    @Test func views() {
        #expect(x.reshaped([3, -1]).shape == [3, 2])
        #expect(x.reshaped([6]).integers() == [1, 2, 3, 4, 5, 6])
        #expect(x.transposed(0, 1).integers() == [1, 4, 2, 5, 3, 6])
        #expect(x.unsqueezed(1).shape == [2, 1, 3] && x.unsqueezed(-1).shape == [2, 3, 1])
        #expect(x.unsqueezed(0).squeezed(0).shape == [2, 3])
        #expect(x.narrowed(1, 1..<3).integers() == [2, 3, 5, 6])
        #expect(x[1..<2].integers() == [4, 5, 6])
        #expect(x[1..<1].count == 0)
        let expanded = Tensor([7, 8], shape: [2, 1]).expanded(to: [2, 3])
        #expect(expanded.integers() == [7, 7, 7, 8, 8, 8])
    }

    @Test func narrowingSharesStorage() {
        let copy = x.copied()
        copy[0..<1].fill(0)
        #expect(copy.integers() == [0, 0, 0, 4, 5, 6])
    }

    @Test func joining() {
        #expect(Tensor.concatenated([x, x[0..<1]]).integers() == [1, 2, 3, 4, 5, 6, 1, 2, 3])
        #expect(Tensor.concatenated([x, x], along: 1).shape == [2, 6])
        let stacked = Tensor.stacked([Tensor([1, 2]), Tensor([3, 4])], along: 1)
        #expect(stacked.integers() == [1, 3, 2, 4] && stacked.shape == [2, 2])
    }

    @Test func indexing() {
        #expect(x.selecting(Tensor([1, 1, 0])).integers() == [4, 5, 6, 4, 5, 6, 1, 2, 3])
        #expect(x.selecting(Tensor([2, 0]), along: 1).integers() == [3, 1, 6, 4])
        #expect(x.gathering(Tensor([2, 0], shape: [2, 1])).integers() == [3, 4])
        let scattered = x.scattering(Tensor([0, 0], shape: [2, 1]), at: Tensor([2, 0], shape: [2, 1]))
        #expect(scattered.integers() == [1, 2, 0, 0, 5, 6])
        #expect(x.integers() == [1, 2, 3, 4, 5, 6], "scattering makes a new tensor")
    }

    @Test func assigningSlices() {
        let table = Tensor.zeros([3, 2], type: .int64)
        table.assign(Tensor([1, 2, 3, 4], shape: [2, 2]), at: Tensor([2, 0]))
        #expect(table.integers() == [3, 4, 0, 0, 1, 2])
    }

    @Test func gatheringHasAGradient() throws {
        let table = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).leaf()
        table.gathering(Tensor([1, 1], shape: [2, 1])).sum().backward()
        expectClose(try #require(table.gradient), [0, 1, 0, 1])
    }
}
