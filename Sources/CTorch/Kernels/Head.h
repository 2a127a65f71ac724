/// Products with the weight of a language-model head, whose logits must not be rounded to bf16.
#pragma once

#include <ATen/core/Tensor.h>

namespace ctorch {

class Head {
public:
    /// Prepares `weight` [V, H] for hidden states of the precision of `hidden`.
    Head(const at::Tensor &hidden, const at::Tensor &weight);

    /// states [n, H] → logits [n, V].
    at::Tensor logits(const at::Tensor &states) const;

    /// gradient [n, V] of the logits → [n, H].
    at::Tensor statesGradient(const at::Tensor &gradient) const;

    /// Adds gradientᵀ · states to `total` [V, H], of the type of the logits.
    void addWeightGradient(const at::Tensor &gradient, const at::Tensor &states, at::Tensor &total) const;

    /// fp32, or fp64 where the weight is.
    at::ScalarType logitType() const { return logitType(weight_); }

    /// What states and gradients are converted to for the products.
    at::ScalarType productType() const { return productType_; }

private:
    static at::ScalarType logitType(const at::Tensor &weight) {
        return weight.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    }

    at::Tensor weight_;
    at::ScalarType productType_;
};

}  // namespace ctorch
