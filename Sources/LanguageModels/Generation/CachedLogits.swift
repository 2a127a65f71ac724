import Torch

extension LanguageModel {
    /// Logits after the tokens of a sequence from `start` on, [T − start, V], fp32, as generation computes them: what comes
    /// before in one pass, every further token by itself through the cache.
    public func cachedLogits(of tokens: [Int], from start: Int) -> Tensor {
        withoutGradients {
            withPackedWeights {
                let engine = makeEngine(slots: 1, capacity: tokens.count)
                let passes = [0..<start + 1] + (start + 1..<tokens.count).map { $0..<$0 + 1 }
                return .concatenated(
                    passes.map { pass in
                        let run = CachedRows.Run(slot: 0, start: pass.lowerBound, length: pass.count)
                        return engine.logits(of: Array(tokens[pass]), rows: CachedRows(runs: [run]))
                    })
            }
        }
    }

    /// The same by one pass over the whole sequence, without a cache.
    public func logits(of tokens: [Int], from start: Int) -> Tensor {
        withoutGradients {
            let states = transformer.hiddenStates(of: PackedBatch([tokens]))
            return logits(of: states[start..<tokens.count])
        }
    }
}
