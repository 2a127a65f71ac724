/// Attention of whole sequences in bf16, tile by tile: the arithmetic of SegmentAttention.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace ctorch {

/// Rows [start, start + length) of a batch.
struct Sequence {
    int64_t start, length;
};

/// Sequences that share keys: the first one, and those that continue it. Each of the others sees all of the first and
/// then itself. A sequence that nothing continues is a family of one.
using Family = std::vector<Sequence>;

/// Heads of a batch, [N, H, D] or [N, KV, D] of bf16.
struct AttentionShape {
    int64_t heads, keyHeads, size;
    float scale;

    int64_t group() const { return heads / keyHeads; }
};

struct AttentionInputs {
    const uint16_t *queries, *keys, *values;
    AttentionShape shape;
};

/// Sizes of heads that the tiles are made for: multiples of this, best of 64.
constexpr int64_t attentionSizes = 16;

/// Writes the attention of all query heads that read `keyHead`, [N, H, D], and log Σ exp of their scores, [N, H].
void attendFamily(
    const AttentionInputs &in, const Family &family, int64_t keyHead, uint16_t *outputs, float *logSums);

struct AttentionGradients {
    /// What forward wrote, and the gradient of its outputs.
    const uint16_t *outputs, *outputGradients;
    const float *logSums;
    /// Written: gradients of the inputs.
    uint16_t *queries, *keys, *values;
};

/// The gradients of one key head and of the query heads that read it.
void differentiateFamily(
    const AttentionInputs &in, const Family &family, int64_t keyHead, const AttentionGradients &gradients);

}  // namespace ctorch
