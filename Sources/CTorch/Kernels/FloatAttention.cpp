/// Attention without the [T, T] scores in fp32, for every processor: the algorithm and the letters of AttentionTiles.cpp.
///
/// Keys and values are laid out as columns once, where a product needs them so; everything else is read where it lies in the
/// batch, and gradients are added up where they go. Of the tile on the diagonal, what later keys would give is left out,
/// by blocks of rows.
#include <cmath>
#include <cstring>

#include "AttentionTiles.h"
#include "Buffer.h"
#include "FamilyTiles.h"
#include "FloatTiles.h"

using namespace ctorch;

namespace {

constexpr int64_t vectors = tile / Floats::count;

/// Rows of a tile that pass together: whole tiles of registers.
constexpr int64_t blockRows = 24;

// MARK: Products

/// left [rows, D] · right [D, 64] → [rows, 64], for the keys that a block of rows sees.
template <typename Shape>
struct MultiplySeen {
    static CTORCH_INLINE void run(
        LeftFactor left, int64_t rows, const float *right, int64_t size, Visible visible, float *out
    ) {
        for (int64_t row = 0; row < rows; row += blockRows) {
            const auto count = std::min(blockRows, rows - row), keys = visible(row + count - 1);
            const auto columns = (keys + Floats::count - 1) / Floats::count * Floats::count;
            multiply<Shape>(left.from(row), count, {right, tile}, size, columns, {out + row * tile, tile, false});
        }
    }
};

/// Adds left [rows, 64] · right [64, D] to `out`.
template <typename Shape>
struct AddByKeys {
    static CTORCH_INLINE void run(
        const float *left, int64_t rows, RightFactor right, int64_t size, Visible visible, float *out, int64_t stride
    ) {
        for (int64_t row = 0; row < rows; row += blockRows) {
            const auto count = std::min(blockRows, rows - row);
            multiply<Shape>(
                {left + row * tile, tile, 1}, count, right, visible(row + count - 1), size,
                {out + row * stride, stride, true});
        }
    }
};

/// Adds leftᵀ [64, rows] · right [rows, D] to `out`; a key is seen by the queries from its own on, where the tile is their own.
template <typename Shape>
struct AddByQueries {
    static CTORCH_INLINE void run(
        const float *left, int64_t rows, RightFactor right, int64_t size, Visible visible, float *out, int64_t stride
    ) {
        const auto keys = visible(rows - 1);
        for (int64_t key = 0; key < keys; key += blockRows) {
            const auto first = visible.isOwn ? key : 0;
            multiply<Shape>(
                {left + first * tile + key, 1, tile}, std::min(blockRows, keys - key),
                {right.first + first * right.stride, right.stride}, rows - first, size,
                {out + key * stride, stride, true});
        }
    }
};

// MARK: Rows

/// Rows of one head as columns, [D][64]; missing rows become zeros.
CTORCH_INLINE void turn(HeadRows<float> rows, int64_t size, float *out) {
    for (int64_t row = 0; row < tile; row += Floats::count) {
        const auto present = std::clamp<int64_t>(rows.count - row, 0, Floats::count);
        forEachGroup(size, [&](int64_t k, int64_t n) CTORCH_ALWAYS_INLINE {
            transposeBlock(rows.first + row * rows.stride + k, rows.stride, present, n, out + k * tile + row, tile);
        });
    }
}

/// Turns the scores [rows][64] into probabilities relative to each query's largest score so far; scales what was summed before.
CTORCH_INLINE void admit(
    float *scores, int64_t rows, Visible visible, float scale, Running *running, float *weighted, int64_t size
) {
    for (int64_t row = 0; row < rows; row++, scores += tile, weighted += size) {
        const auto keys = visible(row);
        Floats z[vectors];
        auto largest = Floats::all(running[row].maximum);
        for (int v = 0; v < vectors; v++) {
            const auto all = Floats::load(scores + v * Floats::count) * Floats::all(scale);
            z[v] = Floats::firstOf(all, keys - v * Floats::count, -INFINITY);
            largest = larger(largest, z[v]);
        }
        const float maximum = largest.max();
        if (maximum > running[row].maximum) {
            const float factor = std::exp(running[row].maximum - maximum);
            running[row] = {maximum, running[row].sum * factor};
            forEachGroup(size, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
                (Floats::load(weighted + i, n) * Floats::all(factor)).store(weighted + i, n);
            });
        }
        Floats sum = {};
        for (int v = 0; v < vectors; v++) {
            const auto p = exponential(z[v] - Floats::all(maximum));
            sum = sum + p;
            p.store(scores + v * Floats::count);
        }
        running[row].sum += sum.sum();
    }
}

/// Writes weighted values [rows][D] over their sums.
CTORCH_INLINE void finish(
    const float *weighted, const Running *running, int64_t rows, int64_t size, float *out, int64_t stride
) {
    for (int64_t row = 0; row < rows; row++, weighted += size, out += stride) {
        const auto sum = Floats::all(running[row].sum);
        forEachGroup(size, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            (Floats::load(weighted + i, n) / sum).store(out + i, n);
        });
    }
}

CTORCH_INLINE float dotProduct(const float *a, const float *b, int64_t size) {
    Floats sum = {};
    forEachGroup(size, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        sum = sum + Floats::load(a + i, n) * Floats::load(b + i, n);
    });
    return sum.sum();
}

