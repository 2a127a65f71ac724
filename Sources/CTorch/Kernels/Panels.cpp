#include "Panels.h"

#include <algorithm>

#include "PairTiles.h"

#if defined(__x86_64__)

namespace ctorch::panels {

namespace {

constexpr int64_t lanes = pairLanes, vectors = width / lanes, tileRows = 8;

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

bool areSupported() { return hasPairProducts(); }

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
