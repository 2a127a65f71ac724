/// The products of a low-rank adapter: thin matrices, of 8 to 64 rows or columns, which a general product does slowly.
#pragma once

#include <cstdint>

namespace ctorch {

/// Which elements of a matrix [n, width] are dropped, computed again from a seed wherever that is asked.
struct DropoutMask {
    uint64_t seed = 0;
    /// Chance in 65536ths that an element is dropped.
    uint16_t threshold = 0;
};

/// Rows pass through a thin matrix: thin = scale · (in ∘ mask) · P, then out += (thin · Q) ∘ mask. Widths are multiples of 64,
/// the rank is one of 16; everything but `first` and `second` is bf16.
struct ThinPass {
    const uint16_t *in;
    int64_t inWidth;
    DropoutMask inMask;
    /// P as a panel [inWidth/2][rank] of pairs.
    const uint32_t *first;
    float scale;
    /// [n, rank], written.
    uint16_t *thin;
    int64_t rank;
    /// Q as a panel [rank/2][outWidth] of pairs.
    const uint32_t *second;
    /// [n, outWidth], added to.
    uint16_t *out;
    int64_t outWidth;
    DropoutMask outMask;
};

void passThrough(const ThinPass &pass, int64_t beginRow, int64_t endRow);

/// sums [rank, width] = thinᵀ · (in ∘ mask) for the columns [64 · block, 64 · block + 64), over all n rows.
struct ThinSums {
    /// thinᵀ as rows of pairs, [rank][ceil(n/64) · 32], zeros after the last row.
    const uint32_t *thinTurned;
    int64_t rank;
    const uint16_t *in;
    int64_t rows, width;
    DropoutMask mask;
    /// fp32, written.
    float *sums;
};

void sumColumns(const ThinSums &work, int64_t block);

/// [rows, columns] of fp32, both multiples of 16, as a panel of the matrix itself: [rows/2][columns] pairs.
void pairLines(const float *matrix, int64_t rows, int64_t columns, uint32_t *panel);

/// The same of its transpose: [columns/2][rows] pairs.
void turnLines(const float *matrix, int64_t rows, int64_t columns, uint32_t *panel);

/// thin [n, rank] → `ThinSums::thinTurned`.
void turnThin(const uint16_t *thin, int64_t rows, int64_t rank, uint32_t *turned);

}  // namespace ctorch
