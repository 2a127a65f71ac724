#include "Head.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

#include "OneDNN.h"
#include "WideProduct.h"

using namespace ctorch;

Head::Head(const at::Tensor &hidden, const at::Tensor &weight) {
    const auto detached = weight.detach();
    if (hasWideProduct(hidden, weight)) {
        weight_ = detached.contiguous();
    } else {
        weight_ = detached.scalar_type() == at::kDouble ? detached : detached.to(at::kFloat);
    }
}

at::Tensor Head::logits(const at::Tensor &states) const {
    const auto x = states.to(productType()).contiguous();
    if (productType() == at::kBFloat16) return wideProduct(x, weight_);
    if (x.is_cpu() && productType() == at::kFloat && x.numel() > 0) return oneDNNLinear(x, weight_);
    return at::linear(x, weight_);
}

at::Tensor Head::statesGradient(const at::Tensor &gradient) const { return at::mm(gradient, weight_); }

void Head::addWeightGradient(const at::Tensor &gradient, const at::Tensor &states, at::Tensor &total) const {
    const auto x = states.to(productType());
    if (total.scalar_type() == productType()) {
        total.addmm_(gradient.t(), x);
    } else {
        total.add_(at::mm(gradient.t(), x));
    }
}
