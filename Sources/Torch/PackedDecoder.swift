import CTorch

/// A whole decoder laid out for passes without gradients on the CPU, with the keys and values of the sequences it works on.
///
/// Matrices are copied; the embedding and the norms may be read where they are, so no weight may change while it is used.
/// Products are exact sums of bf16 or fp32 factors in fp32, activations between them are fp32. Matrices and biases are rounded to
/// its type on every processor, as training rounds them.
public final class PackedDecoder {
    /// What matrices are kept in.
    public enum Weights: Int32, Sendable, CaseIterable {
        case float32 = 6
        case bfloat16 = 15
        /// Whole numbers from −127 to 127, of which 32 neighbours of a row share a scale. What they multiply is rounded in the same
        /// way, biases are not rounded, and keys and values are bf16.
        case int8 = 1
    }

    /// Weights of one layer, [outputs, inputs] each.
    public struct Layer {
        /// Norms of what goes into attention and feed-forward, and of what comes out; nil where there is none.
        let attentionNorm, attentionOutputNorm, feedForwardNorm, feedForwardOutputNorm: Tensor?
        let query, key, value, output: Tensor
        let queryBias, keyBias, valueBias, outputBias: Tensor?
        /// Of queries and keys, per head, [D], or over all of them, [H · D] and [KV · D].
        let queryNorm, keyNorm: Tensor?
        let gate, up, down: Tensor
        let gateBias, upBias, downBias: Tensor?
        /// Rotary angles of all positions, [P, R/2], of which the first R dimensions of a head turn; nil without positions.
        let cosine, sine: Tensor?
        /// How many tokens a row sees, its own included; nil for all before.
        let window: Int?

        public init(
            attentionNorm: Tensor?, query: Tensor, key: Tensor, value: Tensor, queryBias: Tensor?,
            keyBias: Tensor?, valueBias: Tensor?, queryNorm: Tensor?, keyNorm: Tensor?, output: Tensor,
            outputBias: Tensor?, attentionOutputNorm: Tensor?, feedForwardNorm: Tensor?, gate: Tensor,
            up: Tensor, down: Tensor, gateBias: Tensor?, upBias: Tensor?, downBias: Tensor?,
            feedForwardOutputNorm: Tensor?, cosine: Tensor?, sine: Tensor?, window: Int?
        ) {
            self.attentionNorm = attentionNorm
            self.attentionOutputNorm = attentionOutputNorm
            self.feedForwardNorm = feedForwardNorm
            self.feedForwardOutputNorm = feedForwardOutputNorm
            self.query = query
            self.key = key
            self.value = value
            self.output = output
            self.queryBias = queryBias
            self.keyBias = keyBias
            self.valueBias = valueBias
            self.outputBias = outputBias
            self.queryNorm = queryNorm
            self.keyNorm = keyNorm
            self.gate = gate
            self.up = up
            self.down = down
            self.gateBias = gateBias
            self.upBias = upBias
            self.downBias = downBias
            self.cosine = cosine
            self.sine = sine
            self.window = window
        }

        fileprivate var raw: ctorch_decoder_layer {
            ctorch_decoder_layer(
                attention_norm: attentionNorm?.handle, query: query.handle, key: key.handle,
                value: value.handle, query_bias: queryBias?.handle, key_bias: keyBias?.handle,
                value_bias: valueBias?.handle, query_norm: queryNorm?.handle, key_norm: keyNorm?.handle,
                output: output.handle, output_bias: outputBias?.handle,
                attention_output_norm: attentionOutputNorm?.handle,
                feed_forward_norm: feedForwardNorm?.handle, gate: gate.handle, up: up.handle,
                down: down.handle, gate_bias: gateBias?.handle, up_bias: upBias?.handle,
                down_bias: downBias?.handle, feed_forward_output_norm: feedForwardOutputNorm?.handle,
                cosine: cosine?.handle, sine: sine?.handle, window: Int64(window ?? 0))
        }
    }

    /// What is around the layers.
    public struct Frame {
        let headCount, keyValueHeadCount, headSize: Int
        /// How long sequences may be.
        let positionCount: Int
        let normEpsilon: Double
        /// What embeddings, scores (nil: 1/√D) and what blocks add are multiplied by.
        let embeddingScale: Double
        let attentionScale: Double?
        let residualScale: Double
        /// Whether gates are GELUs, by tanh, in place of SiLUs.
        let usesGELU: Bool
        /// [V, H]
        let embedding: Tensor
        /// [H]
        let finalNorm: Tensor
        /// [V, H]; nil for a decoder that ends with the last states.
        let head: Tensor?

