/// From a row of logits to a token: penalty, temperature, filters, and one draw by the inverse of the cumulative distribution.
///
/// All filters are thresholds on the probabilities, so nothing is ever sorted. A threshold is found bit by bit: floats above
/// zero are ordered like their bits, and one pass over the vocabulary costs two microseconds.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "../Boundary.h"
#include "../Elements.h"
#include "Floats.h"
#include "Parallel.h"

using namespace ctorch;

namespace {

struct Drawn {
    int64_t token;
    /// Under the distribution it was drawn from.
    float logProbability;
};

/// Tokens whose probabilities are summed together before the draw looks at single ones.
constexpr int64_t chunkSize = 1024;

/// The greatest of `values`; not finite where one of them is not.
CTORCH_INLINE float greatest(const float *values, int64_t count) {
    auto largest = Floats::all(-INFINITY);
    // 0 · x is NaN for a number that is none or infinite.
    const auto zero = Floats::all(0);
    auto zeros = zero;
    forEachGroup(count, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto group = Floats::load(values + i, n);
        largest = larger(largest, Floats::firstOf(group, n, -INFINITY));
        zeros = zeros + group * zero;
    });
    return largest.max() + zeros.sum();
}

/// exp((logit − greatest) / temperature), in place: probabilities up to a factor, the most probable one 1.
CTORCH_INLINE void exponentiate(float *logits, int64_t count, float greatest, float temperature) {
    const auto shift = Floats::all(greatest), scale = Floats::all(1 / temperature);
    forEachGroup(count, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        exponential((Floats::load(logits + i, n) - shift) * scale).store(logits + i, n);
    });
}

/// The sum of the weights that reach the threshold.
CTORCH_INLINE float sumFrom(const float *weights, int64_t count, float threshold) {
    Floats total = {};
    const auto least = Floats::all(threshold);
    forEachGroup(count, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto w = Floats::load(weights + i, n);
        total = total + Floats{w.lanes >= least.lanes ? w.lanes : Floats::Lanes{}};
    });
    return total.sum();
}

/// How many weights reach the threshold, which is above 0.
CTORCH_INLINE int64_t countFrom(const float *weights, int64_t count, float threshold) {
    Floats::Bits total = {};
    const auto least = Floats::all(threshold);
    forEachGroup(count, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        total -= Floats::load(weights + i, n).lanes >= least.lanes;
    });
    int64_t sum = 0;
    for (int i = 0; i < Floats::count; i++) sum += total[i];
    return sum;
}

/// The greatest threshold in [0, 1] that satisfies `enough`, which holds for 0.
template <typename Condition>
float greatestThreshold(const Condition &enough) {
    uint32_t bits = 0;
    for (int bit = 29; bit >= 0; bit--) {
        const auto candidate = bits | (uint32_t(1) << bit);
        float threshold;
        std::memcpy(&threshold, &candidate, sizeof(threshold));
        if (threshold <= 1 && enough(threshold)) bits = candidate;
    }
    float result;
    std::memcpy(&result, &bits, sizeof(result));
    return result;
}

/// What a weight must reach to stay in: top-k, top-p among what that leaves, and min-p.
float leastWeight(const float *weights, int64_t count, const ctorch_sampling &sampling) {
    float least = 0;
    if (sampling.top_k > 0 && sampling.top_k < count) {
        least = greatestThreshold([&](float t) { return vectorized<countFrom>(weights, count, t) >= sampling.top_k; });
    }
    if (sampling.top_p < 1) {
        const auto wanted = sampling.top_p * vectorized<sumFrom>(weights, count, least);
        const auto reaches = [&](float t) { return vectorized<sumFrom>(weights, count, t) >= wanted; };
        const auto nucleus = greatestThreshold(reaches);
        least = std::max(least, nucleus);
    }
    return std::max(least, static_cast<float>(sampling.min_p));
}

void penalize(float *logits, const int64_t *tokens, int64_t count, double penalty) {
    std::vector<float> changed(static_cast<size_t>(count));
    const auto factor = static_cast<float>(penalty);
    for (int64_t i = 0; i < count; i++) {
        const auto logit = logits[tokens[i]];
        changed[static_cast<size_t>(i)] = logit < 0 ? logit * factor : logit / factor;
    }
    // Only now, so that a repeated token is penalised once.
    for (int64_t i = 0; i < count; i++) logits[tokens[i]] = changed[static_cast<size_t>(i)];
}

