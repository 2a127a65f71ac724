import CTorch

extension Tensor {
    private func reduced(_ reduction: ctorch_reduction) -> Tensor {
        produce(self) { ctorch_reduce(reduction, $0[0], $1) }
    }

    private func reduced(_ reduction: ctorch_reduction, along dimension: Int, keeping: Bool) -> Tensor {
        produce(self) { ctorch_reduce_dimension(reduction, $0[0], Int64(dimension), keeping, $1) }
    }

    // Over all elements: a scalar tensor.
    public func sum() -> Tensor { reduced(CTORCH_SUM) }
    public func mean() -> Tensor { reduced(CTORCH_MEAN) }
    public func max() -> Tensor { reduced(CTORCH_MAX) }
    public func min() -> Tensor { reduced(CTORCH_MIN) }

    // Along one dimension, which disappears unless kept with size one.
    public func sum(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_SUM, along: dimension, keeping: keeping)
    }
    public func mean(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_MEAN, along: dimension, keeping: keeping)
    }
    public func max(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_MAX, along: dimension, keeping: keeping)
    }
    public func min(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_MIN, along: dimension, keeping: keeping)
    }
    public func argmax(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_ARGMAX, along: dimension, keeping: keeping)
    }
    public func logSumExp(along dimension: Int, keeping: Bool = false) -> Tensor {
        reduced(CTORCH_LOG_SUM_EXP, along: dimension, keeping: keeping)
    }

    public func softmax(along dimension: Int = -1) -> Tensor {
        produce(self) { ctorch_softmax($0[0], Int64(dimension), $1) }
    }
    public func logSoftmax(along dimension: Int = -1) -> Tensor {
        produce(self) { ctorch_log_softmax($0[0], Int64(dimension), $1) }
    }
    public func cumulativeSum(along dimension: Int = -1) -> Tensor {
        produce(self) { ctorch_cumulative_sum($0[0], Int64(dimension), $1) }
    }

    /// Sorted values and where they were; equal values keep their order.
    public func sorted(along dimension: Int = -1, descending: Bool = false) -> (
        values: Tensor, indices: Tensor
    ) {
        pair { ctorch_sort($0, Int64(dimension), descending, $1, $2) }
    }

    /// The `k` largest values of the last dimension, largest first, and where they were.
    public func top(_ k: Int) -> (values: Tensor, indices: Tensor) {
        pair { ctorch_top_k($0, Int64(k), $1, $2) }
    }

    /// For ascending rows `[…, N]` and `values` `[…, K]`: the first position whose element exceeds the value
    /// (`after: true`) or is at least the value.
    public func searchSorted(_ values: Tensor, after: Bool) -> Tensor {
        produce(self, values) { ctorch_search_sorted($0[0], $0[1], after, $1) }
    }

    private typealias Out = UnsafeMutablePointer<OpaquePointer?>

    private func pair(_ body: (OpaquePointer, Out, Out) -> Int32) -> (values: Tensor, indices: Tensor) {
        withExtendedLifetime(self) {
            var values: OpaquePointer?
            var indices: OpaquePointer?
            check(body(handle, &values, &indices))
            return (Tensor(owning: unwrapHandle(values)), Tensor(owning: unwrapHandle(indices)))
        }
    }
}
