import Torch

/// What writes answers: runs tokens of many sequences and remembers them.
protocol DecodingEngine: AnyObject {
    /// Runs the rows; their tokens join the slots' sequences. → the logits after the last row of each run, [runs, V], fp32.
    func logits(of tokens: [Int], rows: CachedRows) -> Tensor

    /// Copies the first `length` tokens of one slot to another.
    func copy(from source: Int, to target: Int, length: Int)
}

extension LanguageModel {
    /// An engine with room for `slots` sequences of up to `capacity` tokens: the packed decoder on the CPU, tensors elsewhere
    /// and where the model is none that it knows.
    func makeEngine(slots: Int, capacity: Int) -> any DecodingEngine {
        guard let packedDecoder else {
            let engine = TensorEngine(self, slots: slots, capacity: capacity)
            return configuration.dependsOnLength ? RereadingEngine(engine, transformer.rotary) : engine
        }
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

/// Decoding where what is known of a sequence's beginning does not hold once it is longer, because all frequencies change: it
/// is read again from its first token then.
final class RereadingEngine: DecodingEngine {
    private let engine: TensorEngine
    private let rotary: RotaryEmbedding
    /// By slot: the tokens so far, and with which frequencies they were read.
    private var read: [Int: (tokens: [Int], regime: Int)] = [:]

    init(_ engine: TensorEngine, _ rotary: RotaryEmbedding) {
        self.engine = engine
        self.rotary = rotary
    }

    func logits(of tokens: [Int], rows: CachedRows) -> Tensor {
        var (given, runs) = ([Int](), [CachedRows.Run]())
        var first = 0
        for run in rows.runs {
            let added = tokens[first..<first + run.length]
            first += run.length
            let known = read[run.slot]
            let sequence = (known?.tokens.prefix(run.start) ?? []) + added
            let regime = rotary.regime(length: sequence.count)
            let start = known?.regime == regime ? run.start : 0
            given += sequence[start...]
            runs.append(CachedRows.Run(slot: run.slot, start: start, length: sequence.count - start))
            read[run.slot] = (Array(sequence), regime)
        }
        return engine.logits(of: given, rows: CachedRows(runs: runs))
    }

    func copy(from source: Int, to target: Int, length: Int) {
        engine.copy(from: source, to: target, length: length)
        read[target] = read[source].map { (Array($0.tokens.prefix(length)), $0.regime) }
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
