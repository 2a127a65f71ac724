import Torch

/// Where the rows of one cached forward pass belong: runs of consecutive tokens, each in a slot.
struct CachedRows {
    struct Run {
        /// The slot whose sequence these tokens continue.
        let slot: Int
        /// Position of the first token.
        let start: Int
        let length: Int
    }

    let runs: [Run]

    /// Every run is one token and run i is slot i: a decode step.
    var isDecodeStep: Bool {
        runs.enumerated().allSatisfy { $0.offset == $0.element.slot && $0.element.length == 1 }
    }
    var positions: [Int] { runs.flatMap { $0.start..<($0.start + $0.length) } }
    var rowPositions: RowPositions {
        RowPositions(
            positions: positions,
            runs: runs.map { (count: $0.length, sequenceLength: $0.start + $0.length) })
    }
    var lengths: [Int] { runs.map(\.length) }
    /// The last row of each run.
    var lastRows: [Int] {
        var end = 0
        return runs.map { run in
            end += run.length
            return end - 1
        }
    }
    /// Tokens of the longest sequence, these rows included.
    var longest: Int { runs.map { $0.start + $0.length }.max() ?? 0 }
}

/// Keys and values of up to `slots` sequences of up to `capacity` tokens, for all layers.
final class KeyValueCache {
    let slots: Int
    let capacity: Int
    /// [layers, slots · capacity, KV, D]
    private let keys: Tensor
    private let values: Tensor
    /// What depends on the rows only and is made once per step, not once per layer; masks by the layers' windows.
    private var step: (indices: Tensor, masks: [Int?: Tensor])?

    init(layers: Int, slots: Int, capacity: Int, heads: Int, headSize: Int, type: ScalarType, device: Device)
    {
        self.slots = slots
        self.capacity = capacity
        keys = .zeros([layers, slots * capacity, heads, headSize], type: type, on: device)
        values = .zeros([layers, slots * capacity, heads, headSize], type: type, on: device)
    }

    /// Prepares the indices of one forward pass.
    func begin(_ rows: CachedRows) {
        let targets = rows.runs.flatMap { run in
            (run.start..<(run.start + run.length)).map { run.slot * capacity + $0 }
        }
        step = (Tensor(targets, on: keys.device), [:])
    }

    /// Stores the new keys and values [N, KV, D] and attends with the queries [N, H, D] to everything each row may see.
    func attend(
        _ queries: Tensor, storing newKeys: Tensor, _ newValues: Tensor, layer: Int, rows: CachedRows,
        _ visibility: AttentionVisibility
    ) -> Tensor {
        guard let step else { preconditionFailure("begin(_:) comes before attend") }
        let (keys, values) = (layerView(keys, layer), layerView(values, layer))
        keys.assign(newKeys, at: step.indices)
        values.assign(newValues, at: step.indices)
        if rows.isDecodeStep { return decode(queries, keys, values, rows: rows, visibility) }
        if rows.runs.allSatisfy({ $0.start == 0 }) {
            return .segmentAttention(
                query: queries, key: newKeys, value: newValues, lengths: rows.lengths,
                window: visibility.window, scale: visibility.scale)
        }
        return extend(queries, keys, values, rows: rows, visibility)
    }

    /// Copies the first `length` tokens of one slot to another.
    func copy(from source: Int, to target: Int, length: Int) {
        for storage in [keys, values] {
            storage.narrowed(1, target * capacity..<target * capacity + length)
                .assign(storage.narrowed(1, source * capacity..<source * capacity + length))
        }
    }

    private func layerView(_ storage: Tensor, _ layer: Int) -> Tensor {
        storage[layer..<layer + 1].squeezed(0)
    }

    /// One query row per slot. Query heads that share a key head become rows of one product: [B, KV, H/KV, D] against
    /// [B, KV, S, D].
    private func decode(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, rows: CachedRows,
        _ visibility: AttentionVisibility
    ) -> Tensor {
        let (count, heads, size) = (queries.size(0), keys.size(1), keys.size(2))
        let visible = { (storage: Tensor) in
            storage[0..<count * self.capacity].reshaped([count, self.capacity, heads, size])
                .narrowed(1, 0..<rows.longest).transposed(1, 2)
        }
        let grouped = queries.reshaped([count, heads, -1, size])
        let attended = Tensor.attention(
            query: grouped, key: visible(keys), value: visible(values),
            mask: decodeMask(rows, visibility.window), scale: visibility.scale)
        return attended.reshaped([count, -1, size])
    }

    /// Runs that continue sequences by several tokens: each sees its slot's past and, causally, itself.
    private func extend(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, rows: CachedRows,
        _ visibility: AttentionVisibility
    ) -> Tensor {
        var row = 0
        let parts = rows.runs.map { run in
            let total = run.start + run.length
            let batch = { (part: Tensor) in part.transposed(0, 1).unsqueezed(0) }
            let past = run.slot * capacity..<run.slot * capacity + total
            let attended = Tensor.attention(
                query: batch(queries[row..<row + run.length]), key: batch(keys[past]),
                value: batch(values[past]),
                mask: causalMask(run, visibility.window, type: queries.type), scale: visibility.scale)
            row += run.length
            return attended.squeezed(0).transposed(0, 1)
        }
        return .concatenated(parts)
    }

    /// [length, start + length]: 0 where a row may look, −∞ elsewhere.
    private func causalMask(_ run: CachedRows.Run, _ window: Int?, type: ScalarType) -> Tensor {
        let device = keys.device
        let own = Tensor.range(run.start..<run.start + run.length, on: device).unsqueezed(1)
        let other = Tensor.range(0..<run.start + run.length, on: device).unsqueezed(0)
        return Tensor.zeros([run.length, run.start + run.length], type: type, on: device)
            .hiding(other, from: own, beyond: window)
    }

    /// [B, 1, 1, longest]: sequences are of different lengths.
    private func decodeMask(_ rows: CachedRows, _ window: Int?) -> Tensor {
        if let mask = step?.masks[window] { return mask }
        let device = keys.device
        let ends = Tensor(rows.positions, on: device).unsqueezed(1)
        let other = Tensor.range(0..<rows.longest, on: device).unsqueezed(0)
        let mask = Tensor.zeros([rows.runs.count, rows.longest], type: keys.type, on: device)
            .hiding(other, from: ends, beyond: window)
            .unsqueezed(1).unsqueezed(1)
        step?.masks[window] = mask
        return mask
    }
}

extension Tensor {
    /// −∞ where the positions `other` come after `own` or lie outside its window.
    fileprivate func hiding(_ other: Tensor, from own: Tensor, beyond window: Int?) -> Tensor {
        let causal = filled(where: other .> own, with: -.infinity)
        guard let window else { return causal }
        return causal.filled(where: own .> other + Double(window - 1), with: -.infinity)
    }
}