/// Scores [rows][64] become probabilities P, and dO·Vᵀ becomes dS.
CTORCH_INLINE void differentiateScores(
    float *scores, float *products, int64_t rows, Visible visible, const QueryStatistics *queries, float scale
) {
    for (int64_t row = 0; row < rows; row++, scores += tile, products += tile) {
        const auto keys = visible(row);
        const auto logSum = Floats::all(queries[row].logSum), delta = Floats::all(queries[row].delta);
        for (int64_t i = 0; i < tile; i += Floats::count) {
            const auto score = Floats::load(scores + i);
            const auto all = exponential({score.lanes * scale - logSum.lanes});  // rounded once
            const auto p = Floats::firstOf(all, keys - i, 0);
            const auto excess = Floats::firstOf(Floats::load(products + i) - delta, keys - i, 0);
            p.store(scores + i);
            (p * excess * Floats::all(scale)).store(products + i);
        }
    }
}

// MARK: Families

void clear(float *out, int64_t rows, int64_t size, int64_t stride) {
    for (int64_t row = 0; row < rows; row++) std::memset(out + row * stride, 0, sizeof(float) * static_cast<size_t>(size));
}

/// A head's rows as a left factor.
LeftFactor factor(const HeadRows<float> &rows) { return {rows.first, rows.stride, 1}; }

}  // namespace

void ctorch::attendFamily(
    const AttentionInputs<float> &in, const Family &family, int64_t keyHead, float *outputs, float *logSums
) {
    const auto &shape = in.shape;
    const auto size = shape.size;
    const FamilyTiles tiles(family, shape);
    const Buffer<float> memory((tiles.count() * size + tile + size) * tile);
    float *const scores = memory, *const weighted = scores + tile * tile, *const keysTurned = weighted + tile * size;
    for (const auto &t : tiles.all()) {
        vectorized<turn>(
            tiles.rows(in.keys, shape.keyHeads, keyHead, t), size, keysTurned + t.number * tile * size);
    }
    for (const auto &own : tiles.all()) {
        for (auto head = keyHead * shape.group(); head < (keyHead + 1) * shape.group(); head++) {
            const auto queries = tiles.rows(in.queries, shape.heads, head, own);
            Running running[tile];
            clear(weighted, tile, size, size);
            tiles.forEachSeen(own, [&](const Tile &seen, const Visible &visible) {
                const auto values = tiles.rows(in.values, shape.keyHeads, keyHead, seen);
                tiled<MultiplySeen>(
                    factor(queries), queries.count, keysTurned + seen.number * tile * size, size, visible, scores);
                vectorized<admit>(scores, queries.count, visible, shape.scale, running, weighted, size);
                tiled<AddByKeys>(
                    scores, queries.count, RightFactor{values.first, values.stride}, size, visible, weighted, size);
            });
            const auto place = tiles.row(own) * shape.heads + head;
            vectorized<finish>(weighted, running, queries.count, size, outputs + place * size, queries.stride);
            for (int64_t row = 0; row < queries.count; row++) {
                logSums[place + row * shape.heads] = running[row].maximum + std::log(running[row].sum);
            }
        }
    }
}

void ctorch::differentiateFamily(
    const AttentionInputs<float> &in, const Family &family, int64_t keyHead, const AttentionGradients<float> &g
) {
    const auto &shape = in.shape;
    const auto size = shape.size;
    const FamilyTiles tiles(family, shape);
    const Buffer<float> memory((2 * tiles.count() * size + 2 * tile) * tile);
    float *const scores = memory, *const products = scores + tile * tile;
    float *const keysTurned = products + tile * tile, *const valuesTurned = keysTurned + tiles.count() * tile * size;
    for (const auto &t : tiles.all()) {
        const auto offset = t.number * tile * size, place = tiles.place(shape.keyHeads, keyHead, t);
        const auto keys = tiles.rows(in.keys, shape.keyHeads, keyHead, t);
        clear(g.keys + place, keys.count, size, keys.stride);
        clear(g.values + place, keys.count, size, keys.stride);
        vectorized<turn>(keys, size, keysTurned + offset);
        vectorized<turn>(tiles.rows(in.values, shape.keyHeads, keyHead, t), size, valuesTurned + offset);
    }
    for (const auto &own : tiles.all()) {
        for (auto head = keyHead * shape.group(); head < (keyHead + 1) * shape.group(); head++) {
            const auto queries = tiles.rows(in.queries, shape.heads, head, own);
            const auto outputs = tiles.rows(g.outputs, shape.heads, head, own);
            const auto outs = tiles.rows(g.outputGradients, shape.heads, head, own);
            const auto place = tiles.row(own) * shape.heads + head;
            clear(g.queries + place * size, queries.count, size, queries.stride);
            QueryStatistics statistics[tile];
            for (int64_t row = 0; row < queries.count; row++) {
                statistics[row] = {
                    g.logSums[place + row * shape.heads],
                    vectorized<dotProduct>(outputs.row(row), outs.row(row), size),
                };
            }
            tiles.forEachSeen(own, [&](const Tile &seen, const Visible &visible) {
                const auto offset = seen.number * tile * size;
                const auto keys = tiles.rows(in.keys, shape.keyHeads, keyHead, seen);
                const auto keyPlace = tiles.place(shape.keyHeads, keyHead, seen);
                const auto rows = queries.count;
                tiled<MultiplySeen>(factor(queries), rows, keysTurned + offset, size, visible, scores);
                tiled<MultiplySeen>(factor(outs), rows, valuesTurned + offset, size, visible, products);
                vectorized<differentiateScores>(scores, products, rows, visible, statistics, shape.scale);
                tiled<AddByKeys>(
                    products, rows, RightFactor{keys.first, keys.stride}, size, visible, g.queries + place * size,
                    queries.stride);
                tiled<AddByQueries>(
                    scores, rows, RightFactor{outs.first, outs.stride}, size, visible, g.values + keyPlace,
                    keys.stride);
                tiled<AddByQueries>(
                    products, rows, RightFactor{queries.first, queries.stride}, size, visible, g.keys + keyPlace,
                    keys.stride);
            });
        }
    }
}
