/// Linear layers by oneDNN, which beats the MKL inside libtorch on processors that are not Intel's. Not differentiable.
#pragma once

#include <ATen/core/Tensor.h>

namespace ctorch {

/// input · weightᵀ, fp32 or bf16 on the CPU.
at::Tensor oneDNNLinear(const at::Tensor &input, const at::Tensor &weight);

}  // namespace ctorch
