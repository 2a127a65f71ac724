import CTorch

extension Tensor {
    /// How tokens are drawn from logits. Filters apply in the order of the properties.
    public struct Drawing {
        public var repetitionPenalty: Double
        /// 0: always the most probable token.
        public var temperature: Double
        public var topK: Int
        public var topP: Double
        public var minP: Double

        public init(repetitionPenalty: Double, temperature: Double, topK: Int, topP: Double, minP: Double) {
            self.repetitionPenalty = repetitionPenalty
            self.temperature = temperature
            self.topK = topK
            self.topP = topP
            self.minP = minP
        }
    }

    /// Draws one token per row of logits (self, [n, V], fp32 on the CPU), by the inverse of the cumulative distribution.
    /// - Parameters:
    ///   - uniforms: one number in [0, 1) per row.
    ///   - previous: the tokens of each row that the penalty applies to; empty without a penalty.
    /// - Returns: the tokens and their log-probabilities under the distributions they were drawn from, [n] each; NaN
    ///   for a row whose logits are not all finite.
    public func drawingTokens(
        _ drawing: Drawing, uniforms: [Float], previous: [[Int]]
    ) -> (tokens: [Int], logProbabilities: [Float]) {
        precondition(uniforms.count == size(0), "\(uniforms.count) numbers for \(size(0)) rows")
        let settings = ctorch_sampling(
            repetition_penalty: drawing.repetitionPenalty, temperature: drawing.temperature,
            top_k: Int64(drawing.topK), top_p: drawing.topP, min_p: drawing.minP)
        var tokens = [Int64](repeating: 0, count: uniforms.count)
        var logProbabilities = [Float](repeating: 0, count: uniforms.count)
        let flat = previous.flatMap { $0.map(Int64.init) }
        flat.withUnsafeBufferPointer { flat in
            var start = 0
            let lists = uniforms.indices.map { row -> ctorch_token_list in
                let count = previous.isEmpty ? 0 : previous[row].count
                defer { start += count }
                return ctorch_token_list(tokens: flat.baseAddress.map { $0 + start }, count: count)
            }
            perform(self) {
                ctorch_draw_tokens($0[0], settings, uniforms, lists, &tokens, &logProbabilities)
            }
        }
        return (tokens.map(Int.init), logProbabilities)
    }
}
