/// The work is one task per family of sequences and key head: it alone writes the gradients of its keys, so nothing is
/// locked and results do not depend on how the tasks fall to the threads.
#include "SegmentAttention.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "../Elements.h"
#include "AttentionTiles.h"
#include "PairTiles.h"
#include "Parallel.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

std::vector<Family> families(const Segments &segments) {
    std::vector<Family> result;
    std::vector<size_t> familyOf;
    int64_t start = 0;
    for (size_t i = 0; i < segments.lengths.size(); i++) {
        const auto prefix = segments.prefixes[i];
        familyOf.push_back(prefix < 0 ? result.size() : familyOf[static_cast<size_t>(prefix)]);
        if (prefix < 0) result.emplace_back();
        result[familyOf[i]].push_back({start, segments.lengths[i]});
        start += segments.lengths[i];
    }
    return result;
}

/// Pairs of a query and a key that a family has, or so.
int64_t cost(const Family &family) {
    int64_t total = 0;
    for (size_t i = 0; i < family.size(); i++) {
        total += family[i].length * (family[i].length / 2 + (i > 0 ? family[0].length : 0));
    }
    return total;
}

/// Calls `body` with what the kernels take for elements of this type: bf16 by its bits.
template <typename Body>
void withElements(const at::Tensor &x, const Body &body) {
    if (x.scalar_type() == at::kBFloat16) {
        body.template operator()<uint16_t>();
    } else {
        body.template operator()<float>();
    }
}

template <typename T>
T *memory(const at::Tensor &x) {
    return static_cast<T *>(x.data_ptr());
}

/// Runs `body(family, key head)` for all of them, the longest first, so that no thread ends long after the others.
template <typename Body>
void forEachTask(std::vector<Family> all, int64_t keyHeads, const Body &body) {
    std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return cost(a) > cost(b); });
    parallelTasks(static_cast<int64_t>(all.size()) * keyHeads, [&](int64_t task) {
        body(all[static_cast<size_t>(task / keyHeads)], task % keyHeads);
    });
}

template <typename T>
AttentionInputs<T> inputs(const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values, double given) {
    const float scale = given == 0 ? 1 / std::sqrt(static_cast<float>(queries.size(2))) : static_cast<float>(given);
    return {
        memory<T>(queries), memory<T>(keys), memory<T>(values),
        {queries.size(1), keys.size(1), queries.size(2), scale},
    };
}

struct SegmentAttention : Function<SegmentAttention> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values,
        const Segments &segments, double scale
    ) {
        const auto q = queries.contiguous(), k = keys.contiguous(), v = values.contiguous();
        auto result = at::empty(q.sizes(), q.options());
        auto logSums = at::empty({q.size(0), q.size(1)}, q.options().dtype(at::kFloat));
        auto *sums = logSums.data_ptr<float>();
        withElements(q, [&]<typename T>() {
            const auto in = inputs<T>(q, k, v, scale);
            forEachTask(families(segments), k.size(1), [&](const Family &family, int64_t keyHead) {
                attendFamily(in, family, keyHead, memory<T>(result), sums);
            });
        });
        context->save_for_backward({q, k, v, result, logSums});
        context->saved_data["lengths"] = segments.lengths;
        context->saved_data["prefixes"] = segments.prefixes;
        context->saved_data["scale"] = scale;
        return result;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &q = saved[0], &k = saved[1], &v = saved[2], &result = saved[3], &logSums = saved[4];
        const auto outputGradient = gradients[0].contiguous();
        const Segments segments = {
            context->saved_data["lengths"].toIntVector(), context->saved_data["prefixes"].toIntVector(),
        };
        const auto scale = context->saved_data["scale"].toDouble();
        variable_list results = {at::empty_like(q), at::empty_like(k), at::empty_like(v), at::Tensor(), at::Tensor()};
        withElements(q, [&]<typename T>() {
            const auto in = inputs<T>(q, k, v, scale);
            const AttentionGradients<T> g = {
                memory<T>(result), memory<T>(outputGradient), elements<float>(logSums),
                memory<T>(results[0]), memory<T>(results[1]), memory<T>(results[2]),
            };
            forEachTask(families(segments), k.size(1), [&](const Family &family, int64_t keyHead) {
                differentiateFamily(in, family, keyHead, g);
            });
        });
        return results;
    }
};

}  // namespace

bool ctorch::hasFusedAttention(const at::Tensor &queries) {
    if (!queries.is_cpu() || queries.size(2) % attentionSizes != 0) return false;
    if (queries.scalar_type() == at::kBFloat16) return hasPairProducts();
    return queries.scalar_type() == at::kFloat && queries.size(2) >= smallestFloatSize;
}

at::Tensor ctorch::fusedSegmentAttention(
    const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values, const Segments &segments, double scale
) {
    return SegmentAttention::apply(queries, keys, values, segments, scale);
}
