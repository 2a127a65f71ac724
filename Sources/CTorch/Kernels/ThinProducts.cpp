/// A low-rank adapter costs little arithmetic, but seven small products, two sums and a dropout for every layer cost a
/// third of a training step when each reads and writes the activations anew. Here they are three passes: rows go down to
/// the rank and up again while they are in the nearest cache (forward, and with the roles changed backward), and two sums
/// over all rows give the gradients of both thin matrices.
#include "ThinProducts.h"

#include "PairTiles.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cstring>

using namespace ctorch;

namespace {

constexpr int64_t block = 64, blockPairs = block / 2, vectors = block / pairLanes;

// MARK: Dropout

/// Which of the 32 elements that begin at an even position of the matrix are kept.
CTORCH_AVX512_INLINE __mmask32 kept(const DropoutMask &mask, int64_t position) {
    const Floats::Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const auto bits = randomBits({lanes + static_cast<uint32_t>(position / 2)}, mask.seed).words;
    return _mm512_cmpge_epu16_mask((__m512i)bits, _mm512_set1_epi16(static_cast<short>(mask.threshold)));
}

/// `count` (a multiple of 32) elements, zeros in place of the dropped ones.
CTORCH_AVX512_INLINE void copyKept(
    const uint16_t *in, int64_t position, int64_t count, const DropoutMask &mask, uint16_t *out
) {
    for (int64_t i = 0; i < count; i += 2 * pairLanes) {
        const auto elements = _mm512_loadu_si512(in + i);
        const auto lanes = mask.threshold == 0 ? ~__mmask32(0) : kept(mask, position + i);
        _mm512_storeu_si512(out + i, _mm512_maskz_mov_epi16(lanes, elements));
    }
}

// MARK: Rows

/// Down to the rank: `rows` rows of pairs into `rows` rows of the thin matrix.
template <int rows>
CTORCH_AVX512_INLINE void reduceRows(const RoundedPass &pass, const Pair *left, int64_t row) {
    for (int64_t column = 0; column < pass.rank; column += pairLanes) {
        __m512 sums[rows][1] = {};
        accumulate(left, pass.inWidth / 2, pass.first + column, pass.rank, pass.inWidth / 2, sums);
        for (int i = 0; i < rows; i++) {
            const auto scaled = _mm512_mul_ps(sums[i][0], _mm512_set1_ps(pass.scale));
            storeRounded(pass.thin + (row + i) * pass.rank + column, scaled);
        }
    }
}

/// Up again: added to `rows` rows of the output.
template <int rows>
CTORCH_AVX512_INLINE void expandRows(const RoundedPass &pass, int64_t row) {
    const auto *left = reinterpret_cast<const Pair *>(pass.thin + row * pass.rank);
    for (int64_t column = 0; column < pass.outWidth; column += block) {
        __m512 sums[rows][vectors] = {};
        accumulate(left, pass.rank / 2, pass.second + column, pass.outWidth, pass.rank / 2, sums);
        for (int i = 0; i < rows; i++) {
            const auto position = (row + i) * pass.outWidth + column;
            auto lanes = ~__mmask32(0);
            for (int v = 0; v < vectors; v++) {
                if (v % 2 == 0 && pass.outMask.threshold > 0) lanes = kept(pass.outMask, position + v * pairLanes);
                auto *out = pass.out + position + v * pairLanes;
                const auto before = loadWidened(out);
                const auto mine = static_cast<__mmask16>(lanes >> (v % 2 * pairLanes));
                storeRounded(out, _mm512_mask_add_ps(before, mine, before, sums[i][v]));
            }
        }
    }
}

template <int rows>
CTORCH_AVX512 void passRows(const RoundedPass &pass, int64_t row, uint16_t *dropped) {
    const auto *in = pass.in + row * pass.inWidth;
    if (pass.inMask.threshold > 0) {
        copyKept(in, row * pass.inWidth, rows * pass.inWidth, pass.inMask, dropped);
        in = dropped;
    }
    reduceRows<rows>(pass, reinterpret_cast<const Pair *>(in), row);
    constexpr int atOnce = rows < 4 ? rows : 4;
    for (int i = 0; i < rows; i += atOnce) expandRows<atOnce>(pass, row + i);
}

// MARK: Layouts

/// 16 columns of 16 rows of fp32, rounded: 8 pairs per row.
CTORCH_AVX512 void roundBlock(const float *matrix, int64_t stride, Pair *out) {
    for (int64_t row = 0; row < pairLanes; row++) {
        storeRounded(
            reinterpret_cast<uint16_t *>(out + row * (pairLanes / 2)), _mm512_loadu_ps(matrix + row * stride));
    }
}

}  // namespace