        public init(
            headCount: Int, keyValueHeadCount: Int, headSize: Int, positionCount: Int, normEpsilon: Double,
            embeddingScale: Double, attentionScale: Double?, residualScale: Double, usesGELU: Bool,
            embedding: Tensor, finalNorm: Tensor, head: Tensor?
        ) {
            self.headCount = headCount
            self.keyValueHeadCount = keyValueHeadCount
            self.headSize = headSize
            self.positionCount = positionCount
            self.normEpsilon = normEpsilon
            self.embeddingScale = embeddingScale
            self.attentionScale = attentionScale
            self.residualScale = residualScale
            self.usesGELU = usesGELU
            self.embedding = embedding
            self.finalNorm = finalNorm
            self.head = head
        }
    }

    /// Tokens, the sequences (slots) they continue and their positions there. Rows of one slot are together, in order.
    public struct Rows {
        public let tokens: [Int64]
        public let slots: [Int64]
        public let positions: [Int64]
        /// Indices of the rows whose outputs are wanted, ascending.
        public let wanted: [Int64]

        public init(tokens: [Int64], slots: [Int64], positions: [Int64], wanted: [Int64]) {
            precondition(
                tokens.count == slots.count && tokens.count == positions.count,
                "\(tokens.count) tokens with \(slots.count) slots and \(positions.count) positions")
            self.tokens = tokens
            self.slots = slots
            self.positions = positions
            self.wanted = wanted
        }
    }

    private let handle: OpaquePointer

    /// A decoder without layers.
    /// - Parameter weights: what they are rounded to and, where the processor can, products are computed in; otherwise they are
    ///   computed in fp32.
    public init(_ frame: Frame, weights: Weights) {
        handle = withExtendedLifetime(frame) {
            var raw = ctorch_decoder_frame(
                head_count: Int64(frame.headCount), key_value_head_count: Int64(frame.keyValueHeadCount),
                head_size: Int64(frame.headSize), position_count: Int64(frame.positionCount),
                norm_epsilon: frame.normEpsilon, embedding_scale: frame.embeddingScale,
                attention_scale: frame.attentionScale ?? 0, residual_scale: frame.residualScale,
                gelu: frame.usesGELU, embedding: frame.embedding.handle,
                final_norm: frame.finalNorm.handle, head: frame.head?.handle)
            var out: OpaquePointer?
            check(ctorch_decoder_create(&raw, weights.rawValue, &out))
            return unwrapHandle(out)
        }
    }

    /// Puts a layer on top of those there are.
    public func append(_ layer: Layer) {
        withExtendedLifetime(layer) {
            var raw = layer.raw
            check(ctorch_decoder_append(handle, &raw))
        }
    }

    deinit { ctorch_decoder_free(handle) }

    /// Makes room for `slots` sequences of up to `capacity` tokens and forgets what was cached.
    public func reserve(slots: Int, capacity: Int) {
        check(ctorch_decoder_reserve(handle, Int64(slots), Int64(capacity)))
    }

    /// Copies the first `length` tokens of one slot to another.
    public func copySlot(_ source: Int, to target: Int, length: Int) {
        check(ctorch_decoder_copy_slot(handle, Int64(source), Int64(target), Int64(length)))
    }

    /// Runs the rows. → the logits of those that are wanted, [wanted, V], fp32; without a head their last states, [wanted, H].
    public func outputs(_ rows: Rows) -> Tensor {
        produce { _, out in
            rows.tokens.withUnsafeBufferPointer { tokens in
                rows.slots.withUnsafeBufferPointer { slots in
                    rows.positions.withUnsafeBufferPointer { positions in
                        rows.wanted.withUnsafeBufferPointer { wanted in
                            ctorch_decoder_outputs(
                                handle,
                                ctorch_decoder_rows(
                                    tokens: tokens.baseAddress, slots: slots.baseAddress,
                                    positions: positions.baseAddress, count: tokens.count,
                                    wanted: wanted.baseAddress, wanted_count: wanted.count), out)
                        }
                    }
                }
            }
        }
    }

    /// What a decoder does with each of its matrices: rows [n, inputs] · weightsᵀ, the weights below each other, → [n, outputs],
    /// fp32.
    /// - Parameter addend: what the product is added to.
    package static func product(
        of rows: Tensor, with weights: [Tensor], as type: Weights, addedTo addend: Tensor? = nil
    ) -> Tensor {
        withExtendedLifetime(weights) {
            produce(rows, addend) { inputs, out in
                ctorch_decoder_product(
                    inputs[0], weights.map { $0.handle }, weights.count, type.rawValue, inputs[1], out)
            }
        }
    }
}
