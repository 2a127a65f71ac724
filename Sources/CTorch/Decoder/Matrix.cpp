#include "Matrix.h"

#include <algorithm>

#include "../Kernels/OneDNN.h"

using namespace ctorch;
using panels::Pair;

Matrix<at::BFloat16>::Matrix(const at::Tensor &weight, Team &team)
    : outputs_(weight.size(0)), pairs_(weight.size(1) / 2) {
    TORCH_CHECK(weight.size(1) % 2 == 0, "a matrix in bf16 needs an even number of inputs, found ", weight.size(1));
    const auto source = weight.to(at::kBFloat16).contiguous();
    const auto *rows = static_cast<const Pair *>(source.const_data_ptr());
    const auto panelSize = pairs_ * panels::width;
    panels_ = Memory<Pair>(panels::count(outputs_) * panelSize);
    team.ranges(panels::count(outputs_), [&](int64_t begin, int64_t end, int) {
        for (auto p = begin; p < end; p++) {
            const auto first = p * panels::width;
            const auto width = std::min(panels::width, outputs_ - first);
            panels::pack(rows + first * pairs_, width, pairs_, panels_.get() + p * panelSize);
        }
    });
}

void Matrix<at::BFloat16>::multiply(const at::BFloat16 *x, int64_t rows, panels::Target target, Team &team) const {
    const auto panelSize = pairs_ * panels::width;
    team.ranges(panels::count(outputs_), [&](int64_t begin, int64_t end, int) {
        for (auto p = begin; p < end; p++) {
            const auto first = p * panels::width;
            const auto *panel = panels_.get() + p * panelSize;
            panels::multiply(
                reinterpret_cast<const Pair *>(x), rows, pairs_, panel, std::min(panels::width, outputs_ - first),
                {target.memory + first, target.stride, target.adding}, p + 1 < end ? panel + panelSize : nullptr);
        }
    });
}

Matrix<float>::Matrix(const at::Tensor &weight, Team &) : outputs_(weight.size(0)), inputs_(weight.size(1)) {
    packed_ = packedForOneDNN(weight.to(at::kFloat).contiguous());
}

void Matrix<float>::multiply(const float *x, int64_t rows, panels::Target target, Team &) const {
    if (rows == 0) return;
    const auto input = at::from_blob(const_cast<float *>(x), {rows, inputs_}, at::kFloat);
    auto output = at::from_blob(target.memory, {rows, outputs_}, {target.stride, 1}, at::kFloat);
    const auto product = oneDNNLinear(input, packed_);
    if (target.adding) {
        output.add_(product);
    } else {
        output.copy_(product);
    }
}
