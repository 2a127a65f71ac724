/// Log-probability and entropy per token from hidden states, without ever holding the [N, V] logits.
///
/// Forward and backward go through the rows in chunks; backward computes each chunk's logits again. Logits are fp32
/// whatever the precision of the hidden states, because logits rounded to bf16 bias training. Their gradient has the
/// precision of the states and the weight, as in any other layer. But for the target's place that gradient is a multiple of
/// the exponentials: where it will be in bf16, and the batch is small enough, forward keeps them in bf16 and backward has no
/// product to repeat.
#include <ATen/ops/aminmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Boundary.h"
#include "Head.h"
#include "LargeBuffers.h"
#include "LogitRows.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// Rows whose fp32 logits take about 64 MB.
int64_t chunkRows(int64_t vocabulary) { return std::max<int64_t>(16, (int64_t(1) << 24) / vocabulary); }

/// Whether the exponentials of this many rows are worth the memory: 256 MB in bf16.
bool keepsExponentials(const Head &head, const at::Tensor &hidden, int64_t vocabulary) {
    return head.productType() == at::kBFloat16 && hidden.is_cpu() && hidden.size(0) * vocabulary <= (int64_t(1) << 27);
}

struct TokenLogProbabilities : Function<TokenLogProbabilities> {
    static variable_list forward(
        AutogradContext *context, const at::Tensor &hidden, const at::Tensor &weight, const at::Tensor &targets,
        double temperature, bool needsGradient
    ) {
        const auto rows = hidden.size(0), chunk = chunkRows(weight.size(0));
        const Head head(hidden, weight);
        const auto s = LogitStatistics::empty(rows, weight.options().dtype(head.logitType()));
        const bool keeps = needsGradient && keepsExponentials(head, hidden, weight.size(0));
        const auto kept = keeps ? emptyFromPool({rows, weight.size(0)}, hidden.options()) : at::Tensor();
        for (int64_t start = 0; start < rows; start += chunk) {
            const auto count = std::min(chunk, rows - start);
            const auto logits = head.logits(hidden.narrow(0, start, count));
            const auto part = s.narrow(start, count);
            summarize(
                logits, targets.narrow(0, start, count), temperature, part,
                keeps ? kept.narrow(0, start, count) : at::Tensor());
        }
        context->save_for_backward(
            {hidden, weight, targets, s.logProbabilities, s.entropies, s.maxima, s.logSums, kept});
        context->saved_data["temperature"] = temperature;
        context->mark_non_differentiable({s.isTop, s.meanLogits});
        context->set_materialize_grads(false);
        return {s.logProbabilities, s.entropies, s.isTop, s.meanLogits};
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        if (!gradients[0].defined() && !gradients[1].defined()) return variable_list(5);
        const bool hasKept = context->get_saved_variables()[7].defined();
        return hasKept && !gradients[1].defined() ? fromKept(context, gradients[0]) : byChunks(context, gradients);
    }

private:
    /// The gradient of the log-probabilities alone, all rows at once.
    static variable_list fromKept(AutogradContext *context, const at::Tensor &gradient) {
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &weight = saved[1], &targets = saved[2], &logProbabilities = saved[3];
        const auto logits = saved[7];
        differentiateKept(
            logits, targets, context->saved_data["temperature"].toDouble(), logProbabilities, saved[6],
            gradient.contiguous());
        auto weightGradient = at::Tensor();
        if (context->needs_input_grad(1)) {
            weightGradient = emptyFromPool(weight.sizes(), weight.options());
            at::mm_out(weightGradient, logits.t(), hidden);
        }
        return {
            context->needs_input_grad(0) ? at::mm(logits, weight) : at::Tensor(), weightGradient, at::Tensor(),
            at::Tensor(), at::Tensor(),
        };
    }

    static variable_list byChunks(AutogradContext *context, const variable_list &gradients) {
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &weight = saved[1], &targets = saved[2];
        const auto &entropies = saved[4], &maxima = saved[5], &logSums = saved[6];
        const double temperature = context->saved_data["temperature"].toDouble();
        const auto rows = hidden.size(0), chunk = chunkRows(weight.size(0));
        const Head head(hidden, weight);
        const bool needsHidden = context->needs_input_grad(0), needsWeight = context->needs_input_grad(1);
        auto hiddenGradient = needsHidden ? at::empty(hidden.sizes(), hidden.options()) : at::Tensor();
        auto weightGradient = needsWeight
            ? emptyFromPool(weight.sizes(), weight.options().dtype(head.logitType())).zero_() : at::Tensor();
        for (int64_t start = 0; start < rows; start += chunk) {
            const auto count = std::min(chunk, rows - start);
            const auto part = [&](const at::Tensor &x) {
                return x.defined() ? x.narrow(0, start, count).contiguous() : at::Tensor();
            };
            const auto states = part(hidden);
            const LogitStatistics s = {
                .entropies = part(entropies), .maxima = part(maxima), .logSums = part(logSums),
            };
            const auto gradient = differentiate(
                head.logits(states), part(targets), temperature, s, part(gradients[0]), part(gradients[1]),
                head.productType());
            if (needsHidden) hiddenGradient.narrow(0, start, count).copy_(head.statesGradient(gradient));
            if (needsWeight) head.addWeightGradient(gradient, states, weightGradient);
        }
        if (needsWeight) weightGradient = weightGradient.to(weight.scalar_type());
        return {hiddenGradient, weightGradient, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

void checkArguments(const at::Tensor &hidden, const at::Tensor &weight, const at::Tensor &targets) {
    TORCH_CHECK(
        hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1) && targets.dim() == 1 &&
            targets.size(0) == hidden.size(0) && targets.scalar_type() == at::kLong,
        "expected hidden [N, H], weight [V, H] and integers [N], found ", hidden.sizes(), ", ", weight.sizes(),
        " and ", targets.scalar_type(), " ", targets.sizes());
    if (targets.numel() == 0) return;
    const auto [lowest, highest] = at::aminmax(targets);
    TORCH_CHECK(
        lowest.item<int64_t>() >= 0 && highest.item<int64_t>() < weight.size(0), "targets run from ",
        lowest.item<int64_t>(), " to ", highest.item<int64_t>(), ", but there are ", weight.size(0), " tokens");
}

}  // namespace

ctorch_status ctorch_token_log_probabilities(
    ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor targets, double temperature,
    ctorch_tensor *log_probabilities, ctorch_tensor *entropies, ctorch_tensor *is_top, ctorch_tensor *mean_logits
) {
    return produceEach({log_probabilities, entropies, is_top, mean_logits}, [&] {
        const auto &h = unwrap(hidden), &w = unwrap(weight);
        const auto t = unwrap(targets).contiguous();
        checkArguments(h, w, t);
        const bool needsGradient = c10::GradMode::is_enabled() && (h.requires_grad() || w.requires_grad());
        return TokenLogProbabilities::apply(h, w, t, temperature, needsGradient);
    });
}

ctorch_status ctorch_head_logits(ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &h = unwrap(hidden), &w = unwrap(weight);
        TORCH_CHECK(
            h.dim() == 2 && w.dim() == 2 && h.size(1) == w.size(1), "expected hidden [N, H] and weight [V, H], found ",
            h.sizes(), " and ", w.sizes());
        const c10::NoGradGuard guard;
        return Head(h, w).logits(h);
    });
}
