import CTorch

extension Tensor {
    /// The same elements in another shape; one size may be -1 and is worked out.
    public func reshaped(_ shape: [Int]) -> Tensor {
        produce(self) { ctorch_reshape($0[0], shape.map(Int64.init), shape.count, $1) }
    }

    /// Stretches dimensions of size one, without copying.
    public func expanded(to shape: [Int]) -> Tensor {
        produce(self) { ctorch_expand($0[0], shape.map(Int64.init), shape.count, $1) }
    }

    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        produce(self) { ctorch_transpose($0[0], Int64(a), Int64(b), $1) }
    }

    /// Adds a dimension of size one.
    public func unsqueezed(_ dimension: Int) -> Tensor {
        produce(self) { ctorch_unsqueeze($0[0], Int64(dimension), $1) }
    }

    /// Removes a dimension of size one.
    public func squeezed(_ dimension: Int) -> Tensor {
        produce(self) { ctorch_squeeze($0[0], Int64(dimension), $1) }
    }

    /// A view of the elements `range` of one dimension.
    public func narrowed(_ dimension: Int, _ range: Range<Int>) -> Tensor {
        produce(self) {
            ctorch_narrow($0[0], Int64(dimension), Int64(range.lowerBound), Int64(range.count), $1)
        }
    }

    /// Rows `range` of the first dimension.
    public subscript(range: Range<Int>) -> Tensor { narrowed(0, range) }

    public static func concatenated(_ tensors: [Tensor], along dimension: Int = 0) -> Tensor {
        joined(tensors) { ctorch_concatenate($0, $1, Int64(dimension), $2) }
    }

    public static func stacked(_ tensors: [Tensor], along dimension: Int = 0) -> Tensor {
        joined(tensors) { ctorch_stack($0, $1, Int64(dimension), $2) }
    }

    private static func joined(
        _ tensors: [Tensor],
        body: (UnsafePointer<OpaquePointer?>, Int, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) -> Tensor {
        withExtendedLifetime(tensors) {
            let handles: [OpaquePointer?] = tensors.map(\.handle)
            var out: OpaquePointer?
            check(body(handles, handles.count, &out))
            return Tensor(owning: unwrapHandle(out))
        }
    }

    /// Whole slices by index: `indices` [K] of Int64 picks from `dimension`.
    public func selecting(_ indices: Tensor, along dimension: Int = 0) -> Tensor {
        produce(self, indices) { ctorch_index_select($0[0], Int64(dimension), $0[1], $1) }
    }

    /// One element per position of `indices`, which has this tensor's rank.
    public func gathering(_ indices: Tensor, along dimension: Int = -1) -> Tensor {
        produce(self, indices) { ctorch_gather($0[0], Int64(dimension), $0[1], $1) }
    }

    /// The opposite of `gathering`: this tensor with `source` written where `indices` point.
    public func scattering(_ source: Tensor, at indices: Tensor, along dimension: Int = -1) -> Tensor {
        produce(self, indices, source) { ctorch_scatter($0[0], Int64(dimension), $0[1], $0[2], $1) }
    }

    /// This tensor [B] with `values` [C] added where `indices` [C] point; repeated indices add up.
    public func adding(_ values: Tensor, at indices: Tensor) -> Tensor {
        produce(self, indices, values) { ctorch_index_add($0[0], $0[1], $0[2], $1) }
    }

    /// Overwrites whole slices in place: slice `indices[i]` becomes slice `i` of `source`.
    public func assign(_ source: Tensor, at indices: Tensor, along dimension: Int = 0) {
        perform(self, indices, source) { ctorch_index_copy_into($0[0], Int64(dimension), $0[1], $0[2]) }
    }
}
