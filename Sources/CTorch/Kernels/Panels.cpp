#include "Panels.h"

#include <algorithm>

#if defined(__x86_64__)

#include <immintrin.h>

namespace ctorch::panels {

namespace {

constexpr int64_t lanes = 16, vectors = width / lanes, tileRows = 8;

#define CTORCH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

/// `rows` x `columns` (at most 16 each) of a matrix, turned, as `columns` lines of 16; missing rows become zeros.
CTORCH_AVX512 void transposeBlock(
    const Pair *in, int64_t inStride, int64_t rows, int64_t columns, Pair *out, int64_t outStride
) {
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

template <int rows, bool fetchesNext>
CTORCH_AVX512 void multiplyTile(
    const Pair *states, int64_t pairs, const Pair *panel, int64_t outputs, Target target, const Pair *next
) {
    __m512 sums[rows][vectors];
    for (auto &row : sums) {
        for (auto &sum : row) sum = _mm512_setzero_ps();
    }
    for (int64_t k = 0; k < pairs; k++, panel += width) {
        __m512bh weights[vectors];
        for (int v = 0; v < vectors; v++) weights[v] = (__m512bh)_mm512_loadu_si512(panel + v * lanes);
        if constexpr (fetchesNext) {
            for (int v = 0; v < vectors; v++) _mm_prefetch(next + k * width + v * lanes, _MM_HINT_T1);
        }
        for (int row = 0; row < rows; row++) {
            const auto state = (__m512bh)_mm512_set1_epi32(static_cast<int>(states[row * pairs + k]));
            for (int v = 0; v < vectors; v++) sums[row][v] = _mm512_dpbf16_ps(sums[row][v], weights[v], state);
        }
    }
    for (int v = 0; v < vectors; v++) {
        const auto left = std::clamp<int64_t>(outputs - v * lanes, 0, lanes);
        const auto mask = static_cast<__mmask16>((1u << left) - 1);
        for (int row = 0; row < rows; row++) {
            auto *out = target.memory + row * target.stride + v * lanes;
            const auto before = target.adding ? _mm512_maskz_loadu_ps(mask, out) : _mm512_setzero_ps();
            _mm512_mask_storeu_ps(out, mask, _mm512_add_ps(before, sums[row][v]));
        }
    }
}

using Tile = void (*)(const Pair *, int64_t, const Pair *, int64_t, Target, const Pair *);
constexpr Tile tiles[2][tileRows] = {
    {multiplyTile<1, false>, multiplyTile<2, false>, multiplyTile<3, false>, multiplyTile<4, false>,
     multiplyTile<5, false>, multiplyTile<6, false>, multiplyTile<7, false>, multiplyTile<8, false>},
    {multiplyTile<1, true>, multiplyTile<2, true>, multiplyTile<3, true>, multiplyTile<4, true>,
     multiplyTile<5, true>, multiplyTile<6, true>, multiplyTile<7, true>, multiplyTile<8, true>},
};

}  // namespace

bool areSupported() {
    static const bool hasInstruction = __builtin_cpu_supports("avx512bf16");
    return hasInstruction;
}

void pack(const Pair *weight, int64_t outputs, int64_t pairs, Pair *panel) {
    for (int64_t k = 0; k < pairs; k += lanes) {
        for (int64_t v = 0; v < width; v += lanes) {
            const auto present = std::clamp<int64_t>(outputs - v, 0, lanes);
            transposeBlock(
                weight + v * pairs + k, pairs, present, std::min(lanes, pairs - k), panel + k * width + v, width);
        }
    }
}

void multiply(
    const Pair *states, int64_t rows, int64_t pairs, const Pair *panel, int64_t outputs, Target target, const Pair *next
) {
    for (int64_t row = 0; row < rows; row += tileRows) {
        const auto count = std::min(tileRows, rows - row);
        // Once is enough, and only the last tile leaves the next panel where the next call finds it.
        const bool fetchesNext = next != nullptr && row + count == rows;
        tiles[fetchesNext][count - 1](states + row * pairs, pairs, panel, outputs, target, next);
        target.memory += count * target.stride;
    }
}

}  // namespace ctorch::panels

#else

namespace ctorch::panels {

bool areSupported() { return false; }
void pack(const Pair *, int64_t, int64_t, Pair *) {}
void multiply(const Pair *, int64_t, int64_t, const Pair *, int64_t, Target, const Pair *) {}

}  // namespace ctorch::panels

#endif
