/// The three passes of ThinProducts.cpp in fp32, for every processor.
#include <algorithm>

#include "Buffer.h"
#include "FloatTiles.h"
#include "ThinProducts.h"

using namespace ctorch;

namespace {

/// Rows that pass together, and rows of which the elements that are kept are laid out together.
constexpr int64_t rowsAtOnce = 12, rowsPerSum = 128, block = 64;

/// `rows` of `width` elements, `inStride` apart, zeros in place of the dropped ones; `position` is that of the first.
CTORCH_INLINE void copyKept(
    const float *in, int64_t inStride, int64_t rows, int64_t width, const DropoutMask &mask, int64_t position,
    float *out, int64_t outStride
) {
    for (int64_t row = 0; row < rows; row++, in += inStride, position += inStride, out += outStride) {
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            kept(Floats::load(in + i, n), mask, position + i).store(out + i, n);
        });
    }
}

template <typename Shape>
struct PassRows {
    static CTORCH_INLINE void run(const FloatPass *pass, int64_t row, int64_t rows, float *scratch) {
        const float *in = pass->in + row * pass->inWidth;
        float *thin = pass->thin + row * pass->rank, *out = pass->out + row * pass->outWidth;
        if (pass->inMask.threshold > 0) {
            copyKept(
                in, pass->inWidth, rows, pass->inWidth, pass->inMask, row * pass->inWidth, scratch, pass->inWidth);
            in = scratch;
        }
        multiply<Shape>(
            {in, pass->inWidth, 1}, rows, {pass->first, pass->rank}, pass->inWidth, pass->rank,
            {thin, pass->rank, false});
        forEachGroup(rows * pass->rank, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            (Floats::load(thin + i, n) * Floats::all(pass->scale)).store(thin + i, n);
        });
        const bool drops = pass->outMask.threshold > 0;
        multiply<Shape>(
            {thin, pass->rank, 1}, rows, {pass->second, pass->outWidth}, pass->rank, pass->outWidth,
            {drops ? scratch : out, pass->outWidth, !drops});
        if (!drops) return;
        const auto position = row * pass->outWidth;
        forEachGroup(rows * pass->outWidth, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto change = kept(Floats::load(scratch + i, n), pass->outMask, position + i);
            (Floats::load(out + i, n) + change).store(out + i, n);
        });
    }
};

template <typename Shape>
struct SumBlock {
    static CTORCH_INLINE void run(const FloatSums *work, int64_t column, float *scratch) {
        const auto columns = std::min(block, work->width - column);
        for (int64_t row = 0; row < work->rows; row += rowsPerSum) {
            const auto rows = std::min(rowsPerSum, work->rows - row), position = row * work->width + column;
            RightFactor right = {work->in + position, work->width};
            if (work->mask.threshold > 0) {
                copyKept(right.first, right.stride, rows, columns, work->mask, position, scratch, block);
                right = {scratch, block};
            }
            multiply<Shape>(
                {work->thin + row * work->rank, 1, work->rank}, work->rank, right, rows, columns,
                {work->sums + column, work->width, row > 0});
        }
    }
};

}  // namespace

void ctorch::passThrough(const FloatPass &pass, int64_t beginRow, int64_t endRow) {
    const Buffer<float> memory(rowsAtOnce * std::max(pass.inWidth, pass.outWidth));
    float *const scratch = memory;
    for (int64_t row = beginRow; row < endRow; row += rowsAtOnce) {
        tiled<PassRows>(&pass, row, std::min(rowsAtOnce, endRow - row), scratch);
    }
}

void ctorch::sumColumns(const FloatSums &work, int64_t number) {
    alignas(64) float scratch[rowsPerSum * block];
    tiled<SumBlock>(&work, number * block, static_cast<float *>(scratch));
}
