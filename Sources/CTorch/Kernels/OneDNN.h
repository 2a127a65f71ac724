/// Linear layers by oneDNN, which beats the MKL inside libtorch on processors that are not Intel's. Not differentiable.
#pragma once

#include <ATen/core/Tensor.h>

namespace ctorch {

/// A weight [V, H], fp32 or bf16 on the CPU, in the layout that oneDNN likes for products with few rows.
at::Tensor packedForOneDNN(const at::Tensor &weight);

/// input · weightᵀ; `weight` is a plain one or a packed one.
at::Tensor oneDNNLinear(const at::Tensor &input, const at::Tensor &weight);

}  // namespace ctorch
