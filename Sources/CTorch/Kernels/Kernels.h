/// The fused operations, each with its own backward; Layers.cpp chooses between them and the plain ones.
#pragma once

#include <algorithm>

#include "../Boundary.h"

namespace ctorch {

/// Whether the kernels know this tensor: fp32 or bf16 on the CPU.
inline bool hasKernels(const at::Tensor &x) {
    return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

/// Calls `body` with the element type of a tensor that `hasKernels`.
template <typename Body>
void withElementType(const at::Tensor &x, const Body &body) {
    if (x.scalar_type() == at::kBFloat16) {
        body.template operator()<at::BFloat16>();
    } else {
        body.template operator()<float>();
    }
}

/// Rows of `width` elements that are worth a thread.
inline int64_t rowGrain(int64_t width) { return std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, width)); }

/// Whether there is a kernel for an input [.., K] and a weight [N, K]: fp32 on the CPU; a frozen weight may be bf16.
bool hasFusedLinear(const at::Tensor &input, const at::Tensor &weight);
/// input · weightᵀ + bias, for what `hasFusedLinear`.
at::Tensor fusedLinear(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);
/// Rows of a bf16 table on the CPU.
at::Tensor roundedEmbedding(const at::Tensor &table, const at::Tensor &indices);
at::Tensor fusedRMSNorm(const at::Tensor &input, const at::Tensor &weight, double epsilon);
at::Tensor fusedRotation(const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine);
at::Tensor fusedSwiGLU(const at::Tensor &gate, const at::Tensor &up);
/// The gate and the values in the halves of one tensor, [.., 2F].
at::Tensor fusedSwiGLU(const at::Tensor &both);

/// [.., F] as rows [n, F] whose elements are dense.
at::Tensor asRows(const at::Tensor &x);
/// silu(gate) · up of rows [n, F], not differentiable.
at::Tensor gatedRows(const at::Tensor &gate, const at::Tensor &up);
/// Writes the gradients of both, given that of the result, all [n, F].
void differentiateGatedRows(
    const at::Tensor &gradient, const at::Tensor &gate, const at::Tensor &up, at::Tensor gateGradient,
    at::Tensor upGradient);

/// fusedSwiGLU(gate, up) · weightᵀ, which keeps the gate and the values only.
at::Tensor fusedGatedLinear(const at::Tensor &gate, const at::Tensor &up, const at::Tensor &weight);

}  // namespace ctorch
