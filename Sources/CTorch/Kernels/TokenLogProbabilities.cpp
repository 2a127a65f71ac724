/// Log-probability and entropy per token from hidden states, without ever holding the [N, V] logits.
///
/// Forward and backward go through the rows in chunks; logits of a chunk are computed in fp32 whatever the precision of
/// the hidden states, because logits rounded to bf16 bias training. Backward computes each chunk's logits again.
///
/// With z the logits of a row divided by the temperature, p = softmax(z), y the target and H the entropy:
///   d log p(y) / dz = onehot(y) − p          d H / dz = −p · (log p + H)
#include <torch/csrc/autograd/custom_function.h>

#include "../Boundary.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// Rows whose fp32 logits take about 64 MB.
int64_t chunkRows(int64_t vocabulary) { return std::max<int64_t>(16, (int64_t(1) << 24) / vocabulary); }

at::Tensor chunkLogits(const at::Tensor &hidden, const at::Tensor &weight, double temperature) {
    auto logits = at::linear(hidden.to(weight.scalar_type()), weight);
    return temperature == 1.0 ? logits : logits.div_(temperature);
}

struct Distribution {
    at::Tensor probabilities, logs;
};

/// Not at::softmax: its exponential is good to twenty units in the last place only, which entropies show.
Distribution distribution(const at::Tensor &logits) {
    const auto shifted = logits - logits.amax(-1, /*keepdim=*/true);
    auto exponentials = shifted.exp();
    const auto sum = exponentials.sum(-1, /*keepdim=*/true);
    return {exponentials.div_(sum), shifted - sum.log()};
}

struct TokenLogProbabilities : Function<TokenLogProbabilities> {
    static variable_list forward(
        AutogradContext *context, const at::Tensor &hidden, const at::Tensor &weight, const at::Tensor &targets,
        double temperature
    ) {
        const auto rows = hidden.size(0), vocabulary = weight.size(0), chunk = chunkRows(vocabulary);
        const auto wide = weight.detach().to(at::kFloat);
        const auto options = wide.options();
        auto logProbabilities = at::empty({rows}, options), entropies = at::empty({rows}, options);
        auto meanLogits = at::empty({rows}, options), isTop = at::empty({rows}, options.dtype(at::kBool));
        for (int64_t start = 0; start < rows; start += chunk) {
            const auto count = std::min(chunk, rows - start);
            const auto logits = chunkLogits(hidden.narrow(0, start, count), wide, temperature);
            const auto target = targets.narrow(0, start, count);
            const auto d = distribution(logits);
            meanLogits.narrow(0, start, count).copy_(logits.mean(-1));
            isTop.narrow(0, start, count).copy_(logits.argmax(-1).eq(target));
            logProbabilities.narrow(0, start, count).copy_(d.logs.gather(1, target.unsqueeze(1)).squeeze(1));
            entropies.narrow(0, start, count).copy_((d.probabilities * d.logs).sum(-1).neg_());
        }
        context->save_for_backward({hidden, weight, targets, entropies});
        context->saved_data["temperature"] = temperature;
        context->mark_non_differentiable({isTop, meanLogits});
        context->set_materialize_grads(false);
        return {logProbabilities, entropies, isTop, meanLogits};
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &weight = saved[1], &targets = saved[2], &entropies = saved[3];
        const double temperature = context->saved_data["temperature"].toDouble();
        const auto rows = hidden.size(0), chunk = chunkRows(weight.size(0));
        const auto wide = weight.detach().to(at::kFloat);
        const bool needsWeight = context->needs_input_grad(1);
        auto hiddenGradient = at::empty(hidden.sizes(), hidden.options());
        auto weightGradient = needsWeight ? at::zeros_like(wide) : at::Tensor();
        for (int64_t start = 0; start < rows; start += chunk) {
            const auto count = std::min(chunk, rows - start);
            const auto part = hidden.narrow(0, start, count);
            const auto logits = chunkLogits(part, wide, temperature);
            const auto target = targets.narrow(0, start, count).unsqueeze(1);
            const auto d = distribution(logits);
            auto gradient = at::zeros_like(logits);
            if (gradients[1].defined()) {
                const auto scale = gradients[1].narrow(0, start, count).unsqueeze(1);
                const auto entropy = entropies.narrow(0, start, count).unsqueeze(1);
                gradient.addcmul_(d.probabilities, d.logs + entropy, -1.0).mul_(scale);
            }
            if (gradients[0].defined()) {
                const auto scale = gradients[0].narrow(0, start, count).unsqueeze(1);
                gradient.addcmul_(d.probabilities, scale, -1.0).scatter_add_(1, target, scale);
            }
            if (temperature != 1.0) gradient.div_(temperature);
            hiddenGradient.narrow(0, start, count).copy_(gradient.matmul(wide));
            if (needsWeight) weightGradient.addmm_(gradient.t(), part.to(at::kFloat));
        }
        if (needsWeight) weightGradient = weightGradient.to(weight.scalar_type());
        return {hiddenGradient, weightGradient, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

ctorch_status ctorch_token_log_probabilities(
    ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor targets, double temperature,
    ctorch_tensor *log_probabilities, ctorch_tensor *entropies, ctorch_tensor *is_top, ctorch_tensor *mean_logits
) {
    return produceEach({log_probabilities, entropies, is_top, mean_logits}, [&] {
        const auto &h = unwrap(hidden), &w = unwrap(weight), &t = unwrap(targets);
        TORCH_CHECK(
            h.dim() == 2 && w.dim() == 2 && h.size(1) == w.size(1) && t.dim() == 1 && t.size(0) == h.size(0),
            "expected hidden [N, H], weight [V, H] and targets [N], found ", h.sizes(), ", ", w.sizes(), " and ",
            t.sizes());
        return TokenLogProbabilities::apply(h, w, t, temperature);
    });
}
