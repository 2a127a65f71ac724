/// The loops of `CachedAttention` for any types. The file that includes this defines `Step<Element, Cached>` first: how 16 sums
/// take one more product each, over `depth` neighbours of the inner dimension, and how many such `sums` registers hold. Behind
/// it the file defines `attendGroupFor`, which calls `attendGroup` as it is compiled for the processor.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../Kernels/Floats.h"
#include "CachedAttention.h"

namespace ctorch {
namespace {

/// Vectors of tokens whose scores are computed together, at most; of columns of the outputs, too.
constexpr int mostVectors = 4;
constexpr int64_t blockTokens = mostVectors * Floats::count;
/// Query heads that share one pass over keys and values.
constexpr int64_t maximumQueries = 4;

/// How often so many sums fit into registers: a power of two, at most `most`.
constexpr int timesThatFit(int count, int sums, int most) {
    return most > 1 && count * most > sums ? timesThatFit(count, sums, most / 2) : most;
}

/// Vectors whose sums for so many queries stay in registers.
template <int queries, typename Step>
constexpr int vectorsBeside = timesThatFit(queries, Step::sums, mostVectors);

constexpr int64_t roundedUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// What one pass works on: up to four query heads, their scores over `tokens` tokens, and the probabilities.
template <typename Element, typename Cached>
struct Pass {
    const Cached *keys, *values;
    const Element *queries;
    float *scores;
    Element *probabilities;
    /// Elements from one query's scores or probabilities to the next.
    int64_t stride;
    /// The first `hidden` tokens lie outside the window.
    int64_t tokens, hidden, size;
};

template <int queries, typename Element, typename Cached>
CTORCH_INLINE void computeScores(const Pass<Element, Cached> &pass) {
    using Step = ctorch::Step<Element, Cached>;
    constexpr int vectors = vectorsBeside<queries, Step>;
    for (int64_t token = 0; token < pass.tokens; token += vectors * Floats::count) {
        Floats sums[queries][vectors] = {};
        const auto *keys = pass.keys + token * pass.size;
        for (int64_t d = 0; d < pass.size; d += Step::depth) {
            for (int v = 0; v < vectors; v++) {
                const auto *key = keys + (v * pass.size + d) * Floats::count;
                for (int q = 0; q < queries; q++) {
                    sums[q][v] = Step::multiplyAdd(sums[q][v], key, pass.queries + q * pass.size + d);
                }
            }
        }
        for (int q = 0; q < queries; q++) {
            for (int v = 0; v < vectors; v++) sums[q][v].store(pass.scores + q * pass.stride + token + v * Floats::count);
        }
    }
}

/// Scores of one query become unnormalised probabilities, zeros before the window and after the last token. → one over their sum.
template <typename Element, typename Cached>
CTORCH_INLINE float computeProbabilities(const Pass<Element, Cached> &pass, int64_t query) {
    auto *scores = pass.scores + query * pass.stride;
    auto *probabilities = pass.probabilities + query * pass.stride;
    const auto end = roundedUp(pass.tokens, Floats::count);
    std::fill(scores, scores + pass.hidden, -INFINITY);
    std::fill(scores + pass.tokens, scores + end, -INFINITY);
    auto largest = Floats::load(scores);
    for (int64_t t = Floats::count; t < end; t += Floats::count) largest = larger(largest, Floats::load(scores + t));
    const auto shift = Floats::all(largest.max());
    Floats sum = {};
    for (int64_t t = 0; t < end; t += Floats::count) {
        const auto probability = exponential(Floats::load(scores + t) - shift);
        sum = sum + probability;
        probability.store(probabilities + t);
    }
    return 1 / sum.sum();
}

/// Columns `first` up to `first + 16 · vectors` of the outputs.
template <int queries, int vectors, typename Element, typename Cached>
CTORCH_INLINE void computeOutputs(
    const Pass<Element, Cached> &pass, int64_t first, const float *scales, Element *out, int64_t headSize
) {
    using Step = ctorch::Step<Element, Cached>;
    constexpr auto depth = Step::depth;
    // An addition waits for the one before it in its sum: where there are few sums, each is taken in parts.
    constexpr int parts = timesThatFit(queries * vectors, std::min(8, Step::sums), 8);
    Floats sums[parts][queries][vectors] = {};
    for (int64_t token = 0; token < pass.tokens; token += parts * depth) {
        for (int part = 0; part < parts; part++) {
            const auto start = token + part * depth;
            for (int v = 0; v < vectors; v++) {
                const auto *value = pass.values + start * pass.size + (first + v * Floats::count) * depth;
                for (int q = 0; q < queries; q++) {
                    sums[part][q][v] = Step::multiplyAdd(
                        sums[part][q][v], value, pass.probabilities + q * pass.stride + start);
                }
            }
        }
    }
    for (int q = 0; q < queries; q++) {
        for (int v = 0; v < vectors; v++) {
            auto sum = sums[0][q][v];
            for (int part = 1; part < parts; part++) sum = sum + sums[part][q][v];
            const auto column = first + v * Floats::count;
            const auto left = std::min(Floats::count, headSize - column);
            if (left > 0) (sum * Floats::all(scales[q])).store(out + q * headSize + column, left);
        }
    }
}

template <int queries, typename Element, typename Cached>
CTORCH_INLINE void attendTogether(const Pass<Element, Cached> &pass, Element *out, int64_t headSize) {
    constexpr int vectors = vectorsBeside<queries, Step<Element, Cached>>;
    float scales[queries];
    computeScores<queries>(pass);
    for (int q = 0; q < queries; q++) scales[q] = computeProbabilities(pass, q);
    int64_t column = 0;
    for (; column + vectors * Floats::count <= pass.size; column += vectors * Floats::count) {
        computeOutputs<queries, vectors>(pass, column, scales, out, headSize);
    }
    if (vectors > 2 && column + 2 * Floats::count <= pass.size) {
        computeOutputs<queries, 2>(pass, column, scales, out, headSize);
        column += 2 * Floats::count;
    }
    if (column < pass.size) computeOutputs<queries, 1>(pass, column, scales, out, headSize);
}

/// All query heads of a group, at most four at a time. `queries` [group, size] are in the element type.
template <typename Element, typename Cached>
CTORCH_INLINE void attendGroup(Pass<Element, Cached> pass, int64_t group, Element *out, int64_t headSize) {
    while (group > 0) {
        const auto count = std::min(group, maximumQueries);
        switch (count) {
            case 1: attendTogether<1>(pass, out, headSize); break;
            case 2: attendTogether<2>(pass, out, headSize); break;
            case 3: attendTogether<3>(pass, out, headSize); break;
            default: attendTogether<4>(pass, out, headSize); break;
        }
        pass.queries += count * pass.size;
        out += count * headSize;
        group -= count;
    }
}

}  // namespace

template <typename Element, typename Cached>
CachedAttention<Element, Cached>::CachedAttention(const CacheShape &shape)
    : shape_(shape),
      paddedCapacity_(roundedUp(shape.capacity, blockTokens)),
      paddedSize_(roundedUp(shape.headSize, Floats::count)) {
    const auto elements = base(shape.layers, 0, 0);
    keys_ = Memory<Cached>(elements);
    values_ = Memory<Cached>(elements);
}

template <typename Element, typename Cached>
void CachedAttention<Element, Cached>::store(const CachePlace &place, const float *key, const float *value) {
    constexpr auto depth = Step<Element, Cached>::depth;
    const auto start = base(place.layer, place.slot, place.head), t = place.position;
    auto *keys = keys_.get() + start + t / Floats::count * Floats::count * paddedSize_ + t % Floats::count * depth;
    auto *values = values_.get() + start + t / depth * depth * paddedSize_ + t % depth;
    for (int64_t d = 0; d < shape_.headSize; d++) {
        keys[d / depth * depth * Floats::count + d % depth] = static_cast<Cached>(key[d]);
        values[d * depth] = static_cast<Cached>(value[d]);
    }
}

template <typename Element, typename Cached>
int64_t CachedAttention<Element, Cached>::scratchSize() const {
    // Scores and probabilities of up to four queries, and the group's queries in the element type.
    return 2 * maximumQueries * paddedCapacity_ + shape_.group * paddedSize_;
}

template <typename Element, typename Cached>
void CachedAttention<Element, Cached>::attend(
    const CachePlace &place, int64_t window, const float *queries, Element *out, float *scratch
) const {
    const auto outside = window > 0 ? std::max<int64_t>(0, place.position + 1 - window) : 0;
    // The loops begin with whole blocks.
    const auto skipped = outside / blockTokens * blockTokens;
    const auto start = base(place.layer, place.slot, place.head) + skipped * paddedSize_;
    auto *scores = scratch;
    auto *probabilities = reinterpret_cast<Element *>(scores + maximumQueries * paddedCapacity_);
    auto *converted = reinterpret_cast<Element *>(scores + 2 * maximumQueries * paddedCapacity_);
    for (int64_t q = 0; q < shape_.group; q++) {
        for (int64_t d = 0; d < paddedSize_; d++) {
            const auto value = d < shape_.headSize ? queries[q * shape_.headSize + d] : 0;
            converted[q * paddedSize_ + d] = static_cast<Element>(value);
        }
    }
    const Pass<Element, Cached> pass = {
        keys_.get() + start, values_.get() + start, converted, scores, probabilities, paddedCapacity_,
        place.position + 1 - skipped, outside - skipped, paddedSize_,
    };
    attendGroupFor(pass, shape_.group, out, shape_.headSize);
}

template <typename Element, typename Cached>
void CachedAttention<Element, Cached>::copy(int64_t source, int64_t target, int64_t length) {
    const auto count = static_cast<size_t>(roundedUp(length, Floats::count) * paddedSize_) * sizeof(Cached);
    for (int64_t layer = 0; layer < shape_.layers; layer++) {
        for (int64_t head = 0; head < shape_.heads; head++) {
            const auto from = base(layer, source, head), to = base(layer, target, head);
            std::memcpy(keys_.get() + to, keys_.get() + from, count);
            std::memcpy(values_.get() + to, values_.get() + from, count);
        }
    }
}

}  // namespace ctorch
