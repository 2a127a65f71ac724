/// Attention without the [T, T] scores (Dao, "FlashAttention-2", 2023, algorithms 1 and 2), for processors that multiply
/// bf16 into fp32.
///
/// Queries and keys pass in tiles of 64 rows, so that all of a tile's products stay in the nearest cache. Forward keeps
/// for each query its largest score so far, the sum of exponentials below it and the weighted values, and scales them
/// when a larger score comes; log Σ exp of the scores is all that it hands to backward, which computes the
/// probabilities P again. With scores S = Q·Kᵀ/√D, outputs O and their gradients dO:
///   dV = Pᵀ·dO      dS = P ∘ (dO·Vᵀ − δ)/√D, where δ = Σ dO ∘ O per query      dQ = dS·K      dK = dSᵀ·Q
///
/// Every product is `multiply` of tiles (TileProducts.h); missing rows of a last tile are zeros.
#include "AttentionTiles.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cmath>
#include <cstring>

#include "FamilyTiles.h"
#include "Floats.h"
#include "TileProducts.h"

using namespace ctorch;

namespace {

CTORCH_AVX512_INLINE __m512 exponential(__m512 x) { return ctorch::exponential(Floats{x}).lanes; }

/// The first `count` (clamped to 0 ... 16) lanes.
CTORCH_AVX512_INLINE __mmask16 firstLanes(int64_t count) {
    return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, pairLanes)) - 1);
}

/// A multiple of four that holds `count` rows.
int64_t padded(int64_t count) { return (count + rowsAtOnce - 1) / rowsAtOnce * rowsAtOnce; }

// MARK: Forward

/// Turns `scores` [64] of one query into probabilities relative to the running maximum; scales what was summed before.
CTORCH_AVX512 void admit(
    const float *scores, int64_t visible, float scale, Running &running, float *weighted, int64_t width,
    uint16_t *probabilities
) {
    __m512 z[vectors];
    auto largest = _mm512_set1_ps(running.maximum);
    for (int v = 0; v < vectors; v++) {
        const auto scaled = _mm512_mul_ps(_mm512_load_ps(scores + v * pairLanes), _mm512_set1_ps(scale));
        const auto hidden = _mm512_set1_ps(-INFINITY);
        z[v] = _mm512_mask_mov_ps(hidden, firstLanes(visible - v * pairLanes), scaled);
        largest = _mm512_max_ps(largest, z[v]);
    }
    const float maximum = _mm512_reduce_max_ps(largest);
    if (maximum > running.maximum) {
        const float factor = std::exp(running.maximum - maximum);
        running = {maximum, running.sum * factor};
        for (int64_t i = 0; i < width; i += pairLanes) {
            _mm512_store_ps(weighted + i, _mm512_mul_ps(_mm512_load_ps(weighted + i), _mm512_set1_ps(factor)));
        }
    }
    auto sum = _mm512_setzero_ps();
    for (int v = 0; v < vectors; v++) {
        const auto p = exponential(_mm512_sub_ps(z[v], _mm512_set1_ps(maximum)));
        sum = _mm512_add_ps(sum, p);
        storeRounded(probabilities + v * pairLanes, p);
    }
    running.sum += _mm512_reduce_add_ps(sum);
}

CTORCH_AVX512 void finish(const float *weighted, float sum, int64_t size, uint16_t *output) {
    for (int64_t i = 0; i < size; i += pairLanes) {
        storeRounded(output + i, _mm512_div_ps(_mm512_load_ps(weighted + i), _mm512_set1_ps(sum)));
    }
}

/// Forward for one key head of a family, and the memory it works in.
class Forward {
public:
    Forward(const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead, uint16_t *outputs, float *logSums)
        : in_(in), keyHead_(keyHead), outputs_(outputs), logSums_(logSums), tiles_(family, in.shape) {}

    void run() {
        for (const auto &t : tiles_.all()) {
            packTurned(tiles_.rows(in_.keys, shape_.keyHeads, keyHead_, t), size_, keys_ + t.number * panel_);
            packPaired(tiles_.rows(in_.values, shape_.keyHeads, keyHead_, t), size_, values_ + t.number * panel_);
        }
        for (const auto &t : tiles_.all()) {
            for (int64_t i = 0; i < shape_.group(); i++) attend(t, keyHead_ * shape_.group() + i);
        }
    }

private:
    void attend(const Tile &own, int64_t head) {
        const auto rows = tiles_.rows(in_.queries, shape_.heads, head, own);
        const auto work = padded(rows.count);
        Running running[tile];
        packRows(rows, size_, queries_);
        std::memset(weighted_, 0, sizeof(float) * static_cast<size_t>(work * width_));
        tiles_.forEachSeen(own, [&](const Tile &t, const Visible &visible) {
            const auto seen = t.number;
            multiply<false>(queries_, work, size_ / 2, keys_ + seen * panel_, tile, scores_);
            for (int64_t row = 0; row < work; row++) {
                admit(
                    scores_ + row * tile, visible(row), shape_.scale, running[row], weighted_ + row * width_, width_,
                    reinterpret_cast<uint16_t *>(probabilities_ + row * tilePairs));
            }
            multiply<true>(probabilities_, work, tilePairs, values_ + seen * panel_, width_, weighted_);
        });
        for (int64_t row = 0; row < rows.count; row++) {
            const auto place = (tiles_.row(own) + row) * shape_.heads + head;
            finish(weighted_ + row * width_, running[row].sum, size_, outputs_ + place * size_);
            logSums_[place] = running[row].maximum + std::log(running[row].sum);
        }
    }

