/// Rows of a bf16 table. A token that occurs often adds up many gradients: they are summed in fp32 and rounded once, where
/// libtorch would round after every one and stop growing at 256 of the same size.
#include <ATen/ops/embedding.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "LargeBuffers.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

CTORCH_INLINE void addRow(const at::BFloat16 *row, float *sums, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        (Floats::load(sums + i, n) + Floats::load(row + i, n)).store(sums + i, n);
    });
}

CTORCH_INLINE void storeRow(const float *sums, at::BFloat16 *row, int64_t width) {
    forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        Floats::load(sums + i, n).store(row + i, n);
    });
}

struct Embedding : Function<Embedding> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &table, const at::Tensor &indices) {
        context->save_for_backward({indices.contiguous()});
        context->saved_data["rows"] = table.size(0);
        return at::embedding(table, indices);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto indices = context->get_saved_variables()[0];
        const auto width = gradients[0].size(-1);
        const auto g = gradients[0].contiguous();
        auto result = emptyFromPool({context->saved_data["rows"].toInt(), width}, g.options()).zero_();
        const auto *ids = elements<int64_t>(indices);
        const auto *rows = elements<at::BFloat16>(g);
        auto *outs = result.data_ptr<at::BFloat16>();
        std::vector<int64_t> order(static_cast<size_t>(indices.numel()));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return ids[a] < ids[b]; });
        std::vector<float> sums(static_cast<size_t>(width));
        for (size_t i = 0; i < order.size(); i++) {
            const auto id = ids[order[i]];
            if (i == 0 || ids[order[i - 1]] != id) std::fill(sums.begin(), sums.end(), 0.0f);
            vectorized<addRow>(rows + order[i] * width, sums.data(), width);
            if (i + 1 == order.size() || ids[order[i + 1]] != id) {
                vectorized<storeRow>(sums.data(), outs + id * width, width);
            }
        }
        return {result, at::Tensor()};
    }
};

}  // namespace

at::Tensor ctorch::roundedEmbedding(const at::Tensor &table, const at::Tensor &indices) {
    return Embedding::apply(table, indices);
}
