/// What happens to rows between the products of a decoder, in fp32. `Element` is what the next product takes.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace ctorch {

/// y = x / √(mean(x²) + ε) · weight, one row of `width`. `y` may be `x`.
void normalizeRow(const float *x, const float *weight, float epsilon, float *y, int64_t width);
void normalizeRow(const float *x, const float *weight, float epsilon, c10::BFloat16 *y, int64_t width);

/// Turns elements i and i + half of each head [size] by the row's angles [half], in place, and multiplies all by `scale`. What
/// lies behind the first 2 · half elements does not turn.
void rotateHeads(
    float *heads, int64_t count, int64_t size, const float *cosine, const float *sine, int64_t half, float scale);

/// silu(gate) · up from [gate | up], one row, → y [width].
void swiGLURow(const float *both, float *y, int64_t width);
void swiGLURow(const float *both, c10::BFloat16 *y, int64_t width);

/// The same with GELU, by tanh, in place of silu.
void geGLURow(const float *both, float *y, int64_t width);
void geGLURow(const float *both, c10::BFloat16 *y, int64_t width);

/// x · scale, in place.
void scaleRow(float *x, float scale, int64_t width);
/// y + x · scale → y.
void addRow(const float *x, float scale, float *y, int64_t width);

/// One row, rounded where `y` holds less.
void copyRow(const float *x, float *y, int64_t width);
void copyRow(const float *x, c10::BFloat16 *y, int64_t width);
void copyRow(const c10::BFloat16 *x, float *y, int64_t width);
void copyRow(const c10::BFloat16 *x, c10::BFloat16 *y, int64_t width);


/// Whether bf16 holds the row as it is.
bool isHalvesRow(const float *x, int64_t width);
inline bool isHalvesRow(const c10::BFloat16 *, int64_t) { return true; }

}  // namespace ctorch
