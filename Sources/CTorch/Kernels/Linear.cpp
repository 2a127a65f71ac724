/// A linear layer in fp32, y = x·Wᵀ + b, by our products: dx = g·W, dW = gᵀ·x, db = Σ g.
#include <torch/csrc/autograd/custom_function.h>

#include "Kernels.h"
#include "Product.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

struct Linear : Function<Linear> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
        const c10::optional<at::Tensor> &bias
    ) {
        const auto x = input.reshape({-1, input.size(-1)});
        // Only a weight that learns needs the input again.
        context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight});
        context->saved_data["hasBias"] = bias.has_value();
        auto shape = input.sizes().vec();
        shape.back() = weight.size(0);
        return linearProduct(x, weight, bias).view(shape);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        auto shape = gradients[0].sizes().vec();
        const auto g = gradients[0].reshape({-1, shape.back()});
        shape.back() = weight.size(1);
        variable_list results(3);
        if (context->needs_input_grad(0)) results[0] = product(g, weight).view(shape);
        if (context->needs_input_grad(1)) results[1] = product(g.t(), x);
        if (context->saved_data["hasBias"].toBool() && context->needs_input_grad(2)) results[2] = g.sum(0);
        return results;
    }
};

}  // namespace

bool ctorch::hasFusedLinear(const at::Tensor &input, const at::Tensor &weight) {
    if (!input.is_cpu() || input.scalar_type() != at::kFloat || !hasKernels(weight)) return false;
    if (weight.scalar_type() == at::kBFloat16 && weight.requires_grad()) return false;
    return input.dim() > 0 && weight.dim() == 2 && input.size(-1) == weight.size(1);
}

at::Tensor ctorch::fusedLinear(
    const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias
) {
    return Linear::apply(input, weight, bias);
}
