import Torch

/// Turns logits into tokens.
struct Sampler {
    let parameters: SamplingParameters

    struct Draw {
        /// [B]
        let tokens: [Int]
        /// Log-probability of each under the distribution it was drawn from; greedy: under the model's own.
        let logProbabilities: [Float]
    }

    /// Draws one token per row, on the CPU by one fused operation.
    /// - Parameters:
    ///   - logits: [B, V], fp32.
    ///   - previous: each row's sequence so far, for the repetition penalty.
    ///   - uniforms: one number in [0, 1) per row.
    func draw(_ logits: Tensor, previous: [[Int]], uniforms: [Float]) -> Draw {
        guard logits.device.isCPU else {
            return drawByTensors(logits, previous: previous, uniforms: uniforms)
        }
        let drawn = logits.drawingTokens(
            Tensor.Drawing(
                repetitionPenalty: parameters.repetitionPenalty, temperature: parameters.temperature,
                topK: parameters.topK, topP: parameters.topP, minP: parameters.minP),
            uniforms: uniforms, previous: previous)
        return Draw(tokens: drawn.tokens, logProbabilities: drawn.logProbabilities)
    }

    /// The same on any device.
    func drawByTensors(_ logits: Tensor, previous: [[Int]], uniforms: [Float]) -> Draw {
        let filtered = filteredLogits(logits, previous: previous)
        let probabilities = filtered.softmax()
        let chosen =
            parameters.isGreedy
            ? filtered.argmax(along: -1, keeping: true)
            : inverseCumulative(probabilities, at: Tensor(uniforms, on: logits.device))
        return Draw(
            tokens: chosen.integers(), logProbabilities: probabilities.gathering(chosen).log().floats())
    }

    /// The logits after all filters, excluded tokens at −∞; [B, V].
    func filteredLogits(_ logits: Tensor, previous: [[Int]]) -> Tensor {
        var logits = penalized(logits, previous: previous)
        guard !parameters.isGreedy else { return logits }
        if parameters.temperature != 1 { logits = logits / parameters.temperature }
        let vocabulary = logits.size(-1)
        if parameters.topK > 0, parameters.topK < vocabulary {
            let smallest = logits.top(parameters.topK).values.narrowed(
                1, parameters.topK - 1..<parameters.topK)
            logits = logits.filled(where: logits .< smallest, with: -.infinity)
        }
        if parameters.topP < 1 {
            logits = logits.filled(where: logits .< nucleusThreshold(logits), with: -.infinity)
        }
        if parameters.minP > 0 {
            let probabilities = logits.softmax()
            let least = probabilities.max(along: -1, keeping: true) * parameters.minP
            logits = logits.filled(where: probabilities .< least, with: -.infinity)
        }
        return logits
    }

    /// The position where each row's cumulative probability passes its uniform number: [B, V], [B] → [B, 1].
    private func inverseCumulative(_ probabilities: Tensor, at uniforms: Tensor) -> Tensor {
        let cumulative = probabilities.cumulativeSum()
        let last = cumulative.size(-1) - 1
        let total = cumulative.narrowed(1, last..<last + 1)
        return cumulative.searchSorted(uniforms.unsqueezed(1) * total, after: true)
    }

    private func penalized(_ logits: Tensor, previous: [[Int]]) -> Tensor {
        guard parameters.repetitionPenalty != 1, let longest = previous.map(\.count).max(), longest > 0 else {
            return logits
        }
        // A repeated id is penalised once: shorter rows can be filled up with ids they already have.
        let padded = previous.flatMap { row in
            row + Array(repeating: row.first ?? 0, count: longest - row.count)
        }
        let seen = Tensor(padded, shape: [previous.count, longest], on: logits.device)
        let values = logits.gathering(seen)
        let penalty = parameters.repetitionPenalty
        let changed = Tensor.select(values .< 0, values * penalty, else: values / penalty)
        return logits.scattering(changed, at: seen)
    }

    /// The smallest logit inside each row's nucleus, [B, 1].
    private func nucleusThreshold(_ logits: Tensor) -> Tensor {
        let vocabulary = logits.size(-1)
        let normalizer = logits.logSumExp(along: -1, keeping: true)
        // Sorting the whole vocabulary costs more than the model: nearly always a few hundred tokens hold the mass.
        var candidates = Swift.min(512, vocabulary)
        while true {
            let values = logits.top(candidates).values
            let before = (values - normalizer).exp().cumulativeSum() - (values - normalizer).exp()
            let inside = before .< parameters.topP
            let count = inside.to(.int64).sum(along: -1, keeping: true)
            if candidates == vocabulary || count.max().item() < Double(candidates) {
                return values.gathering(count - 1)
            }
            candidates = Swift.min(candidates * 8, vocabulary)
        }
    }
}
