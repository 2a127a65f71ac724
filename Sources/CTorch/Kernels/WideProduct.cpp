/// libtorch has no product that takes bf16 and gives fp32 on the CPU, though processors since 2020 have the instruction.
/// The weight's panels are made one at a time and thrown away.
#include "WideProduct.h"

#include <algorithm>
#include <vector>

#include "LargeBuffers.h"
#include "Panels.h"
#include "Parallel.h"

using namespace ctorch;
using panels::Pair;

bool ctorch::hasWideProduct(const at::Tensor &states, const at::Tensor &weight) {
    return panels::areSupported() && states.is_cpu() && states.scalar_type() == at::kBFloat16 &&
        weight.scalar_type() == at::kBFloat16 && weight.size(1) % 2 == 0;
}

at::Tensor ctorch::wideProduct(const at::Tensor &states, const at::Tensor &weight) {
    const auto rows = states.size(0), outputs = weight.size(0), pairs = weight.size(1) / 2;
    auto result = emptyFromPool({rows, outputs}, states.options().dtype(at::kFloat));
    const auto *x = static_cast<const Pair *>(states.const_data_ptr());
    const auto *w = static_cast<const Pair *>(weight.const_data_ptr());
    auto *out = result.data_ptr<float>();
    parallelRanges(panels::count(outputs), 1, [&](int64_t begin, int64_t end, int) {
        std::vector<Pair> panel(static_cast<size_t>(pairs * panels::width));
        for (int64_t p = begin; p < end; p++) {
            const auto first = p * panels::width, width = std::min(panels::width, outputs - first);
            panels::pack(w + first * pairs, width, pairs, panel.data());
            panels::multiply(x, rows, pairs, panel.data(), width, {out + first, outputs, false}, nullptr);
        }
    });
    return result;
}
