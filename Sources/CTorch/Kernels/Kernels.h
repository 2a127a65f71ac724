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

/// Rows of a bf16 table on the CPU.
at::Tensor roundedEmbedding(const at::Tensor &table, const at::Tensor &indices);
at::Tensor fusedRMSNorm(const at::Tensor &input, const at::Tensor &weight, double epsilon);
at::Tensor fusedRotation(const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine);
at::Tensor fusedSwiGLU(const at::Tensor &gate, const at::Tensor &up);
/// The gate and the values in the halves of one tensor, [.., 2F].
at::Tensor fusedSwiGLU(const at::Tensor &both);

/// fusedSwiGLU(gate, up) · weightᵀ, which keeps the gate and the values only.
at::Tensor fusedGatedLinear(const at::Tensor &gate, const at::Tensor &up, const at::Tensor &weight);

}  // namespace ctorch
