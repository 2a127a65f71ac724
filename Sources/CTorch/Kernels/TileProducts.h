/// Products of tiles of 64 rows of bf16, laid out from the heads of a batch.
///
/// The left factor lies as rows of pairs, [rows][K/2]; the right one as panels 64 columns wide, [K/2][64] (PairTiles.h).
#pragma once

#include "FamilyTiles.h"
#include "PairTiles.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cstring>

namespace ctorch {

constexpr int64_t tilePairs = tile / 2, vectors = tile / pairLanes, rowsAtOnce = 4;

// MARK: Layouts

/// Rows as they are, [64][D/2] pairs: a left factor.
CTORCH_AVX512 inline void packRows(const HeadRows<uint16_t> &rows, int64_t size, Pair *out) {
    for (int64_t i = 0; i < tile; i++, out += size / 2) {
        if (i < rows.count) {
            std::memcpy(out, rows.row(i), sizeof(uint16_t) * static_cast<size_t>(size));
        } else {
            std::memset(out, 0, sizeof(uint16_t) * static_cast<size_t>(size));
        }
    }
}

/// Rows as columns of a panel, [D/2][64].
CTORCH_AVX512 inline void packTurned(const HeadRows<uint16_t> &rows, int64_t size, Pair *out) {
    const auto *pairs = reinterpret_cast<const Pair *>(rows.first);
    for (int64_t row = 0; row < tile; row += pairLanes) {
        const auto present = std::clamp<int64_t>(rows.count - row, 0, pairLanes);
        for (int64_t pair = 0; pair < size / 2; pair += pairLanes) {
            transposeBlock(
                pairs + row * rows.stride / 2 + pair, rows.stride / 2, present, std::min(pairLanes, size / 2 - pair),
                out + pair * tile + row, tile);
        }
    }
}

/// Columns of the panels that hold D columns.
inline int64_t panelColumns(int64_t size) { return (size + tile - 1) / tile * tile; }

/// Rows as rows of panels, ceil(D/64) times [32][64]: neighbouring rows make the pairs, columns after D are zeros.
CTORCH_AVX512 inline void packPaired(const HeadRows<uint16_t> &rows, int64_t size, Pair *out) {
    for (int64_t column = 0; column < size; column += tile) {
        for (int64_t i = 0; i < tile; i += 2) {
            const auto *lower = rows.row(i), *upper = rows.row(i + 1);
            for (int64_t j = column; j < column + tile; j += pairLanes, out += pairLanes) {
                const auto at = [&](const uint16_t *row) { return row != nullptr && j < size ? row + j : nullptr; };
                _mm512_store_si512(out, pairRows(at(lower), at(upper)));
            }
        }
    }
}

/// [32][64] pairs of neighbouring rows → the 64 columns as rows of pairs, [64][32].
CTORCH_AVX512 inline void turnPairs(const Pair *in, Pair *out) {
    for (int64_t pair = 0; pair < tilePairs; pair += pairLanes) {
        for (int64_t column = 0; column < tile; column += pairLanes) {
            transposeBlock(
                in + pair * tile + column, tile, pairLanes, pairLanes, out + column * tilePairs + pair, tilePairs);
        }
    }
}

// MARK: Products

/// Four rows times one panel; the sums are written, or added to what is there.
CTORCH_AVX512_INLINE void multiplyRows(
    const Pair *left, int64_t leftStride, const Pair *panel, int64_t pairs, float *out, int64_t outStride, bool adds
) {
    __m512 sums[rowsAtOnce][vectors];
    for (int row = 0; row < rowsAtOnce; row++) {
        for (int v = 0; v < vectors; v++) {
            sums[row][v] = adds ? _mm512_load_ps(out + row * outStride + v * pairLanes) : _mm512_setzero_ps();
        }
    }
    accumulate(left, leftStride, panel, tile, pairs, sums);
    for (int row = 0; row < rowsAtOnce; row++) {
        for (int v = 0; v < vectors; v++) _mm512_store_ps(out + row * outStride + v * pairLanes, sums[row][v]);
    }
}

/// `rows` [rows][pairs] times `width`/64 panels [pairs][64], into `out` [rows][width].
template <bool adds>
CTORCH_AVX512 void multiply(
    const Pair *left, int64_t rows, int64_t pairs, const Pair *panels, int64_t width, float *out
) {
    for (int64_t column = 0; column < width; column += tile, panels += pairs * tile) {
        for (int64_t row = 0; row < rows; row += rowsAtOnce) {
            multiplyRows(left + row * pairs, pairs, panels, pairs, out + row * width + column, width, adds);
        }
    }
}

}  // namespace ctorch

#endif
