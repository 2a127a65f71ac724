import Torch

/// What writes answers: runs tokens of many sequences and remembers them.
protocol DecodingEngine: AnyObject {
    /// Runs the rows; their tokens join the slots' sequences. → the logits after the last row of each run, [runs, V], fp32.
    func logits(of tokens: [Int], rows: CachedRows) -> Tensor

    /// Copies the first `length` tokens of one slot to another.
    func copy(from source: Int, to target: Int, length: Int)
}

extension LanguageModel {
    /// An engine with room for `slots` sequences of up to `capacity` tokens: the packed decoder on the CPU, tensors elsewhere.
    func makeEngine(slots: Int, capacity: Int) -> any DecodingEngine {
        guard let packedDecoder else { return TensorEngine(self, slots: slots, capacity: capacity) }
        return PackedEngine(packedDecoder, slots: slots, capacity: capacity)
    }
}

/// Decoding by the same layers as training, on any device.
final class TensorEngine: DecodingEngine {
    private let model: LanguageModel
    private let cache: KeyValueCache

    init(_ model: LanguageModel, slots: Int, capacity: Int) {
        self.model = model
        cache = model.transformer.makeCache(slots: slots, capacity: capacity)
    }

    func logits(of tokens: [Int], rows: CachedRows) -> Tensor {
        let states = model.transformer.hiddenStates(of: tokens, rows: rows, cache: cache)
        guard !rows.isDecodeStep else { return model.logits(of: states) }
        return model.logits(of: states.selecting(Tensor(rows.lastRows, on: model.device)))
    }

    func copy(from source: Int, to target: Int, length: Int) {
        cache.copy(from: source, to: target, length: length)
    }
}

/// Decoding by the packed decoder.
final class PackedEngine: DecodingEngine {
    private let decoder: PackedDecoder

    init(_ decoder: PackedDecoder, slots: Int, capacity: Int) {
        self.decoder = decoder
        decoder.reserve(slots: slots, capacity: capacity)
    }

    func logits(of tokens: [Int], rows: CachedRows) -> Tensor {
        decoder.outputs(of: tokens, rows: rows)
    }

    func copy(from source: Int, to target: Int, length: Int) {
        decoder.copySlot(source, to: target, length: length)
    }
}

extension PackedDecoder {
    /// Runs the rows. → what follows the last row of each run, fp32.
    func outputs(of tokens: [Int], rows: CachedRows) -> Tensor {
        outputs(
            Rows(
                tokens: tokens.map(Int64.init),
                slots: rows.runs.flatMap { Array(repeating: Int64($0.slot), count: $0.length) },
                positions: rows.positions.map(Int64.init), wanted: rows.lastRows.map(Int64.init)))
    }
}
