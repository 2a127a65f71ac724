/// bf16 two at a time: what the kernels for `vdpbf16ps` share.
///
/// The instruction adds to each of 16 fp32 sums the products of two pairs of bf16. The left factor of a matrix product is
/// therefore read as it lies, row by row, two neighbours at a time; the right one is laid out as a panel, [K/2] lines of
/// pairs, in which one vector holds the same two rows of 16 columns.
#pragma once

#include <cstdint>

#include "../Processor.h"
#include "Buffer.h"

namespace ctorch {

/// A pair of neighbouring bf16 of one row, or of two rows.
using Pair = uint32_t;

constexpr int64_t pairLanes = 16;

/// Whether the instruction is there.
inline bool hasPairProducts() { return instructions >= Instructions::avx512bf16; }

}  // namespace ctorch

#if defined(__x86_64__)

#include <immintrin.h>

/// For functions that run only where `hasPairProducts()`.
#define CTORCH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define CTORCH_AVX512_INLINE CTORCH_AVX512 inline __attribute__((always_inline))

namespace ctorch {

/// `rows` x `columns` (at most 16 each) of a matrix, turned, as `columns` lines of 16; missing rows become zeros.
CTORCH_AVX512 inline void transposeBlock(
    const Pair *in, int64_t inStride, int64_t rows, int64_t columns, Pair *out, int64_t outStride
) {
    constexpr int lanes = pairLanes;
    const auto mask = static_cast<__mmask16>((1u << columns) - 1);
    __m512i a[lanes], b[lanes];
    for (int i = 0; i < lanes; i++) {
        b[i] = i < rows ? _mm512_maskz_loadu_epi32(mask, in + i * inStride) : _mm512_setzero_si512();
    }
    for (int i = 0; i < lanes; i += 2) {
        a[i] = _mm512_unpacklo_epi32(b[i], b[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(b[i], b[i + 1]);
    }
    for (int i = 0; i < lanes; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // Quarter q of b[4j + m] now holds column 4q + m of rows 4j ..< 4j + 4.
    for (int m = 0; m < 4; m++) {
        const auto even = _mm512_shuffle_i32x4(b[m], b[4 + m], 0x88);
        const auto odd = _mm512_shuffle_i32x4(b[m], b[4 + m], 0xdd);
        const auto even2 = _mm512_shuffle_i32x4(b[8 + m], b[12 + m], 0x88);
        const auto odd2 = _mm512_shuffle_i32x4(b[8 + m], b[12 + m], 0xdd);
        a[m] = _mm512_shuffle_i32x4(even, even2, 0x88);
        a[4 + m] = _mm512_shuffle_i32x4(odd, odd2, 0x88);
        a[8 + m] = _mm512_shuffle_i32x4(even, even2, 0xdd);
        a[12 + m] = _mm512_shuffle_i32x4(odd, odd2, 0xdd);
    }
    for (int i = 0; i < columns; i++) _mm512_storeu_si512(out + i * outStride, a[i]);
}

/// 16 pairs whose lower halves are the bf16 at `lower` and whose upper halves are those at `upper`; NULL means zeros.
CTORCH_AVX512_INLINE __m512i pairRows(const uint16_t *lower, const uint16_t *upper) {
    const auto widened = [](const uint16_t *halves) CTORCH_AVX512 __attribute__((always_inline)) {
        return halves == nullptr ? _mm512_setzero_si512()
                                 : _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)halves));
    };
    return _mm512_or_si512(widened(lower), _mm512_slli_epi32(widened(upper), 16));
}

/// 16 pairs from two rows of fp32.
CTORCH_AVX512_INLINE __m512i pairRows(__m512 lower, __m512 upper) {
    const auto widened = [](__m512 x) CTORCH_AVX512 __attribute__((always_inline)) {
        return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
    };
    return _mm512_or_si512(widened(lower), _mm512_slli_epi32(widened(upper), 16));
}

/// 16 bf16 as fp32.
CTORCH_AVX512_INLINE __m512 loadWidened(const uint16_t *in) {
    return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)in)), 16);
}

CTORCH_AVX512_INLINE void storeRounded(uint16_t *out, __m512 x) {
    _mm256_storeu_si256((__m256i *)out, (__m256i)_mm512_cvtneps_pbh(x));
}

/// Adds to sums [rows][16 · vectors] the product of `rows` rows of `pairs` pairs and a panel of as many lines, both with the
/// distance between their lines. Up to 24 sums stay in registers.
template <int rows, int vectors>
CTORCH_AVX512_INLINE void accumulate(
    const Pair *left, int64_t leftStride, const Pair *panel, int64_t panelStride, int64_t pairs,
    __m512 (&sums)[rows][vectors]
) {
    for (int64_t k = 0; k < pairs; k++, panel += panelStride) {
        __m512bh right[vectors];
        for (int v = 0; v < vectors; v++) right[v] = (__m512bh)_mm512_loadu_si512(panel + v * pairLanes);
        for (int row = 0; row < rows; row++) {
            const auto both = (__m512bh)_mm512_set1_epi32(static_cast<int>(left[row * leftStride + k]));
            for (int v = 0; v < vectors; v++) sums[row][v] = _mm512_dpbf16_ps(sums[row][v], right[v], both);
        }
    }
}

}  // namespace ctorch

#endif
