/// Two readings of each row forward, one in place backward; tensor operations on other devices and in fp64.
///
/// With p = softmax(z), y the target and H the entropy:
///   H = log Σe − Σ(e · (z − max)) / Σe, where e = exp(z − max)
///   d log p(y) / dz = onehot(y) − p          d H / dz = −p · (log p + H)
#include "LogitRows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <cmath>

#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "LargeBuffers.h"
#include "Parallel.h"

using namespace ctorch;

namespace {

/// Sums run in fp32 inside a block and in fp64 across blocks, so that a large vocabulary loses nothing.
constexpr int64_t block = 2048;

struct RowStatistics {
    float logProbability, entropy, mean, maximum, logSum;
    bool isTop;
};

/// Writes the exponentials relative to the largest logit to `kept` unless it is NULL.
template <typename T>
CTORCH_INLINE void summarizeRow(
    const float *x, int64_t width, int64_t target, float inverseTemperature, RowStatistics *result, T *kept
) {
    double total = 0;
    auto largest = Floats::all(-INFINITY);
    for (int64_t start = 0; start < width; start += block) {
        Floats sum = {};
        forEachGroup(std::min(block, width - start), [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto v = Floats::load(x + start + i, n);
            sum = sum + v;
            // Zeros after a short group are no logits.
            largest = n == Floats::count ? larger(v, largest) : larger(Floats::firstOf(v, n, -INFINITY), largest);
        });
        total += sum.sum();
    }
    const float top = largest.max(), maximum = top * inverseTemperature;
    double exponentials = 0, weighted = 0;
    const auto inverse = Floats::all(inverseTemperature), shift = Floats::all(maximum);
    for (int64_t start = 0; start < width; start += block) {
        Floats sum = {}, products = {};
        forEachGroup(std::min(block, width - start), [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto z = Floats::load(x + start + i, n) * inverse - shift;
            const auto e = n == Floats::count ? exponential(z) : Floats::firstOf(exponential(z), n, 0);
            sum = sum + e;
            products = products + e * z;
            if (kept != nullptr) e.store(kept + start + i, n);
        });
        exponentials += sum.sum();
        weighted += products.sum();
    }
    const double logSum = std::log(exponentials);
    bool isTop = x[target] == top;
    for (int64_t i = 0; isTop && i < target; i++) isTop = x[i] != top;  // of equals the first is the argmax
    result->logProbability = static_cast<float>(double(x[target] * inverseTemperature - maximum) - logSum);
    result->entropy = static_cast<float>(logSum - weighted / exponentials);
    result->mean = static_cast<float>(total / double(width)) * inverseTemperature;
    result->maximum = maximum;
    result->logSum = static_cast<float>(logSum);
    result->isTop = isTop;
}

/// `out` may be `x` itself.
template <typename T>
CTORCH_INLINE void differentiateRow(
    const float *x, T *out, int64_t width, int64_t target, float inverseTemperature, const RowStatistics &row,
    float logGradient, float entropyGradient
) {
    const auto inverse = Floats::all(inverseTemperature), shift = Floats::all(row.maximum);
    const auto logSum = Floats::all(row.logSum);
    // −p · (g + h · (log p + H)), times 1 / temperature
    const float constant = -(logGradient + entropyGradient * row.entropy) * inverseTemperature;
    const float slope = -entropyGradient * inverseTemperature;
    const float targetLog = x[target] * inverseTemperature - row.maximum - row.logSum;
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        const auto logP = Floats::load(x + i, n) * inverse - shift - logSum;
        (exponential(logP) * (Floats::all(constant) + Floats::all(slope) * logP)).store(out + i, n);
    });
    const float own = std::exp(targetLog) * (constant + slope * targetLog) + logGradient * inverseTemperature;
    Floats::all(own).store(out + target, 1);
}

template <typename T>
CTORCH_INLINE void scaleRow(T *x, int64_t width, float factor) {
    const auto scale = Floats::all(factor);
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        (Floats::load(x + i, n) * scale).store(x + i, n);
    });
}

struct Distribution {
    at::Tensor probabilities, logs;
};

/// Not at::softmax: its exponential is good to twenty units in the last place only, which entropies show.
Distribution distribution(const at::Tensor &logits, const at::Tensor &maxima, const at::Tensor &logSums) {
    auto logs = logits - maxima.unsqueeze(1) - logSums.unsqueeze(1);
    return {logs.exp(), logs};
}

void summarizeByTensors(
    const at::Tensor &raw, const at::Tensor &targets, double temperature, const LogitStatistics &s
) {
    const auto logits = raw / temperature;
    s.maxima.copy_(logits.amax(-1));
    s.logSums.copy_((logits - s.maxima.unsqueeze(1)).exp_().sum(-1).log_());
    const auto d = distribution(logits, s.maxima, s.logSums);
    s.logProbabilities.copy_(d.logs.gather(1, targets.unsqueeze(1)).squeeze(1));
    s.entropies.copy_((d.probabilities * d.logs).sum(-1).neg_());
    s.isTop.copy_(logits.argmax(-1).eq(targets));
    s.meanLogits.copy_(logits.mean(-1));
}

