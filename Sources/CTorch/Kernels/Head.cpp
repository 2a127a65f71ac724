#include "Head.h"

#include "OneDNN.h"
#include "Product.h"
#include "WideProduct.h"

using namespace ctorch;

Head::Head(const at::Tensor &hidden, const at::Tensor &weight)
    : weight_(weight.detach()), productType_(hasWideProduct(hidden, weight) ? at::kBFloat16 : logitType(weight)) {
    if (productType_ == at::kBFloat16) {
        weight_ = weight_.contiguous();
    } else if (!weight_.is_cpu() || weight_.scalar_type() != at::kBFloat16) {
        // On the CPU products in fp32 read bf16 as it is.
        weight_ = weight_.to(productType_);
    }
}

at::Tensor Head::logits(const at::Tensor &states) const {
    const auto x = states.to(productType_).contiguous();
    if (productType_ == at::kBFloat16) return wideProduct(x, weight_);
    if (hasProductKernel(x, weight_) || !x.is_cpu() || productType_ == at::kDouble || x.numel() == 0) {
        return linearProduct(x, weight_, c10::nullopt);
    }
    // MKL's sums depend on where the weight lies in memory, those of oneDNN do not.
    return oneDNNLinear(x, weight_.to(at::kFloat));
}

at::Tensor Head::statesGradient(const at::Tensor &gradient) const { return product(gradient, weight_); }

void Head::addWeightGradient(const at::Tensor &gradient, const at::Tensor &states, at::Tensor &total) const {
    const auto x = states.to(productType_);
    if (total.scalar_type() == productType_) {
        addProduct(total, gradient.t(), x);
    } else {
        total.add_(product(gradient.t(), x));
    }
}
