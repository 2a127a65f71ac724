#include "RowOperations.h"

#include <cmath>

#include "../Kernels/Floats.h"

using c10::BFloat16;

namespace ctorch {

namespace {

template <typename Element>
CTORCH_INLINE void normalize(const float *x, const float *weight, float epsilon, Element *y, int64_t width) {
    Floats squares = {};
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto v = Floats::load(x + i, n);
        squares = squares + v * v;
    });
    const auto scale = Floats::all(1 / std::sqrt(squares.sum() / static_cast<float>(width) + epsilon));
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        (Floats::load(x + i, n) * scale * Floats::load(weight + i, n)).store(y + i, n);
    });
}

CTORCH_INLINE void rotate(
    float *heads, int64_t count, int64_t size, const float *cosine, const float *sine, int64_t half, float scale
) {
    for (int64_t head = 0; head < count; head++, heads += size) {
        forEachGroup(half, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto s = Floats::all(scale);
            const auto c = Floats::load(cosine + i, n) * s, t = Floats::load(sine + i, n) * s;
            const auto a = Floats::load(heads + i, n), b = Floats::load(heads + half + i, n);
            (a * c - b * t).store(heads + i, n);
            (b * c + a * t).store(heads + half + i, n);
        });
        forEachGroup(size - 2 * half, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            (Floats::load(heads + 2 * half + i, n) * Floats::all(scale)).store(heads + 2 * half + i, n);
        });
    }
}

template <typename Element>
CTORCH_INLINE void swiGLU(const float *both, Element *y, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto gate = Floats::load(both + i, n), up = Floats::load(both + width + i, n);
        (gate * up / (Floats::all(1) + exponential(Floats::all(0) - gate))).store(y + i, n);
    });
}

/// ½g(1 + tanh u) is g / (1 + exp(−2u)).
template <typename Element>
CTORCH_INLINE void geGLU(const float *both, Element *y, int64_t width) {
    constexpr float twice = 2 * 0.7978845608028654F, cubic = twice * 0.044715F;
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto gate = Floats::load(both + i, n), up = Floats::load(both + width + i, n);
        const auto inner = gate * (Floats::all(twice) + gate * gate * Floats::all(cubic));
        (gate * up / (Floats::all(1) + exponential(Floats::all(0) - inner))).store(y + i, n);
    });
}

CTORCH_INLINE void scaled(float *x, float scale, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        (Floats::load(x + i, n) * Floats::all(scale)).store(x + i, n);
    });
}

CTORCH_INLINE void added(const float *x, float scale, float *y, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        (Floats::load(y + i, n) + Floats::load(x + i, n) * Floats::all(scale)).store(y + i, n);
    });
}

template <typename From, typename To>
CTORCH_INLINE void copy(const From *x, To *y, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE { Floats::load(x + i, n).store(y + i, n); });
}

CTORCH_INLINE bool isHalves(const float *x, int64_t width) {
    Floats::Words bits = {};
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        bits |= (Floats::Words)Floats::load(x + i, n).lanes;
    });
    uint32_t any = 0;
    for (int lane = 0; lane < Floats::count; lane++) any |= bits[lane];
    return (any & 0xffff) == 0;
}

}  // namespace

void normalizeRow(const float *x, const float *weight, float epsilon, float *y, int64_t width) {
    vectorized<normalize<float>>(x, weight, epsilon, y, width);
}

void normalizeRow(const float *x, const float *weight, float epsilon, BFloat16 *y, int64_t width) {
    vectorized<normalize<BFloat16>>(x, weight, epsilon, y, width);
}

void rotateHeads(
    float *heads, int64_t count, int64_t size, const float *cosine, const float *sine, int64_t half, float scale
) {
    vectorized<rotate>(heads, count, size, cosine, sine, half, scale);
}

void swiGLURow(const float *both, float *y, int64_t width) { vectorized<swiGLU<float>>(both, y, width); }
void swiGLURow(const float *both, BFloat16 *y, int64_t width) { vectorized<swiGLU<BFloat16>>(both, y, width); }
void geGLURow(const float *both, float *y, int64_t width) { vectorized<geGLU<float>>(both, y, width); }
void geGLURow(const float *both, BFloat16 *y, int64_t width) { vectorized<geGLU<BFloat16>>(both, y, width); }
void scaleRow(float *x, float scale, int64_t width) { vectorized<scaled>(x, scale, width); }
void addRow(const float *x, float scale, float *y, int64_t width) { vectorized<added>(x, scale, y, width); }
void copyRow(const float *x, float *y, int64_t width) { vectorized<copy<float, float>>(x, y, width); }
void copyRow(const float *x, BFloat16 *y, int64_t width) { vectorized<copy<float, BFloat16>>(x, y, width); }
void copyRow(const BFloat16 *x, float *y, int64_t width) { vectorized<copy<BFloat16, float>>(x, y, width); }
void copyRow(const BFloat16 *x, BFloat16 *y, int64_t width) { vectorized<copy<BFloat16, BFloat16>>(x, y, width); }
bool isHalvesRow(const float *x, int64_t width) { return vectorized<isHalves>(x, width); }

}  // namespace ctorch
