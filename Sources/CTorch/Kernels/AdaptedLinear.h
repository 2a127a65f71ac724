/// A linear layer and the low-rank adapter beside it.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Optional.h>

namespace ctorch {

/// scale · dropped(x) · downᵀ · upᵀ, with down [rank, K] and up [N, rank].
struct Adapter {
    at::Tensor down, up;
    double scale;
    /// Chance that an element of the input is dropped, and where chance comes from; 0 without a generator.
    double dropout;
    c10::optional<at::Generator> generator;
};

/// Whether there is a kernel for this input [.., K] and frozen weight [N, K]: an input in fp32 on the CPU; bf16 on a processor
/// with the products and sizes in multiples of 64.
bool hasAdaptedLinear(const at::Tensor &input, const at::Tensor &weight);

/// x · weightᵀ + bias + the adapter's part, differentiable in all but weight and bias. x is the input, or silu(input) · values
/// where there are values of its shape.
at::Tensor adaptedLinear(
    const at::Tensor &input, const c10::optional<at::Tensor> &values, const at::Tensor &weight,
    const c10::optional<at::Tensor> &bias, const Adapter &adapter);

}  // namespace ctorch
