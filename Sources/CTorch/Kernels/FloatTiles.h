/// Products of fp32 in registers, for every processor: what the fp32 kernels of training are made of.
///
/// A tile of sums, some rows of some vectors, stays in registers while the depth passes by. How large it may be follows from how
/// many registers there are; a kernel is therefore a template over its `TileShape`, and `tiled` calls it as the processor
/// needs it.
#pragma once

#include <algorithm>

#include "Floats.h"

namespace ctorch {

template <int rowCount, int vectorCount>
struct TileShape {
    static constexpr int rows = rowCount, vectors = vectorCount;
    static constexpr int64_t columns = vectorCount * Floats::count;
};

/// Calls `Kernel<Shape>::run` as it was compiled for the processor. As for `vectorized`, all that it calls must be inlined.
template <template <typename> typename Kernel, typename... Arguments>
void tiled(Arguments... arguments) {
#if defined(__x86_64__)
    if (instructions >= Instructions::avx512) return forAVX512<Kernel<TileShape<6, 4>>::run>(arguments...);
    if (instructions >= Instructions::avx2) return forAVX2<Kernel<TileShape<6, 1>>::run>(arguments...);
    Kernel<TileShape<2, 1>>::run(arguments...);
#else
    Kernel<TileShape<6, 1>>::run(arguments...);
#endif
}

/// A left factor: element (i, k) lies at `first[i · row + k · depth]`, so that one that lies transposed is read as it is.
struct LeftFactor {
    const float *first;
    int64_t row, depth;

    CTORCH_INLINE LeftFactor from(int64_t i) const { return {first + i * row, row, depth}; }
};

/// A right factor: `stride` from one row of its depth to the next, columns side by side.
struct RightFactor {
    const float *first;
    int64_t stride;
};

/// Where a product goes, row by row, and whether it is added to what is there.
struct ProductTarget {
    float *first;
    int64_t stride;
    bool adds;
};

/// Sums [rows][16 · vectors], or the first `n` columns of one vector, over the whole depth. What is there is added last: were it
/// summed on from there, every product would be rounded as coarsely as the sum of all slices.
template <int rows, int vectors>
CTORCH_INLINE void multiplyTile(
    LeftFactor left, RightFactor right, int64_t depth, ProductTarget out, int64_t n = Floats::count
) {
    Floats sums[rows][vectors] = {};
    for (int64_t k = 0; k < depth; k++, left.first += left.depth, right.first += right.stride) {
        Floats line[vectors];
        for (int v = 0; v < vectors; v++) line[v] = Floats::load(right.first + v * Floats::count, n);
        for (int i = 0; i < rows; i++) {
            const auto factor = Floats::all(left.first[i * left.row]);
            for (int v = 0; v < vectors; v++) sums[i][v].lanes += factor.lanes * line[v].lanes;
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vectors; v++) {
            float *place = out.first + i * out.stride + v * Floats::count;
            if (out.adds) sums[i][v].lanes += Floats::load(place, n).lanes;
            sums[i][v].store(place, n);
        }
    }
}

/// Calls `body<n>()` with the number of rows, `count` or at most `rows`, as a constant: a tile of registers must know it.
template <int rows, typename Body>
CTORCH_INLINE void withRows(int64_t count, const Body &body) {
    if constexpr (rows > 0) {
        if (count >= rows) return body.template operator()<rows>();
        withRows<rows - 1>(count, body);
    }
}

/// [rows, depth] · [depth, columns] for factors that fit into the near caches.
template <typename Shape>
CTORCH_INLINE void multiply(
    const LeftFactor &left, int64_t rows, const RightFactor &right, int64_t depth, int64_t columns,
    const ProductTarget &out
) {
    int64_t width = Shape::columns;
    for (int64_t column = 0; column < columns; column += width) {
        if (columns - column < Shape::columns) width = std::min(Floats::count, columns - column);
        const RightFactor part = {right.first + column, right.stride};
        for (int64_t row = 0; row < rows; row += Shape::rows) {
            const ProductTarget target = {out.first + row * out.stride + column, out.stride, out.adds};
            withRows<Shape::rows>(rows - row, [&]<int count>() CTORCH_ALWAYS_INLINE {
                if (width == Shape::columns) {
                    multiplyTile<count, Shape::vectors>(left.from(row), part, depth, target);
                } else if (width == Floats::count) {
                    multiplyTile<count, 1>(left.from(row), part, depth, target);
                } else {
                    multiplyTile<count, 1>(left.from(row), part, depth, target, width);
                }
            });
        }
    }
}

/// The lanes of `a` and `b` (16 ... 31) with these numbers.
template <int... lanes>
CTORCH_INLINE Floats shuffled(Floats a, Floats b) {
    return {__builtin_shufflevector(a.lanes, b.lanes, lanes...)};
}

/// Turns 16 rows of 16 into columns.
CTORCH_INLINE void transpose(Floats (&x)[16]) {
    Floats a[16], b[16];
    for (int i = 0; i < 16; i += 2) {
        a[i] = shuffled<0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29>(x[i], x[i + 1]);
        a[i + 1] = shuffled<2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31>(x[i], x[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int j = 0; j < 2; j++) {
            const auto p = a[i + j], q = a[i + 2 + j];
            b[i + 2 * j] = shuffled<0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29>(p, q);
            b[i + 2 * j + 1] = shuffled<2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31>(p, q);
        }
    }
    // Quarter q of b[4j + m] now holds column 4q + m of rows 4j ..< 4j + 4.
    for (int m = 0; m < 4; m++) {
        Floats even[2], odd[2];
        for (int j = 0; j < 2; j++) {
            const auto p = b[8 * j + m], q = b[8 * j + 4 + m];
            even[j] = shuffled<0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27>(p, q);
            odd[j] = shuffled<4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31>(p, q);
        }
        x[m] = shuffled<0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23>(even[0], even[1]);
        x[4 + m] = shuffled<0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23>(odd[0], odd[1]);
        x[8 + m] = shuffled<8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31>(even[0], even[1]);
        x[12 + m] = shuffled<8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31>(odd[0], odd[1]);
    }
}

/// Up to 16 `rows` of up to 16 `columns`, fp32 or bf16, as `columns` lines of 16; missing rows become zeros.
template <typename T>
CTORCH_INLINE void transposeBlock(
    const T *in, int64_t inStride, int64_t rows, int64_t columns, float *out, int64_t outStride
) {
    Floats block[16];
    for (int i = 0; i < 16; i++) block[i] = i < rows ? Floats::load(in + i * inStride, columns) : Floats{};
    transpose(block);
    for (int i = 0; i < 16; i++) {
        if (i < columns) block[i].store(out + i * outStride);
    }
}

}  // namespace ctorch
