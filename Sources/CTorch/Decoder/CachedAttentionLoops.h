/// The loops of `CachedAttention` for any element type. The file that includes this defines `Step<Element>` first: how 16 sums
/// take one more product each, over `depth` neighbours of the inner dimension.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../Kernels/Floats.h"
#include "CachedAttention.h"

namespace ctorch {
namespace {

/// Tokens whose scores are computed together: four vectors.
constexpr int64_t blockTokens = 4 * Floats::count;
/// Query heads that share one pass over keys and values.
constexpr int64_t maximumQueries = 4;

constexpr int64_t roundedUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// What one pass works on: up to four query heads, their scores over `tokens` tokens, and the probabilities.
template <typename Element>
struct Pass {
    const Element *keys, *values, *queries;
    float *scores;
    Element *probabilities;
    /// Elements from one query's scores or probabilities to the next.
    int64_t stride;
    int64_t tokens, size;
};

template <int queries, typename Element>
CTORCH_INLINE void computeScores(const Pass<Element> &pass) {
    constexpr int vectors = blockTokens / Floats::count;
    for (int64_t token = 0; token < pass.tokens; token += blockTokens) {
        Floats sums[queries][vectors] = {};
        const auto *keys = pass.keys + token * pass.size;
        for (int64_t d = 0; d < pass.size; d += Step<Element>::depth) {
            for (int v = 0; v < vectors; v++) {
                const auto *key = keys + (v * pass.size + d) * Floats::count;
                for (int q = 0; q < queries; q++) {
                    sums[q][v] = Step<Element>::multiplyAdd(sums[q][v], key, pass.queries + q * pass.size + d);
                }
            }
        }
        for (int q = 0; q < queries; q++) {
            for (int v = 0; v < vectors; v++) sums[q][v].store(pass.scores + q * pass.stride + token + v * Floats::count);
        }
    }
}

/// Scores of one query become unnormalised probabilities, zeros after the last token. → one over their sum.
template <typename Element>
CTORCH_INLINE float computeProbabilities(const Pass<Element> &pass, int64_t query) {
    auto *scores = pass.scores + query * pass.stride;
    auto *probabilities = pass.probabilities + query * pass.stride;
    const auto end = roundedUp(pass.tokens, Floats::count);
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
template <int queries, int vectors, typename Element>
CTORCH_INLINE void computeOutputs(
    const Pass<Element> &pass, int64_t first, const float *scales, Element *out, int64_t headSize
) {
    constexpr auto depth = Step<Element>::depth;
    // An addition waits for the one before it in its sum: where there are few sums, each is taken in parts.
    constexpr int parts = std::max(1, 8 / (queries * vectors));
    Floats sums[parts][queries][vectors] = {};
    for (int64_t token = 0; token < pass.tokens; token += parts * depth) {
        for (int part = 0; part < parts; part++) {
            const auto start = token + part * depth;
            for (int v = 0; v < vectors; v++) {
                const auto *value = pass.values + start * pass.size + (first + v * Floats::count) * depth;
                for (int q = 0; q < queries; q++) {
                    sums[part][q][v] = Step<Element>::multiplyAdd(
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

template <int queries, typename Element>
CTORCH_INLINE void attendTogether(const Pass<Element> &pass, Element *out, int64_t headSize) {
    float scales[queries];
    computeScores<queries>(pass);
    for (int q = 0; q < queries; q++) scales[q] = computeProbabilities(pass, q);
    int64_t column = 0;
    for (; column + 4 * Floats::count <= pass.size; column += 4 * Floats::count) {
        computeOutputs<queries, 4>(pass, column, scales, out, headSize);
    }
    if (column + 2 * Floats::count <= pass.size) {
        computeOutputs<queries, 2>(pass, column, scales, out, headSize);
        column += 2 * Floats::count;
    }
    if (column < pass.size) computeOutputs<queries, 1>(pass, column, scales, out, headSize);
}

/// All query heads of a group, at most four at a time. `queries` [group, size] are in the element type.
template <typename Element>
CTORCH_INLINE void attendGroup(Pass<Element> pass, int64_t group, Element *out, int64_t headSize) {
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

/// Defined by the including file, compiled for its processors.
template <typename Element>
void attendGroupFor(const Pass<Element> &pass, int64_t group, Element *out, int64_t headSize);

}  // namespace

template <typename Element>
CachedAttention<Element>::CachedAttention(const CacheShape &shape)
    : shape_(shape),
      paddedCapacity_(roundedUp(shape.capacity, blockTokens)),
      paddedSize_(roundedUp(shape.headSize, Floats::count)) {
    const auto elements = base(shape.layers, 0, 0);
    keys_ = Memory<Element>(elements);
    values_ = Memory<Element>(elements);
}

template <typename Element>
void CachedAttention<Element>::store(const CachePlace &place, const float *key, const float *value) {
    constexpr auto depth = Step<Element>::depth;
    const auto start = base(place.layer, place.slot, place.head), t = place.position;
    auto *keys = keys_.get() + start + t / Floats::count * Floats::count * paddedSize_ + t % Floats::count * depth;
    auto *values = values_.get() + start + t / depth * depth * paddedSize_ + t % depth;
    for (int64_t d = 0; d < shape_.headSize; d++) {
        keys[d / depth * depth * Floats::count + d % depth] = static_cast<Element>(key[d]);
        values[d * depth] = static_cast<Element>(value[d]);
    }
}

template <typename Element>
int64_t CachedAttention<Element>::scratchSize() const {
    // Scores and probabilities of up to four queries, and the group's queries in the element type.
    return 2 * maximumQueries * paddedCapacity_ + shape_.group * paddedSize_;
}

template <typename Element>
void CachedAttention<Element>::attend(
    const CachePlace &place, const float *queries, Element *out, float *scratch
) const {
    const auto start = base(place.layer, place.slot, place.head);
    auto *scores = scratch;
    auto *probabilities = reinterpret_cast<Element *>(scores + maximumQueries * paddedCapacity_);
    auto *converted = reinterpret_cast<Element *>(scores + 2 * maximumQueries * paddedCapacity_);
    for (int64_t q = 0; q < shape_.group; q++) {
        for (int64_t d = 0; d < paddedSize_; d++) {
            const auto value = d < shape_.headSize ? queries[q * shape_.headSize + d] : 0;
            converted[q * paddedSize_ + d] = static_cast<Element>(value);
        }
    }
    const Pass<Element> pass = {
        keys_.get() + start, values_.get() + start, converted, scores, probabilities, paddedCapacity_,
        place.position + 1, paddedSize_,
    };
    attendGroupFor(pass, shape_.group, out, shape_.headSize);
}

template <typename Element>
void CachedAttention<Element>::copy(int64_t source, int64_t target, int64_t length) {
    const auto count = static_cast<size_t>(roundedUp(length, Floats::count) * paddedSize_) * sizeof(Element);
    for (int64_t layer = 0; layer < shape_.layers; layer++) {
        for (int64_t head = 0; head < shape_.heads; head++) {
            const auto from = base(layer, source, head), to = base(layer, target, head);
            std::memcpy(keys_.get() + to, keys_.get() + from, count);
            std::memcpy(values_.get() + to, values_.get() + from, count);
        }
    }
}

}  // namespace ctorch