    const AttentionInputs<uint16_t> &in_;
    const AttentionShape &shape_ = in_.shape;
    const int64_t keyHead_, size_ = shape_.size, width_ = panelColumns(size_), panel_ = tilePairs * width_;
    uint16_t *outputs_;
    float *logSums_;
    const FamilyTiles tiles_;
    /// Of every tile: keys as columns, values as rows of panels.
    const Buffer<Pair> keys_{tiles_.count() * panel_}, values_{tiles_.count() * panel_};
    const Buffer<Pair> queries_{panel_}, probabilities_{tile * tilePairs};
    const Buffer<float> scores_{tile * tile}, weighted_{tile * width_};
};

// MARK: Backward

/// Σ a ∘ b of two rows of bf16.
CTORCH_AVX512 float dotProduct(const uint16_t *a, const uint16_t *b, int64_t size) {
    auto sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < size; i += pairLanes) {
        sum = _mm512_fmadd_ps(loadWidened(a + i), loadWidened(b + i), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

/// Two neighbouring queries: from scores and dO·Vᵀ, both [2][64], the gradients dS as rows, and P and dS as pairs.
CTORCH_AVX512 void differentiateScores(
    const float *scores, const float *products, const QueryStatistics *queries, const int64_t *visible, float scale,
    uint16_t *gradientRows, Pair *probabilityPairs, Pair *gradientPairs
) {
    for (int v = 0; v < vectors; v++) {
        __m512 p[2], ds[2];
        for (int row = 0; row < 2; row++) {
            const auto offset = row * tile + v * pairLanes;
            const auto s = _mm512_load_ps(scores + offset), logSum = _mm512_set1_ps(queries[row].logSum);
            const auto all = exponential(_mm512_fmsub_ps(s, _mm512_set1_ps(scale), logSum));
            p[row] = _mm512_maskz_mov_ps(firstLanes(visible[row] - v * pairLanes), all);
            const auto excess = _mm512_sub_ps(_mm512_load_ps(products + offset), _mm512_set1_ps(queries[row].delta));
            ds[row] = _mm512_mul_ps(_mm512_mul_ps(p[row], excess), _mm512_set1_ps(scale));
            storeRounded(gradientRows + offset, ds[row]);
        }
        _mm512_store_si512(probabilityPairs + v * pairLanes, pairRows(p[0], p[1]));
        _mm512_store_si512(gradientPairs + v * pairLanes, pairRows(ds[0], ds[1]));
    }
}

/// `count` rows of sums, `inStride` apart, into rows of a batch.
CTORCH_AVX512 void roundRows(
    const float *in, int64_t inStride, int64_t count, int64_t size, uint16_t *out, int64_t stride
) {
    for (int64_t row = 0; row < count; row++, in += inStride, out += stride) {
        for (int64_t i = 0; i < size; i += pairLanes) storeRounded(out + i, _mm512_load_ps(in + i));
    }
}

/// Backward for one key head of a family, and the memory it works in.
class Backward {
public:
    Backward(const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead, const AttentionGradients<uint16_t> &gradients)
        : in_(in), g_(gradients), keyHead_(keyHead), tiles_(family, in.shape) {}

    void run() {
        clear(keySums_, tiles_.count() * sums_);
        clear(valueSums_, tiles_.count() * sums_);
        for (const auto &t : tiles_.all()) {
            const auto keys = keyRows(in_.keys, t);
            packTurned(keys, size_, keysTurned_ + t.number * panel_);
            packPaired(keys, size_, keysPaired_ + t.number * panel_);
            packTurned(keyRows(in_.values, t), size_, valuesTurned_ + t.number * panel_);
        }
        for (const auto &t : tiles_.all()) {
            for (int64_t i = 0; i < shape_.group(); i++) differentiate(t, keyHead_ * shape_.group() + i);
        }
        for (const auto &t : tiles_.all()) {
            const auto rows = keyRows(in_.keys, t);
            const auto place = (tiles_.row(t) * shape_.keyHeads + keyHead_) * size_;
            roundRows(keySums_ + t.number * sums_, width_, rows.count, size_, g_.keys + place, rows.stride);
            roundRows(valueSums_ + t.number * sums_, width_, rows.count, size_, g_.values + place, rows.stride);
        }
    }

private:
    HeadRows<uint16_t> keyRows(const uint16_t *batch, const Tile &t) const {
        return tiles_.rows(batch, shape_.keyHeads, keyHead_, t);
    }

    void differentiate(const Tile &own, int64_t head) {
        const auto rows = tiles_.rows(in_.queries, shape_.heads, head, own);
        const auto outRows = tiles_.rows(g_.outputGradients, shape_.heads, head, own);
        const auto first = tiles_.row(own) * shape_.heads + head, work = padded(rows.count);
        QueryStatistics statistics[tile];
        for (int64_t row = 0; row < rows.count; row++) {
            const auto place = first + row * shape_.heads;
            statistics[row] = {
                g_.logSums[place], dotProduct(g_.outputs + place * size_, outRows.row(row), size_),
            };
        }
        packRows(rows, size_, queries_);
        packPaired(rows, size_, queriesPaired_);
        packRows(outRows, size_, outs_);
        packPaired(outRows, size_, outsPaired_);
        clear(querySums_, sums_);
        // Pairs of rows that the last tile lacks take part in the sums over queries.
        clear(probabilityPairs_, tile * tilePairs);
        clear(gradientPairs_, tile * tilePairs);
        tiles_.forEachSeen(own, [&](const Tile &seen, const Visible &visible) {
            meet(seen.number, visible, work, statistics);
        });
        roundRows(querySums_, width_, rows.count, size_, g_.queries + first * size_, rows.stride);
    }

    /// The queries that are laid out meet one tile of keys.
    void meet(int64_t seen, const Visible &visible, int64_t work, const QueryStatistics *statistics) {
        multiply<false>(queries_, work, size_ / 2, keysTurned_ + seen * panel_, tile, scores_);
        multiply<false>(outs_, work, size_ / 2, valuesTurned_ + seen * panel_, tile, products_);
        for (int64_t row = 0; row < work; row += 2) {
            const int64_t counts[2] = {visible(row), visible(row + 1)};
            differentiateScores(
                scores_ + row * tile, products_ + row * tile, statistics + row, counts, shape_.scale,
                reinterpret_cast<uint16_t *>(gradientRows_ + row * tilePairs), probabilityPairs_ + row / 2 * tile,
                gradientPairs_ + row / 2 * tile);
        }
        multiply<true>(gradientRows_, work, tilePairs, keysPaired_ + seen * panel_, width_, querySums_);
        turnPairs(probabilityPairs_, turned_);
        multiply<true>(turned_, tile, tilePairs, outsPaired_, width_, valueSums_ + seen * sums_);
        turnPairs(gradientPairs_, turned_);
        multiply<true>(turned_, tile, tilePairs, queriesPaired_, width_, keySums_ + seen * sums_);
    }

    template <typename T>
    static void clear(const Buffer<T> &memory, int64_t count) {
        std::memset(memory, 0, sizeof(T) * static_cast<size_t>(count));
    }

    const AttentionInputs<uint16_t> &in_;
    const AttentionShape &shape_ = in_.shape;
    const AttentionGradients<uint16_t> &g_;
    const int64_t keyHead_, size_ = shape_.size, width_ = panelColumns(size_), panel_ = tilePairs * width_;
    const int64_t sums_ = tile * width_;
    const FamilyTiles tiles_;
    /// Of every tile.
    const Buffer<Pair> keysTurned_{tiles_.count() * panel_}, keysPaired_{tiles_.count() * panel_};
    const Buffer<Pair> valuesTurned_{tiles_.count() * panel_};
    const Buffer<float> keySums_{tiles_.count() * sums_}, valueSums_{tiles_.count() * sums_};
    /// Of one tile of queries.
    const Buffer<Pair> queries_{panel_}, queriesPaired_{panel_}, outs_{panel_}, outsPaired_{panel_};
    const Buffer<float> querySums_{sums_};
    /// Of one meeting.
    const Buffer<float> scores_{tile * tile}, products_{tile * tile};
    const Buffer<Pair> gradientRows_{tile * tilePairs}, turned_{tile * tilePairs};
    const Buffer<Pair> probabilityPairs_{tile * tilePairs}, gradientPairs_{tile * tilePairs};
};

}  // namespace

void ctorch::attendFamily(
    const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead, uint16_t *outputs, float *logSums
) {
    Forward(in, family, keyHead, outputs, logSums).run();
}

void ctorch::differentiateFamily(
    const AttentionInputs<uint16_t> &in, const Family &family, int64_t keyHead, const AttentionGradients<uint16_t> &gradients
) {
    Backward(in, family, keyHead, gradients).run();
}

#else

void ctorch::attendFamily(const AttentionInputs<uint16_t> &, const Family &, int64_t, uint16_t *, float *) {}

void ctorch::differentiateFamily(const AttentionInputs<uint16_t> &, const Family &, int64_t, const AttentionGradients<uint16_t> &) {}

#endif
