/// libtorch has no product that takes bf16 and gives fp32 on the CPU, though processors since 2020 have the instruction:
/// `vdpbf16ps` adds to each of 16 fp32 sums the products of two pairs of bf16.
///
/// 48 rows of the weight at a time are turned into a panel, [H/2][48] pairs; 8 rows of states against a panel are 24
/// vector registers of sums. A panel stays in the cache while all states pass.
#include "WideProduct.h"

#include <algorithm>
#include <vector>

#include "Parallel.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace {

constexpr int64_t lanes = 16, vectors = 3, panelColumns = lanes * vectors, tileRows = 8;

/// A pair of neighbouring bf16 of one row.
using Pair = uint32_t;

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

/// `columns` (at most 48) rows of `weight` into a panel [pairs][48], zeros in the columns that are missing.
void packPanel(const Pair *weight, int64_t columns, int64_t pairs, Pair *panel) {
    for (int64_t k = 0; k < pairs; k += lanes) {
        for (int64_t v = 0; v < panelColumns; v += lanes) {
            const auto present = std::clamp<int64_t>(columns - v, 0, lanes);
            transposeBlock(
                weight + v * pairs + k, pairs, present, std::min(lanes, pairs - k), panel + k * panelColumns + v,
                panelColumns);
        }
    }
}

template <int rows>
CTORCH_AVX512 void multiplyTile(
    const Pair *states, const Pair *panel, int64_t pairs, float *out, int64_t outStride, int64_t columns
) {
    __m512 sums[rows][vectors];
    for (auto &row : sums) {
        for (auto &sum : row) sum = _mm512_setzero_ps();
    }
    for (int64_t k = 0; k < pairs; k++, panel += panelColumns) {
        __m512bh weights[vectors];
        for (int v = 0; v < vectors; v++) weights[v] = (__m512bh)_mm512_loadu_si512(panel + v * lanes);
        for (int row = 0; row < rows; row++) {
            const auto state = (__m512bh)_mm512_set1_epi32(static_cast<int>(states[row * pairs + k]));
            for (int v = 0; v < vectors; v++) sums[row][v] = _mm512_dpbf16_ps(sums[row][v], weights[v], state);
        }
    }
    for (int row = 0; row < rows; row++) {
        for (int v = 0; v < vectors; v++) {
            const auto left = std::clamp<int64_t>(columns - v * lanes, 0, lanes);
            const auto mask = static_cast<__mmask16>((1u << left) - 1);
            _mm512_mask_storeu_ps(out + row * outStride + v * lanes, mask, sums[row][v]);
        }
    }
}

using Tile = void (*)(const Pair *, const Pair *, int64_t, float *, int64_t, int64_t);
constexpr Tile tiles[tileRows] = {
    multiplyTile<1>, multiplyTile<2>, multiplyTile<3>, multiplyTile<4>,
    multiplyTile<5>, multiplyTile<6>, multiplyTile<7>, multiplyTile<8>,
};

}  // namespace

bool ctorch::hasWideProduct(const at::Tensor &states, const at::Tensor &weight) {
    static const bool hasInstruction = __builtin_cpu_supports("avx512bf16");
    return hasInstruction && states.is_cpu() && states.scalar_type() == at::kBFloat16 &&
        weight.scalar_type() == at::kBFloat16 && weight.size(1) % 2 == 0;
}

at::Tensor ctorch::wideProduct(const at::Tensor &states, const at::Tensor &weight) {
    const auto rows = states.size(0), columns = weight.size(0), pairs = weight.size(1) / 2;
    auto result = at::empty({rows, columns}, states.options().dtype(at::kFloat));
    const auto *x = static_cast<const Pair *>(states.const_data_ptr());
    const auto *w = static_cast<const Pair *>(weight.const_data_ptr());
    auto *out = result.data_ptr<float>();
    const auto panels = (columns + panelColumns - 1) / panelColumns;
    parallelRanges(panels, 1, [&](int64_t begin, int64_t end, int) {
        std::vector<Pair> panel(static_cast<size_t>(pairs * panelColumns));
        for (int64_t p = begin; p < end; p++) {
            const auto first = p * panelColumns, width = std::min(panelColumns, columns - first);
            packPanel(w + first * pairs, width, pairs, panel.data());
            for (int64_t row = 0; row < rows; row += tileRows) {
                const auto count = std::min(tileRows, rows - row);
                tiles[count - 1](x + row * pairs, panel.data(), pairs, out + row * columns + first, columns, width);
            }
        }
    });
    return result;
}

#else

bool ctorch::hasWideProduct(const at::Tensor &, const at::Tensor &) { return false; }

at::Tensor ctorch::wideProduct(const at::Tensor &, const at::Tensor &) {
    TORCH_CHECK(false, "this processor has no products of bf16 into fp32");
}

#endif
