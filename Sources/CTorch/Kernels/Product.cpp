/// As in Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008: a slice of the right factor, 256 deep, is
/// laid out in panels as wide as a tile, which is also where bf16 is widened; then blocks of rows of the left one, small enough
/// for the second cache, pass all of its panels. A left factor that lies row by row is read in place.
///
/// Every element adds up its products in the same order, however the work falls to the threads.
#include "Product.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

#include "../Elements.h"
#include "Buffer.h"
#include "FloatTiles.h"
#include "Kernels.h"
#include "LargeBuffers.h"
#include "Parallel.h"

using namespace ctorch;

namespace {

constexpr int64_t sliceDepth = 256, blockRows = 96, blockColumns = 192;

/// Fewer rows are not worth laying out the other factor.
constexpr int64_t fewestRows = 32;


struct Work {
    LeftFactor left;
    /// Element (k, j) at `right[k · rightDepth + j · rightColumn]`, one of which is 1; bf16 where `isRounded`.
    const void *right;
    bool isRounded;
    int64_t rightDepth, rightColumn;
    int64_t rows, depth, columns;
    ProductTarget out;
};

/// A part of the result.
struct Region {
    int64_t firstRow, endRow, firstColumn, endColumn;
};

/// What factors are laid out in.
struct Scratch {
    Buffer<float> right{sliceDepth * blockColumns}, left{sliceDepth * blockRows};
};

/// `depth` lines of a panel of `panel` columns, the first `columns` of which there are.
template <typename T>
CTORCH_INLINE void packPanel(
    const T *in, const Work &work, int64_t depth, int64_t columns, int64_t panel, float *out
) {
    for (int64_t j = 0; j < panel; j += Floats::count) {
        const auto present = std::clamp<int64_t>(columns - j, 0, Floats::count);
        const T *from = in + j * work.rightColumn;
        if (work.rightColumn == 1) {
            for (int64_t k = 0; k < depth; k++) {
                const T *line = from + k * work.rightDepth;
                (present == Floats::count ? Floats::load(line) : Floats::load(line, present))
                    .store(out + k * panel + j);
            }
        } else {
            forEachGroup(depth, [&](int64_t k, int64_t n) CTORCH_ALWAYS_INLINE {
                transposeBlock(from + k, work.rightColumn, present, n, out + k * panel + j, panel);
            });
        }
    }
}

template <typename Shape>
CTORCH_INLINE void packRight(const Work &work, int64_t k, int64_t depth, const Region &region, float *out) {
    for (int64_t j = region.firstColumn; j < region.endColumn; j += Shape::columns, out += depth * Shape::columns) {
        const auto columns = region.endColumn - j, place = k * work.rightDepth + j * work.rightColumn;
        if (work.isRounded) {
            const auto *in = static_cast<const c10::BFloat16 *>(work.right) + place;
            packPanel(in, work, depth, columns, Shape::columns, out);
        } else {
            packPanel(static_cast<const float *>(work.right) + place, work, depth, columns, Shape::columns, out);
        }
    }
}

/// Rows of the left factor, [depth] lines of `blockRows`, where they do not lie one after the other.
CTORCH_INLINE LeftFactor packedLeft(
    const Work &work, int64_t row, int64_t count, int64_t k, int64_t depth, float *out
) {
    const LeftFactor left = {
        work.left.first + row * work.left.row + k * work.left.depth, work.left.row, work.left.depth,
    };
    if (left.depth == 1) return left;
    for (int64_t i = 0; i < depth; i++) {
        forEachGroup(count, [&](int64_t j, int64_t n) CTORCH_ALWAYS_INLINE {
            Floats::load(left.first + i * left.depth + j, n).store(out + i * blockRows + j, n);
        });
    }
    return {out, 1, blockRows};
}

template <typename Shape>
struct MultiplyRegion {
    static CTORCH_INLINE void run(const Work *work, Region region, const Scratch *scratch) {
        for (int64_t k = 0; k < work->depth; k += sliceDepth) {
            const auto depth = std::min(sliceDepth, work->depth - k);
            packRight<Shape>(*work, k, depth, region, scratch->right);
            for (int64_t row = region.firstRow; row < region.endRow; row += blockRows) {
                const auto rows = std::min(blockRows, region.endRow - row);
                const auto left = packedLeft(*work, row, rows, k, depth, scratch->left);
                const float *panel = scratch->right;
                for (int64_t j = region.firstColumn; j < region.endColumn; j += Shape::columns) {
                    const ProductTarget out = {
                        work->out.first + row * work->out.stride + j, work->out.stride, k > 0 || work->out.adds,
                    };
                    multiply<Shape>(
                        left, rows, {panel, Shape::columns}, depth, std::min(Shape::columns, region.endColumn - j),
                        out);
                    panel += depth * Shape::columns;
                }
            }
        }
    }
};

/// Cuts the result into equal parts for the threads: along the columns, so that every part of the right factor is laid out
/// once, and along the rows only where there are too few columns.
void multiplyRegions(const Work &work) {
    const auto threads = int64_t(at::get_num_threads());
    const auto across = (work.columns + blockColumns - 1) / blockColumns;
    int64_t down = 1;
    while ((down * across < 2 * threads || down * across % threads > 0) && work.rows / (down + 1) >= blockRows) {
        down++;
    }
    parallelTasks(down * across, [&](int64_t task) {
        const Scratch scratch;
        const auto column = task / down * blockColumns, part = task % down;
        const Region region = {
            work.rows * part / down, work.rows * (part + 1) / down, column,
            std::min(work.columns, column + blockColumns),
        };
        tiled<MultiplyRegion>(&work, region, &scratch);
    });
}

/// With a stride of 1 in one of its dimensions.
at::Tensor readable(const at::Tensor &x) {
    return x.stride(0) == 1 || x.stride(1) == 1 ? x.detach() : x.detach().contiguous();
}

/// What libtorch multiplies an fp32 `left` by.
at::Tensor widened(const at::Tensor &left, const at::Tensor &right) {
    const bool isMixed = left.scalar_type() == at::kFloat && right.scalar_type() == at::kBFloat16;
    return isMixed ? right.to(at::kFloat) : right;
}

/// `out` is dense.
void multiplyInto(const at::Tensor &out, bool adds, const at::Tensor &leftFactor, const at::Tensor &rightFactor) {
    const auto left = readable(leftFactor), right = readable(rightFactor);
    if (out.numel() == 0 || left.size(1) == 0) {
        if (!adds) out.zero_();
        return;
    }
    // A stride of a single row or column says nothing.
    const bool isTurned = left.stride(1) != 1 && left.size(1) > 1;
    const bool isTurnedRight = right.stride(1) != 1 && right.size(1) > 1;
    multiplyRegions({
        .left = {elements<float>(left), isTurned ? 1 : left.stride(0), isTurned ? left.stride(1) : 1},
        .right = right.const_data_ptr(),
        .isRounded = right.scalar_type() == at::kBFloat16,
        .rightDepth = isTurnedRight ? 1 : right.stride(0),
        .rightColumn = isTurnedRight ? right.stride(1) : 1,
        .rows = left.size(0),
        .depth = left.size(1),
        .columns = right.size(1),
        .out = {out.data_ptr<float>(), out.size(1), adds},
    });
}

}  // namespace

bool ctorch::hasProductKernel(const at::Tensor &left, const at::Tensor &right) {
    return instructions >= Instructions::avx2 && left.is_cpu() && left.scalar_type() == at::kFloat &&
        hasKernels(right) && left.size(0) >= fewestRows;
}

at::Tensor ctorch::product(const at::Tensor &left, const at::Tensor &right) {
    auto out = emptyFromPool({left.size(0), right.size(1)}, left.options());
    if (!hasProductKernel(left, right)) return at::mm_out(out, left, widened(left, right));
    multiplyInto(out, false, left, right);
    return out;
}

void ctorch::addProduct(at::Tensor &out, const at::Tensor &left, const at::Tensor &right) {
    if (!hasProductKernel(left, right)) {
        out.addmm_(left, widened(left, right));
    } else {
        multiplyInto(out, true, left, right);
    }
}

at::Tensor ctorch::linearProduct(
    const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias
) {
    if (!hasProductKernel(input, weight)) return at::linear(input, widened(input, weight), bias);
    const auto out = emptyFromPool({input.size(0), weight.size(0)}, input.options());
    if (bias) out.copy_(*bias);
    multiplyInto(out, bias.has_value(), input, weight.t());
    return out;
}
