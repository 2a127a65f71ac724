/// Products of large matrices on the CPU in fp32: by a kernel of ours where there are rows enough, since the MKL inside libtorch
/// is slower on processors that are not Intel's and reads no bf16.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Optional.h>

namespace ctorch {

/// Whether the kernel multiplies these: fp32 by fp32 or bf16 on the CPU, 32 rows or more, where it was measured to be faster than
/// libtorch: on x86-64-v3 and v4, not below.
bool hasProductKernel(const at::Tensor &left, const at::Tensor &right);

/// left [M, K] · right [K, N]; either may be a transposed view. Both of one type, but that an fp32 `left` on the CPU may meet a
/// `right` in bf16, which is widened as it is read.
at::Tensor product(const at::Tensor &left, const at::Tensor &right);

/// The same added to `out` [M, N], of the type of `left`.
void addProduct(at::Tensor &out, const at::Tensor &left, const at::Tensor &right);

/// input [n, K] · weightᵀ + bias for a weight [N, K] and a bias [N], with the types of `product`. Not differentiable.
at::Tensor linearProduct(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

}  // namespace ctorch
