#include "Matrix.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "../Elements.h"
#include "../Kernels/OneDNN.h"
#include "../Kernels/PairTiles.h"
#include "RowOperations.h"

using namespace ctorch;

namespace {

/// The rows of weights below each other, rounded to bf16 when they are asked for.
class WeightRows {
public:
    explicit WeightRows(const std::vector<at::Tensor> &weights) : width_(weights.front().size(1)) {
        for (const auto &weight : weights) {
            TORCH_CHECK(weight.size(1) == width_, "weights of ", weight.size(1), " and ", width_, " inputs side by side");
            weights_.push_back(weight.scalar_type() == at::kFloat ? weight.contiguous()
                                                                  : weight.to(at::kBFloat16).contiguous());
        }
    }

    int64_t width() const { return width_; }

    /// Copies `count` rows from `first` on.
    void copy(int64_t first, int64_t count, at::BFloat16 *out) const {
        for (const auto &weight : weights_) {
            const auto here = std::min(count, weight.size(0) - first);
            for (int64_t row = first; row < first + here; row++, out += width_) {
                if (weight.scalar_type() == at::kFloat) {
                    copyRow(elements<float>(weight) + row * width_, out, width_);
                } else {
                    copyRow(elements<at::BFloat16>(weight) + row * width_, out, width_);
                }
            }
            count -= std::max<int64_t>(here, 0);
            first = std::max<int64_t>(first - weight.size(0), 0);
        }
    }

private:
    int64_t width_;
    std::vector<at::Tensor> weights_;
};

int64_t countOutputs(const std::vector<at::Tensor> &weights) {
    int64_t count = 0;
    for (const auto &weight : weights) count += weight.size(0);
    return count;
}

}  // namespace

Matrix<at::BFloat16>::Matrix(const std::vector<at::Tensor> &weights, at::ScalarType, Arena &arena, Team &team)
    : outputs_(countOutputs(weights)), pairs_(weights.front().size(1) / 2) {
    const WeightRows rows(weights);
    TORCH_CHECK(rows.width() % 2 == 0, "a matrix in bf16 needs an even number of inputs, found ", rows.width());
    const auto panelSize = pairs_ * panels::width;
    panels_ = arena.take<Pair>(panels::count(outputs_) * panelSize);
    team.ranges(panels::count(outputs_), [&](int64_t begin, int64_t end, int) {
        const Buffer<Pair> lines(panelSize);
        for (auto p = begin; p < end; p++) {
            const auto first = p * panels::width;
            const auto width = std::min(panels::width, outputs_ - first);
            rows.copy(first, width, reinterpret_cast<at::BFloat16 *>(static_cast<Pair *>(lines)));
            panels::pack(lines, width, pairs_, panels_ + p * panelSize);
        }
    });
}

void Matrix<at::BFloat16>::multiply(const at::BFloat16 *x, int64_t rows, panels::Target target, Team &team) const {
    const auto panelSize = pairs_ * panels::width;
    team.ranges(panels::count(outputs_), [&](int64_t begin, int64_t end, int) {
        for (auto p = begin; p < end; p++) {
            const auto first = p * panels::width;
            const auto *panel = panels_ + p * panelSize;
            panels::multiply(
                reinterpret_cast<const Pair *>(x), rows, pairs_, panel, std::min(panels::width, outputs_ - first),
                {target.memory + first, target.stride, target.adding}, p + 1 < end ? panel + panelSize : nullptr);
        }
    });
}

Matrix<float>::Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &, Team &)
    : outputs_(countOutputs(weights)), inputs_(weights.front().size(1)) {
    packed_ = packedForOneDNN(at::cat(weights).to(type).to(at::kFloat));
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
