/// Attention of whole sequences, tile by tile: the arithmetic of SegmentAttention.cpp, in bf16 (AttentionTiles.cpp) and in fp32
/// (FloatAttention.cpp).
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

/// Heads of a batch, [N, H, D] or [N, KV, D].
struct AttentionShape {
    int64_t heads, keyHeads, size;
    float scale;

    int64_t group() const { return heads / keyHeads; }
};

/// fp32, or bf16 by its bits.
template <typename T>
struct AttentionInputs {
    const T *queries, *keys, *values;
    AttentionShape shape;
};

/// Sizes of heads that the tiles are made for: multiples of this, best of 64.
constexpr int64_t attentionSizes = 16;

/// In fp32 smaller heads, which only toy models have, stay on the plain road: their golden numbers come from its very order of
/// sums, which a training run of a few steps magnifies to a few units of the seventh digit.
constexpr int64_t smallestFloatSize = 32;

template <typename T>
struct AttentionGradients {
    /// What forward wrote, and the gradient of its outputs.
    const T *outputs, *outputGradients;
    const float *logSums;
    /// Written: gradients of the inputs.
    T *queries, *keys, *values;
};

/// Writes the attention of all query heads that read `keyHead`, [N, H, D], and log Σ exp of their scores, [N, H].
void attendFamily(
    const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead, uint16_t *outputs, float *logSums);
void attendFamily(
    const AttentionInputs<float> &in, const Family &family, int64_t keyHead, float *outputs, float *logSums);

/// The gradients of one key head and of the query heads that read it.
void differentiateFamily(
    const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead,
    const AttentionGradients<uint16_t> &gradients);
void differentiateFamily(
    const AttentionInputs<float> &in, const Family &family, int64_t keyHead, const AttentionGradients<float> &gradients);

}  // namespace ctorch
