/// A weight, or several with the same inputs below each other, laid out once in panels for products with few rows and with many.
///
/// Rows are in the element type: bf16 on processors that have the instruction, otherwise fp32; results are fp32. Weights are rounded
/// to the type of the decoder: fp32, bf16 or int8, beside which rows are rounded too. Beside fp32 rows they take two bytes
/// wherever these hold them as they are.
/// Products use the team's threads and no others: two teams multiply side by side.
#pragma once

#include <ATen/core/Tensor.h>

#include <variant>
#include <vector>

#include "../Kernels/BytePanels.h"
#include "../Kernels/Panels.h"
#include "../Kernels/WidenedPanels.h"
#include "Memory.h"
#include "Team.h"

namespace ctorch {

template <typename Element>
class Matrix;

template <>
class Matrix<at::BFloat16> {
public:
    /// weights [outputs, inputs], with an even number of inputs; the panels lie in the arena.
    Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team);

    int64_t outputs() const { return outputs_; }

    /// x [rows, inputs] · weightᵀ.
    void multiply(const at::BFloat16 *x, int64_t rows, panels::Target target, Team &team) const;

private:
    int64_t outputs_, pairs_;
    panels::Pair *panels_;
};

template <>
class Matrix<float> {
public:
    /// weights [outputs, inputs], for `type` bf16 with an even number of inputs; the panels lie in the arena.
    Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team);

    int64_t outputs() const {
        return std::visit([](const auto &weight) { return weight.outputs; }, weight_);
    }

    /// x [rows, inputs] · weightᵀ.
    void multiply(const float *x, int64_t rows, panels::Target target, Team &team) const;

private:
    std::variant<widened::Weight, bytes::Weight> weight_;
};

/// What is rounded beside matrices in `type`: vectors are not kept in 8 bits.
inline at::ScalarType vectorType(at::ScalarType type) { return type == at::kChar ? at::kFloat : type; }

/// Whether products of weights that are rounded to `type` are computed in bf16.
bool multipliesPairs(at::ScalarType type);

/// rows [n, inputs] · weightsᵀ, [n, outputs] in fp32, added to `addend` where that is defined: a matrix that is used once.
at::Tensor multiplied(
    const at::Tensor &rows, const std::vector<at::Tensor> &weights, at::ScalarType type, const at::Tensor &addend);

}  // namespace ctorch
