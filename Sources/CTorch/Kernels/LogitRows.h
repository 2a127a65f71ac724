/// What the loss needs of a chunk of logits, without another tensor of their size.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

namespace ctorch {

/// Statistics of rows of logits z = x / temperature, all [N].
struct LogitStatistics {
    at::Tensor logProbabilities, entropies, isTop, meanLogits;
    /// log Σ exp z, in two parts that keep its precision: the maximum, and the logarithm of the sum relative to it.
    at::Tensor maxima, logSums;

    static LogitStatistics empty(int64_t rows, const at::TensorOptions &options);
    LogitStatistics narrow(int64_t start, int64_t count) const;
};

/// Fills `statistics` [n] from raw logits [n, V] and targets [n]. Where `exponentials` [n, V] of fp32 or bf16 is defined
/// (for fp32 on the CPU), exp(z − maximum) is written there.
void summarize(
    const at::Tensor &logits, const at::Tensor &targets, double temperature, const LogitStatistics &statistics,
    const at::Tensor &exponentials = {});

/// The gradient with respect to the logits [n, V], of the given type, written over them where the type is theirs.
/// Either incoming gradient may be undefined, not both.
at::Tensor differentiate(
    at::Tensor logits, const at::Tensor &targets, double temperature, const LogitStatistics &statistics,
    const at::Tensor &logProbabilityGradient, const at::Tensor &entropyGradient, at::ScalarType type);

/// Overwrites such exponentials with the gradient with respect to the logits, where the log-probabilities [n] of the
/// targets alone have a gradient.
void differentiateKept(
    const at::Tensor &exponentials, const at::Tensor &targets, double temperature, const at::Tensor &logProbabilities,
    const at::Tensor &logSums, const at::Tensor &logProbabilityGradient);

}  // namespace ctorch
