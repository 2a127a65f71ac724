import CTorch

extension Tensor {
    public func matrixProduct(_ other: Tensor) -> Tensor {
        produce(self, other) { ctorch_matmul($0[0], $0[1], $1) }
    }

    /// `self · weightᵀ + bias`: input […, K], weight [N, K], bias [N] → […, N].
    public func linear(weight: Tensor, bias: Tensor? = nil) -> Tensor {
        produce(self, weight, bias) { ctorch_linear($0[0], $0[1], $0[2], $1) }
    }

    /// `linear` with a low-rank adapter beside it, `self · weightᵀ + bias + scale · self · downᵀ · upᵀ`: input […, K], weight
    /// [N, K], down [R, K], up [N, R] → […, N].
    /// - Parameters:
    ///   - dropout: the chance that an element of the adapter's input is dropped, and where chance comes from.
    ///   - values: […, K], for which this is the gate: the input is `swiGLU(gate:up:)` of both, which backward computes again
    ///     rather than keeps.
    public func linear(
        weight: Tensor, bias: Tensor?, down: Tensor, up: Tensor, scale: Double,
        dropout: (probability: Double, generator: Generator)?, gating values: Tensor? = nil
    ) -> Tensor {
        withExtendedLifetime(dropout?.generator) {
            let settings = ctorch_adapter(
                scale: scale, dropout: dropout?.probability ?? 0, generator: dropout?.generator.handle)
            return produce(self, values, weight, bias, down, up) {
                ctorch_adapted_linear($0[0], $0[1], $0[2], $0[3], $0[4], $0[5], settings, $1)
            }
        }
    }

    /// Rows of a table: self [V, H], indices […] → […, H].
    public func embedding(_ indices: Tensor) -> Tensor {
        produce(self, indices) { ctorch_embedding($0[0], $0[1], $1) }
    }

    /// x / √(mean(x²) + ε) · weight over the last dimension, computed in fp32.
    public func rmsNormalized(weight: Tensor, epsilon: Double) -> Tensor {
        produce(self, weight) { ctorch_rms_norm($0[0], $0[1], epsilon, $1) }
    }

    public func dropout(_ probability: Double, using generator: Generator) -> Tensor {
        withExtendedLifetime(generator) {
            produce(self) { ctorch_dropout($0[0], probability, generator.handle, $1) }
        }
    }

    /// Rotary position embedding of heads [N, H, D] by each row's angles, cosine and sine [N, D/2]; element i turns with
    /// element i + D/2 (the Hugging Face layout).
    public func rotated(cosine: Tensor, sine: Tensor) -> Tensor {
        produce(self, cosine, sine) { ctorch_rotate($0[0], $0[1], $0[2], $1) }
    }

    /// silu(gate) · up, both [.., F] (Shazeer 2020, "GLU Variants Improve Transformer", equation 6).
    public static func swiGLU(gate: Tensor, up: Tensor) -> Tensor {
        produce(gate, up) { ctorch_swiglu($0[0], $0[1], $1) }
    }

    /// The same from one fused projection, [.., 2F] with the gate first → [.., F].
    public func swiGLU() -> Tensor { produce(self) { ctorch_swiglu($0[0], nil, $1) } }

    /// `swiGLU(gate:up:)` in a linear layer, gate and up [.., F] and weight [N, F] → [.., N]; what goes into the layer is
    /// computed again in backward rather than kept.
    public static func gatedLinear(gate: Tensor, up: Tensor, weight: Tensor) -> Tensor {
        produce(gate, up, weight) { ctorch_gated_linear($0[0], $0[1], $0[2], $1) }
    }

    /// Softmax(q·kᵀ·scale + mask)·v. Query [B, H, T, D]; key, value [B, KV, S, D] with KV dividing H; mask broadcast to
    /// [B, H, T, S]. → [B, H, T, D]
    /// - Parameter scale: nil for 1/√D.
    public static func attention(
        query: Tensor, key: Tensor, value: Tensor, mask: Tensor? = nil, causal: Bool = false,
        scale: Double? = nil
    ) -> Tensor {
        produce(query, key, value, mask) {
            ctorch_attention($0[0], $0[1], $0[2], $0[3], causal, scale ?? 0, $1)
        }
    }

    /// Causal attention inside each of consecutive segments of rows. Query [N, H, D]; key, value [N, KV, D]; the lengths
    /// sum to N. → [N, H, D]
    /// - Parameters:
    ///   - prefixes: for each segment the earlier one that it continues, whose rows it sees before its own; such
    ///     a prefix continues none itself.
    ///   - window: how many rows a row sees, its own included; nil for all before.
    ///   - scale: what scores are multiplied by; nil for 1/√D.
    public static func segmentAttention(
        query: Tensor, key: Tensor, value: Tensor, lengths: [Int], prefixes: [Int?]? = nil,
        window: Int? = nil, scale: Double? = nil
    ) -> Tensor {
        let prefixes = prefixes ?? Array(repeating: nil, count: lengths.count)
        precondition(
            prefixes.count == lengths.count, "\(prefixes.count) prefixes for \(lengths.count) segments")
        return produce(query, key, value) {
            ctorch_segment_attention(
                $0[0], $0[1], $0[2], lengths.map(Int64.init), prefixes.map { Int64($0 ?? -1) }, lengths.count,
                Int64(window ?? 0), scale ?? 0, $1)
        }
    }
}

/// What the language-model head says about each target token; all [N].
public struct TokenLogProbabilities {
    /// log p(target), fp32, differentiable.
    public let logProbabilities: Tensor
    /// Entropy of the whole distribution in nats, fp32, differentiable.
    public let entropies: Tensor
    /// Whether the target is the most probable token.
    public let isTop: Tensor
    /// Mean of the row's logits over the vocabulary.
    public let meanLogits: Tensor
}

extension Tensor {
    /// Scores `targets` [N] under the head `weight` [V, H] from hidden states (self, [N, H]) without building the [N, V]
    /// logits: rows pass in chunks, accumulated in fp32. Fastest with both in bf16, whose products are exact in fp32.
    public func tokenLogProbabilities(
        weight: Tensor, targets: Tensor, temperature: Double = 1
    ) -> TokenLogProbabilities {
        withExtendedLifetime((self, weight, targets)) {
            var outputs = [OpaquePointer?](repeating: nil, count: 4)
            let status = outputs.withUnsafeMutableBufferPointer { buffer in
                ctorch_token_log_probabilities(
                    handle, weight.handle, targets.handle, temperature,
                    &buffer[0], &buffer[1], &buffer[2], &buffer[3])
            }
            check(status)
            let tensors = outputs.map { Tensor(owning: unwrapHandle($0)) }
            return TokenLogProbabilities(
                logProbabilities: tensors[0], entropies: tensors[1], isTop: tensors[2], meanLogits: tensors[3]
            )
        }
    }
}

extension Tensor {
    /// The logits [N, V] of hidden states (self, [N, H]) under the head `weight` [V, H], for sampling and for losses on whole
    /// distributions: fp32 by the same products as `tokenLogProbabilities`, never rounded to bf16. Differentiable.
    public func headLogits(weight: Tensor) -> Tensor {
        produce(self, weight) { ctorch_head_logits($0[0], $0[1], $1) }
    }
}
