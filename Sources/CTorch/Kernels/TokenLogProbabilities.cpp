/// Log-probability and entropy per token from hidden states, without ever holding the [N, V] logits.
///
/// Forward and backward go through the rows in chunks; backward computes each chunk's logits again. Logits are fp32
/// whatever the precision of the hidden states, because logits rounded to bf16 bias training. Their gradient has the
/// precision of the states and the weight, as in any other layer.
///
/// Two things spare backward that product. The gradient of a row's log-probability with respect to its state,
/// (onehot(y) − p)·W / temperature, needs nothing from backward but a factor: where the weight is frozen, forward computes it
/// while it has the logits. And where the weight learns, the gradient with respect to the logits is, but for the target's
/// place, a multiple of the exponentials, which forward keeps if the batch is small enough.
#include <ATen/TensorOperators.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Boundary.h"
#include "Head.h"
#include "LargeBuffers.h"
#include "LogitRows.h"
#include "Product.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// Rows whose fp32 logits take about 64 MB.
int64_t chunkRows(int64_t vocabulary) { return std::max<int64_t>(16, (int64_t(1) << 24) / vocabulary); }

/// Whether the exponentials of this many rows, in the precision of the products, are worth the memory: at most 256 MB.
bool keepsExponentials(const Head &head, const at::Tensor &hidden, int64_t vocabulary) {
    const auto bytes = hidden.size(0) * vocabulary * static_cast<int64_t>(c10::elementSize(head.productType()));
    return hidden.is_cpu() && head.logitType() == at::kFloat && head.productType() == hidden.scalar_type() &&
        bytes <= (int64_t(1) << 28);
}

struct TokenLogProbabilities : Function<TokenLogProbabilities> {
    static variable_list forward(
        AutogradContext *context, const at::Tensor &hidden, const at::Tensor &weight, const at::Tensor &targets,
        double temperature, bool recordsHidden, bool recordsWeight
    ) {
        const auto rows = hidden.size(0), chunk = chunkRows(weight.size(0));
        const Head head(hidden, weight);
        const auto s = LogitStatistics::empty(rows, weight.options().dtype(head.logitType()));
        const bool keeps = recordsWeight && keepsExponentials(head, hidden, weight.size(0));
        const bool pulls = recordsHidden && !recordsWeight;
        const auto kept = keeps ? emptyFromPool({rows, weight.size(0)}, hidden.options()) : at::Tensor();
        const auto pull = pulls ? at::empty(hidden.sizes(), hidden.options()) : at::Tensor();
        const auto ones = at::ones({pulls ? std::min(chunk, rows) : 0}, s.logProbabilities.options());
        for (int64_t start = 0; start < rows; start += chunk) {
            const auto count = std::min(chunk, rows - start);
            const auto logits = head.logits(hidden.narrow(0, start, count));
            const auto part = s.narrow(start, count);
            const auto own = targets.narrow(0, start, count);
            summarize(logits, own, temperature, part, keeps ? kept.narrow(0, start, count) : at::Tensor());
            if (!pulls) continue;
            const auto gradient =
                differentiate(logits, own, temperature, part, ones.narrow(0, 0, count), {}, head.productType());
            pull.narrow(0, start, count).copy_(head.statesGradient(gradient));
        }
        context->save_for_backward(
            {hidden, weight, targets, s.logProbabilities, s.entropies, s.maxima, s.logSums, kept, pull});
        context->saved_data["temperature"] = temperature;
        context->mark_non_differentiable({s.isTop, s.meanLogits});
        context->set_materialize_grads(false);
        return {s.logProbabilities, s.entropies, s.isTop, s.meanLogits};
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        variable_list results(6);
        if (!gradients[0].defined() && !gradients[1].defined()) return results;
        const auto saved = context->get_saved_variables();
        const auto &kept = saved[7], &pull = saved[8];
        if (gradients[1].defined() || (!kept.defined() && !pull.defined())) {
            byChunks(context, gradients, results);
        } else if (pull.defined()) {
            results[0] = (pull * gradients[0].unsqueeze(1)).to(pull.scalar_type());
        } else {
            fromKept(context, gradients[0], results);
        }
        return results;
    }

private:
    /// The gradient of the log-probabilities alone, all rows at once.
    static void fromKept(AutogradContext *context, const at::Tensor &gradient, variable_list &results) {
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &weight = saved[1], &targets = saved[2], &logProbabilities = saved[3];
        const auto logits = saved[7];
        differentiateKept(
            logits, targets, context->saved_data["temperature"].toDouble(), logProbabilities, saved[6],
            gradient.contiguous());
        if (context->needs_input_grad(0)) results[0] = product(logits, weight);
        if (context->needs_input_grad(1)) results[1] = product(logits.t(), hidden);
    }

    static void byChunks(AutogradContext *context, const variable_list &gradients, variable_list &results) {
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
        results[0] = hiddenGradient;
        if (needsWeight) results[1] = weightGradient.to(weight.scalar_type());
    }
};

/// The logits themselves, for losses on whole distributions: few rows at a time.
struct HeadLogits : Function<HeadLogits> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &weight) {
        context->save_for_backward({hidden, weight});
        return Head(hidden, weight).logits(hidden);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &weight = saved[1];
        const Head head(hidden, weight);
        const auto gradient = gradients[0].to(head.productType()).contiguous();
        variable_list results(2);
        if (context->needs_input_grad(0)) results[0] = head.statesGradient(gradient).to(hidden.scalar_type());
        if (context->needs_input_grad(1)) {
            auto total = emptyFromPool(weight.sizes(), weight.options().dtype(head.logitType())).zero_();
            head.addWeightGradient(gradient, hidden, total);
            results[1] = total.to(weight.scalar_type());
        }
        return results;
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
        const bool records = c10::GradMode::is_enabled();
        return TokenLogProbabilities::apply(
            h, w, t, temperature, records && h.requires_grad(), records && w.requires_grad());
    });
}

ctorch_status ctorch_head_logits(ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &h = unwrap(hidden), &w = unwrap(weight);
        TORCH_CHECK(
            h.dim() == 2 && w.dim() == 2 && h.size(1) == w.size(1), "expected hidden [N, H] and weight [V, H], found ",
            h.sizes(), " and ", w.sizes());
        return HeadLogits::apply(h, w);
    });
}
