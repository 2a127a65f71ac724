import Foundation
import Testing
import Torch
import TorchTestSupport

@Suite struct ReductionTests {
    private let x = Tensor([3, 1, 2, -1, 5, 0] as [Double], shape: [2, 3])

    @Test func wholeTensors() {
        #expect(x.sum().item() == 10)
        expectClose(x.mean(), [10.0 / 6])
        #expect(x.max().item() == 5 && x.min().item() == -1)
        #expect(x.sum().shape == [])
    }

    @Test func alongADimension() {
        expectClose(x.sum(along: 0), [2, 6, 2])
        expectClose(x.sum(along: -1), [6, 4])
        expectClose(x.mean(along: 1), [2, 4.0 / 3])
        expectClose(x.max(along: 1), [3, 5])
        expectClose(x.min(along: 0), [-1, 1, 0])
        #expect(x.argmax(along: 1).integers() == [0, 1])
        #expect(x.sum(along: 1, keeping: true).shape == [2, 1])
        #expect(x.max(along: 0, keeping: true).shape == [1, 3])
        let expected = [[3.0, 1, 2], [-1, 5, 0]].map { log($0.map(exp).reduce(0, +)) }
        expectClose(x.logSumExp(along: -1), expected, within: 1e-12)
    }

    @Test func softmaxes() {
        let e = [exp(3.0), exp(1.0), exp(2.0)]
        let first = e.map { $0 / e.reduce(0, +) }
        expectClose(x[0..<1].softmax(), first, within: 1e-12)
        expectClose(x[0..<1].logSoftmax(), first.map { log($0) }, within: 1e-12)
        expectClose(x.softmax(along: 0).sum(along: 0), [1, 1, 1], within: 1e-12)
        let huge = Tensor([1000, 0] as [Float]).logSoftmax()
        expectClose(huge, [0, -1000])
    }

    @Test func cumulativeSums() {
        expectClose(x.cumulativeSum(), [3, 4, 6, -1, 4, 4])
        expectClose(x.cumulativeSum(along: 0), [3, 1, 2, 2, 6, 2])
        #expect(Tensor([true, false, true]).cumulativeSum().integers() == [1, 1, 2])
    }

    @Test func orderings() {
        let ties = Tensor([2, 1, 2, 1] as [Float])
        let ascending = ties.sorted()
        #expect(ascending.values.floats() == [1, 1, 2, 2] && ascending.indices.integers() == [1, 3, 0, 2])
        let descending = ties.sorted(descending: true)
        #expect(descending.values.floats() == [2, 2, 1, 1] && descending.indices.integers() == [0, 2, 1, 3])
        let columns = x.sorted(along: 0)
        expectClose(columns.values, [-1, 1, 0, 3, 5, 2])
        let top = x.top(2)
        expectClose(top.values, [3, 2, 5, 0])
        #expect(top.indices.integers() == [0, 2, 1, 2])
    }

    @Test func searching() {
        let sums = Tensor([0.1, 0.4, 1, 0.5, 0.5, 1] as [Float], shape: [2, 3])
        let wanted = Tensor([0.4, 0.5] as [Float], shape: [2, 1])
        #expect(sums.searchSorted(wanted, after: false).integers() == [1, 0])
        #expect(sums.searchSorted(wanted, after: true).integers() == [2, 2])
    }
}
