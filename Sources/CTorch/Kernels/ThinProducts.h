/// The products of a low-rank adapter: thin matrices, of 8 to 64 rows or columns, which a general product does slowly.
///
/// Ranks are multiples of 16. In bf16, for processors that multiply it (ThinProducts.cpp), elements are taken by their bits,
/// factors lie as lines of pairs, and widths are multiples of 64; in fp32 (FloatThin.cpp) factors lie line by line.
#pragma once

#include <cstdint>

#include "Dropout.h"

namespace ctorch {

/// Rows pass through a thin matrix: thin = scale · (in ∘ mask) · P, then out += (thin · Q) ∘ mask.
template <typename Element, typename Factor>
struct ThinPass {
    const Element *in;
    int64_t inWidth;
    DropoutMask inMask;
    /// P: [inWidth][rank], or [inWidth/2][rank] pairs.
    const Factor *first;
    float scale;
    /// [n, rank], written.
    Element *thin;
    int64_t rank;
    /// Q: [rank][outWidth], or [rank/2][outWidth] pairs.
    const Factor *second;
    /// [n, outWidth], added to.
    Element *out;
    int64_t outWidth;
    DropoutMask outMask;
};

using RoundedPass = ThinPass<uint16_t, uint32_t>;
using FloatPass = ThinPass<float, float>;

void passThrough(const RoundedPass &pass, int64_t beginRow, int64_t endRow);
void passThrough(const FloatPass &pass, int64_t beginRow, int64_t endRow);

/// sums [rank, width] = thinᵀ · (in ∘ mask) for the columns [64 · block, 64 · block + 64), over all n rows.
template <typename Element, typename Factor>
struct ThinSums {
    /// thin [n][rank], or thinᵀ as rows of pairs, [rank][ceil(n/64) · 32], with zeros after the last row.
    const Factor *thin;
    int64_t rank;
    const Element *in;
    int64_t rows, width;
    DropoutMask mask;
    /// fp32, written.
    float *sums;
};

using RoundedSums = ThinSums<uint16_t, uint32_t>;
using FloatSums = ThinSums<float, float>;

void sumColumns(const RoundedSums &work, int64_t block);
void sumColumns(const FloatSums &work, int64_t block);

/// [rows, columns] of fp32, both multiples of 16, as a panel of the matrix itself: [rows/2][columns] pairs.
void pairLines(const float *matrix, int64_t rows, int64_t columns, uint32_t *panel);

/// The same of its transpose: [columns/2][rows] pairs.
void turnLines(const float *matrix, int64_t rows, int64_t columns, uint32_t *panel);

/// thin [n, rank] → `RoundedSums::thin`.
void turnThin(const uint16_t *thin, int64_t rows, int64_t rank, uint32_t *turned);

}  // namespace ctorch
