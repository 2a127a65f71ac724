/// A weight, or several with the same inputs below each other, laid out once for products with few rows: panels for bf16 on
/// processors that have the instruction, oneDNN's own layout for fp32. What is multiplied is in the element type; results are
/// fp32. Weights are rounded to the type of the decoder, which on other processors is bf16, too.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "../Kernels/Panels.h"
#include "Memory.h"
#include "Team.h"

namespace ctorch {

template <typename Element>
class Matrix;

template <>
class Matrix<at::BFloat16> {
public:
    /// Products use the team's threads and no others: two teams multiply side by side.
    static constexpr bool usesOnlyItsTeam = true;

    /// weights [outputs, inputs], with an even number of inputs; the panels lie in the arena.
    Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team);

    int64_t outputs() const { return outputs_; }

    /// x [rows, inputs] · weightᵀ.
    void multiply(const at::BFloat16 *x, int64_t rows, panels::Target target, Team &team) const;

private:
    int64_t outputs_ = 0, pairs_;
    panels::Pair *panels_;
};

template <>
class Matrix<float> {
public:
    static constexpr bool usesOnlyItsTeam = false;

    Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team);

    int64_t outputs() const { return outputs_; }

    void multiply(const float *x, int64_t rows, panels::Target target, Team &team) const;

private:
    int64_t outputs_, inputs_;
    at::Tensor packed_;
};

}  // namespace ctorch