/// The sums of all chunks, over the weights that reach `least`.
std::vector<double> chunkSums(const float *weights, int64_t count, float least) {
    std::vector<double> sums;
    for (int64_t start = 0; start < count; start += chunkSize) {
        sums.push_back(vectorized<sumFrom>(weights + start, std::min(chunkSize, count - start), least));
    }
    return sums;
}

/// The token where the cumulative sum passes `target`.
int64_t tokenAt(const float *weights, int64_t count, float least, double target, const std::vector<double> &sums) {
    size_t chunk = 0;
    while (chunk + 1 < sums.size() && target >= sums[chunk]) target -= sums[chunk++];
    // Rounding can carry the target past the last chunk that has anything.
    while (chunk > 0 && sums[chunk] == 0) chunk--;
    const auto start = static_cast<int64_t>(chunk) * chunkSize;
    int64_t token = start;
    for (auto i = start; i < std::min(start + chunkSize, count); i++) {
        if (weights[i] < least || weights[i] == 0) continue;
        token = i;
        target -= weights[i];
        if (target < 0) break;
    }
    return token;
}

/// Draws from `logits` [vocabulary] with `scratch` of that size; `uniform` is in [0, 1). Where a logit is not finite the
/// log-probability is NaN.
Drawn draw(
    const float *logits, int64_t vocabulary, const ctorch_sampling &sampling, const int64_t *previous,
    int64_t previousCount, float uniform, float *scratch
) {
    std::copy(logits, logits + vocabulary, scratch);
    if (sampling.repetition_penalty != 1) penalize(scratch, previous, previousCount, sampling.repetition_penalty);
    const auto top = vectorized<greatest>(scratch, vocabulary);
    if (!std::isfinite(top)) return {0, NAN};
    const bool isGreedy = sampling.temperature == 0;
    const auto best = std::find(scratch, scratch + vocabulary, top) - scratch;
    auto *weights = scratch;
    vectorized<exponentiate>(weights, vocabulary, top, isGreedy ? 1 : static_cast<float>(sampling.temperature));
    const auto least = isGreedy ? 0 : leastWeight(weights, vocabulary, sampling);
    const auto sums = chunkSums(weights, vocabulary, least);
    double total = 0;
    for (const auto sum : sums) total += sum;
    const auto token = isGreedy ? best : tokenAt(weights, vocabulary, least, uniform * total, sums);
    return {token, static_cast<float>(std::log(weights[token] / total))};
}

}  // namespace

ctorch_status ctorch_draw_tokens(
    ctorch_tensor logits, ctorch_sampling sampling, const float *uniforms, const ctorch_token_list *previous,
    int64_t *tokens, float *log_probabilities
) {
    return guarded([&] {
        const auto &tensor = unwrap(logits);
        TORCH_CHECK(
            tensor.is_cpu() && tensor.dim() == 2 && tensor.scalar_type() == at::kFloat && tensor.size(1) > 0,
            "expected logits [n, V] in fp32 on the CPU, found ", tensor.scalar_type(), " ", tensor.sizes());
        const auto rows = tensor.contiguous();
        const auto count = rows.size(0), vocabulary = rows.size(1);
        for (int64_t row = 0; row < count; row++) {
            for (size_t i = 0; i < previous[row].count; i++) {
                const auto token = previous[row].tokens[i];
                TORCH_CHECK(token >= 0 && token < vocabulary, "token ", token, " of ", vocabulary);
            }
        }
        const auto *values = elements<float>(rows);
        auto scratch = at::empty({at::get_num_threads(), vocabulary}, at::kFloat);
        auto *scratches = scratch.data_ptr<float>();
        parallelRanges(count, 1, [&](int64_t begin, int64_t end, int thread) {
            for (auto row = begin; row < end; row++) {
                const auto drawn = draw(
                    values + row * vocabulary, vocabulary, sampling, previous[row].tokens,
                    static_cast<int64_t>(previous[row].count), uniforms[row], scratches + thread * vocabulary);
                tokens[row] = drawn.token;
                log_probabilities[row] = drawn.logProbability;
            }
        });
    });
}