void ctorch::passThrough(const RoundedPass &pass, int64_t beginRow, int64_t endRow) {
    constexpr int atOnce = 8;
    const Buffer<uint16_t> dropped(atOnce * pass.inWidth);
    int64_t row = beginRow;
    for (; row + atOnce <= endRow; row += atOnce) passRows<atOnce>(pass, row, dropped);
    for (; row < endRow; row++) passRows<1>(pass, row, dropped);
}

CTORCH_AVX512 void ctorch::sumColumns(const RoundedSums &work, int64_t number) {
    constexpr int atOnce = 4;
    alignas(64) uint16_t rows[2][block] = {};
    alignas(64) Pair panel[blockPairs * block];
    const auto column = number * block, chunks = (work.rows + block - 1) / block;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        for (int64_t pair = 0; pair < blockPairs; pair++) {
            for (int64_t half = 0; half < 2; half++) {
                const auto row = chunk * block + 2 * pair + half, position = row * work.width + column;
                if (row < work.rows) {
                    copyKept(work.in + position, position, block, work.mask, rows[half]);
                } else {
                    std::memset(rows[half], 0, sizeof rows[half]);
                }
            }
            for (int64_t i = 0; i < block; i += pairLanes) {
                _mm512_store_si512(panel + pair * block + i, pairRows(rows[0] + i, rows[1] + i));
            }
        }
        for (int64_t row = 0; row < work.rank; row += atOnce) {
            __m512 sums[atOnce][vectors];
            auto *out = work.sums + row * work.width + column;
            for (int i = 0; i < atOnce; i++) {
                for (int v = 0; v < vectors; v++) {
                    const auto *place = out + i * work.width + v * pairLanes;
                    sums[i][v] = chunk == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(place);
                }
            }
            const auto stride = chunks * blockPairs;
            accumulate(work.thin + row * stride + chunk * blockPairs, stride, panel, block, blockPairs, sums);
            for (int i = 0; i < atOnce; i++) {
                for (int v = 0; v < vectors; v++) {
                    _mm512_storeu_ps(out + i * work.width + v * pairLanes, sums[i][v]);
                }
            }
        }
    }
}

CTORCH_AVX512 void ctorch::pairLines(const float *matrix, int64_t rows, int64_t columns, Pair *panel) {
    for (int64_t row = 0; row < rows; row += 2, matrix += 2 * columns) {
        for (int64_t i = 0; i < columns; i += pairLanes, panel += pairLanes) {
            _mm512_storeu_si512(panel, pairRows(_mm512_loadu_ps(matrix + i), _mm512_loadu_ps(matrix + columns + i)));
        }
    }
}

CTORCH_AVX512 void ctorch::turnLines(const float *matrix, int64_t rows, int64_t columns, Pair *panel) {
    Pair rounded[pairLanes * pairLanes / 2];
    for (int64_t row = 0; row < rows; row += pairLanes) {
        for (int64_t column = 0; column < columns; column += pairLanes) {
            roundBlock(matrix + row * columns + column, columns, rounded);
            transposeBlock(
                rounded, pairLanes / 2, pairLanes, pairLanes / 2, panel + column / 2 * rows + row, rows);
        }
    }
}

CTORCH_AVX512 void ctorch::turnThin(const uint16_t *thin, int64_t rows, int64_t rank, Pair *turned) {
    const auto stride = (rows + block - 1) / block * blockPairs;
    Pair pairs[pairLanes * pairLanes];
    for (int64_t first = 0; first < stride; first += pairLanes) {
        for (int64_t column = 0; column < rank; column += pairLanes) {
            for (int64_t i = 0; i < pairLanes; i++) {
                const auto row = 2 * (first + i);
                const auto at = [&](int64_t r) { return r < rows ? thin + r * rank + column : nullptr; };
                _mm512_storeu_si512(pairs + i * pairLanes, pairRows(at(row), at(row + 1)));
            }
            transposeBlock(pairs, pairLanes, pairLanes, pairLanes, turned + column * stride + first, stride);
        }
    }
}

#else

void ctorch::passThrough(const RoundedPass &, int64_t, int64_t) {}
void ctorch::sumColumns(const RoundedSums &, int64_t) {}
void ctorch::pairLines(const float *, int64_t, int64_t, uint32_t *) {}
void ctorch::turnLines(const float *, int64_t, int64_t, uint32_t *) {}
void ctorch::turnThin(const uint16_t *, int64_t, int64_t, uint32_t *) {}

#endif
