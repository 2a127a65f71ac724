/// Sixteen floats at a time: the arithmetic of the kernels, written once for every x86-64 and for bf16 and fp32 memory.
///
/// A kernel's row function is called by `vectorized`, which compiles it three times, for any x86-64, AVX2 and AVX-512. It and
/// what it calls, lambdas included, must be inlined to be compiled along with it.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

#include "../Processor.h"

#define CTORCH_ALWAYS_INLINE __attribute__((always_inline))  // on its own for lambdas
#define CTORCH_INLINE CTORCH_ALWAYS_INLINE inline

namespace ctorch {

#if defined(__x86_64__)

// By features, because `arch=x86-64-v4` keeps to vectors of 256 bits.
#define CTORCH_V3_FEATURES "avx2,bmi,bmi2,f16c,fma,lzcnt,movbe,popcnt"
#define CTORCH_V4_FEATURES CTORCH_V3_FEATURES ",avx512f,avx512bw,avx512cd,avx512dq,avx512vl"

template <auto function, typename... Arguments>
__attribute__((target(CTORCH_V3_FEATURES))) auto forAVX2(Arguments... arguments) {
    return function(arguments...);
}

template <auto function, typename... Arguments>
__attribute__((target(CTORCH_V4_FEATURES))) auto forAVX512(Arguments... arguments) {
    return function(arguments...);
}

#endif

/// Calls a row function as it was compiled for the processor.
template <auto function, typename... Arguments>
auto vectorized(Arguments... arguments) {
#if defined(__x86_64__)
    if (instructions >= Instructions::avx512) return forAVX512<function>(arguments...);
    if (instructions >= Instructions::avx2) return forAVX2<function>(arguments...);
#endif
    return function(arguments...);
}

/// A struct, because a bare vector as an argument would have an ABI that depends on the processor.
struct Floats {
    static constexpr int64_t count = 16;
    typedef float Lanes __attribute__((vector_size(64)));
    typedef int32_t Bits __attribute__((vector_size(64)));
    typedef uint32_t Words __attribute__((vector_size(64)));
    typedef uint16_t Halves __attribute__((vector_size(32)));

    Lanes lanes;

    /// Minus zero, because plus would cost an addition: 0 + x is not x where x is −0.
    static CTORCH_INLINE Floats all(float value) { return {value - Lanes{}}; }

    /// The first `n` (at most 16) of the memory, zeros after them.
    static CTORCH_INLINE Floats load(const float *memory, int64_t n = count) {
        Floats result = {};
        std::memcpy(&result.lanes, memory, sizeof(float) * static_cast<size_t>(n));
        return result;
    }

    static CTORCH_INLINE Floats load(const c10::BFloat16 *memory, int64_t n = count) {
        Halves halves = {};
        std::memcpy(&halves, memory, sizeof(uint16_t) * static_cast<size_t>(n));
        return {(Lanes)(__builtin_convertvector(halves, Words) << 16)};
    }

    /// The first `n` lanes of `x`, `filler` in the others.
    static CTORCH_INLINE Floats firstOf(Floats x, int64_t n, float filler) {
        const Bits index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        return {index < static_cast<int32_t>(n) ? x.lanes : (Lanes{} + filler)};
    }

    CTORCH_INLINE void store(float *memory, int64_t n = count) const {
        std::memcpy(memory, &lanes, sizeof(float) * static_cast<size_t>(n));
    }

    /// Rounds to the nearest bf16, ties to even; NaN stays NaN.
    CTORCH_INLINE void store(c10::BFloat16 *memory, int64_t n = count) const {
        const Words bits = (Words)lanes;
        const Words rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        const Halves halves = __builtin_convertvector(lanes == lanes ? rounded : (Words{} + 0x7fc0), Halves);
        std::memcpy(memory, &halves, sizeof(uint16_t) * static_cast<size_t>(n));
    }

    CTORCH_INLINE float sum() const {
        float total = 0;
        for (int i = 0; i < count; i++) total += lanes[i];
        return total;
    }

    CTORCH_INLINE float max() const {
        float largest = lanes[0];
        for (int i = 1; i < count; i++) largest = lanes[i] > largest ? lanes[i] : largest;
        return largest;
    }
};

CTORCH_INLINE Floats operator+(Floats a, Floats b) { return {a.lanes + b.lanes}; }
CTORCH_INLINE Floats operator-(Floats a, Floats b) { return {a.lanes - b.lanes}; }
CTORCH_INLINE Floats operator*(Floats a, Floats b) { return {a.lanes * b.lanes}; }
CTORCH_INLINE Floats operator/(Floats a, Floats b) { return {a.lanes / b.lanes}; }
CTORCH_INLINE Floats larger(Floats a, Floats b) { return {a.lanes > b.lanes ? a.lanes : b.lanes}; }

/// eˣ to about one unit in the last place: x = n·log 2 + r, a polynomial in r, and n added to the exponent (Cephes `expf`).
/// Below −87.3, where fp32 runs out of normal numbers, it is 0; above 88.7 it stays at e^88.7; NaN stays NaN.
CTORCH_INLINE Floats exponential(Floats x) {
    using Lanes = Floats::Lanes;
    const Lanes low = Lanes{} - 87.3f, high = Lanes{} + 88.7f, magic = Lanes{} + 12582912.0f;  // 1.5 · 2²³
    Lanes v = x.lanes < low ? low : x.lanes;
    v = v > high ? high : v;
    const Lanes shifted = v * 1.44269504f + magic, n = shifted - magic;  // the sum rounds to a whole number
    const Lanes r = (v - n * 0.693359375f) - n * -2.12194440e-4f;
    Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // Two factors, because n reaches 128, which no single exponent holds.
    const Floats::Bits whole = (Floats::Bits)shifted - (Floats::Bits)magic, half = whole >> 1;
    const Lanes result = p * (Lanes)((half + 127) << 23) * (Lanes)((whole - half + 127) << 23);
    return {x.lanes < low ? Lanes{} : result};
}

/// Calls `body(index, n)` for consecutive groups of `n` = 16 out of `count`, then once for the rest.
template <typename Body>
CTORCH_INLINE void forEachGroup(int64_t count, const Body &body) {
    int64_t i = 0;
    for (; i + Floats::count <= count; i += Floats::count) body(i, Floats::count);
    if (i < count) body(i, count - i);
}

}  // namespace ctorch