void differentiateByTensors(
    at::Tensor &logits, const at::Tensor &targets, double temperature, const LogitStatistics &s,
    const at::Tensor &logProbabilityGradient, const at::Tensor &entropyGradient
) {
    const auto d = distribution(logits / temperature, s.maxima, s.logSums);
    logits.zero_();
    if (entropyGradient.defined()) {
        logits.addcmul_(d.probabilities, d.logs + s.entropies.unsqueeze(1), -1.0).mul_(entropyGradient.unsqueeze(1));
    }
    if (logProbabilityGradient.defined()) {
        const auto g = logProbabilityGradient.unsqueeze(1);
        logits.addcmul_(d.probabilities, g, -1.0).scatter_add_(1, targets.unsqueeze(1), g);
    }
    logits.div_(temperature);
}

}  // namespace

LogitStatistics LogitStatistics::empty(int64_t rows, const at::TensorOptions &options) {
    const auto floats = [&] { return at::empty({rows}, options); };
    return {floats(), floats(), at::empty({rows}, options.dtype(at::kBool)), floats(), floats(), floats()};
}

LogitStatistics LogitStatistics::narrow(int64_t start, int64_t count) const {
    const auto part = [&](const at::Tensor &x) { return x.narrow(0, start, count); };
    return {
        part(logProbabilities), part(entropies), part(isTop), part(meanLogits), part(maxima), part(logSums),
    };
}

void ctorch::summarize(
    const at::Tensor &logits, const at::Tensor &targets, double temperature, const LogitStatistics &s,
    const at::Tensor &exponentials
) {
    if (!hasKernels(logits)) return summarizeByTensors(logits, targets, temperature, s);
    const auto width = logits.size(1);
    const auto *rows = elements<float>(logits);
    const auto *targetIds = elements<int64_t>(targets);
    auto *logProbabilities = s.logProbabilities.data_ptr<float>(), *entropies = s.entropies.data_ptr<float>();
    auto *means = s.meanLogits.data_ptr<float>(), *maxima = s.maxima.data_ptr<float>();
    auto *logSums = s.logSums.data_ptr<float>();
    auto *isTop = s.isTop.data_ptr<bool>();
    withElementType(exponentials.defined() ? exponentials : logits, [&]<typename T>() {
        auto *kept = exponentials.defined() ? exponentials.data_ptr<T>() : nullptr;
        parallelRanges(logits.size(0), 1, [&](int64_t begin, int64_t end, int) {
            for (int64_t row = begin; row < end; row++) {
                RowStatistics r;
                vectorized<summarizeRow<T>>(
                    rows + row * width, width, targetIds[row], static_cast<float>(1 / temperature), &r,
                    kept ? kept + row * width : nullptr);
                logProbabilities[row] = r.logProbability;
                entropies[row] = r.entropy;
                means[row] = r.mean;
                maxima[row] = r.maximum;
                logSums[row] = r.logSum;
                isTop[row] = r.isTop;
            }
        });
    });
}

at::Tensor ctorch::differentiate(
    at::Tensor logits, const at::Tensor &targets, double temperature, const LogitStatistics &s,
    const at::Tensor &logProbabilityGradient, const at::Tensor &entropyGradient, at::ScalarType type
) {
    if (!hasKernels(logits)) {
        differentiateByTensors(logits, targets, temperature, s, logProbabilityGradient, entropyGradient);
        return logits.to(type);
    }
    auto result = type == at::kFloat ? logits : emptyFromPool(logits.sizes(), logits.options().dtype(type));
    const auto width = logits.size(1);
    const auto values = [](const at::Tensor &x) { return x.defined() ? elements<float>(x) : nullptr; };
    const auto *logGradients = values(logProbabilityGradient), *entropyGradients = values(entropyGradient);
    const auto *entropies = values(s.entropies), *maxima = values(s.maxima), *logSums = values(s.logSums);
    const auto *targetIds = elements<int64_t>(targets);
    const auto *rows = elements<float>(logits);
    withElementType(result, [&]<typename T>() {
        auto *outs = result.data_ptr<T>();
        parallelRanges(logits.size(0), 1, [&](int64_t begin, int64_t end, int) {
            for (int64_t row = begin; row < end; row++) {
                const RowStatistics r = {
                    .entropy = entropies[row], .maximum = maxima[row], .logSum = logSums[row],
                };
                vectorized<differentiateRow<T>>(
                    rows + row * width, outs + row * width, width, targetIds[row],
                    static_cast<float>(1 / temperature), r, logGradients ? logGradients[row] : 0,
                    entropyGradients ? entropyGradients[row] : 0);
            }
        });
    });
    return result;
}

void ctorch::differentiateKept(
    const at::Tensor &exponentials, const at::Tensor &targets, double temperature, const at::Tensor &logProbabilities,
    const at::Tensor &logSums, const at::Tensor &logProbabilityGradient
) {
    const auto width = exponentials.size(1);
    const auto *targetIds = elements<int64_t>(targets);
    const auto *logs = elements<float>(logProbabilities), *sums = elements<float>(logSums);
    const auto *gradients = elements<float>(logProbabilityGradient);
    withElementType(exponentials, [&]<typename T>() {
        auto *rows = exponentials.data_ptr<T>();
        parallelRanges(exponentials.size(0), 1, [&](int64_t begin, int64_t end, int) {
            for (int64_t row = begin; row < end; row++) {
                const float scale = gradients[row] / static_cast<float>(temperature);
                vectorized<scaleRow<T>>(rows + row * width, width, -scale * std::exp(-sums[row]));
                rows[row * width + targetIds[row]] = -scale * std::expm1(logs[row]);
            }
        });
    });
}
