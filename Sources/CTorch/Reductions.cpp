#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/max.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/min.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>

#include "Boundary.h"

using namespace ctorch;

ctorch_status ctorch_reduce(ctorch_reduction reduction, ctorch_tensor tensor, ctorch_tensor *out) {
    return produce(out, [&]() -> at::Tensor {
        const auto &x = unwrap(tensor);
        switch (reduction) {
            case CTORCH_SUM: return at::sum(x);
            case CTORCH_MEAN: return at::mean(x);
            case CTORCH_MAX: return at::max(x);
            case CTORCH_MIN: return at::min(x);
            case CTORCH_ARGMAX: return at::argmax(x);
            case CTORCH_LOG_SUM_EXP: return at::logsumexp(x.flatten(), 0);
        }
        TORCH_CHECK(false, "unknown reduction ", static_cast<int>(reduction));
    });
}

ctorch_status ctorch_reduce_dimension(
    ctorch_reduction reduction, ctorch_tensor tensor, int64_t dimension, bool keep, ctorch_tensor *out
) {
    return produce(out, [&]() -> at::Tensor {
        const auto &x = unwrap(tensor);
        switch (reduction) {
            case CTORCH_SUM: return at::sum(x, dimension, keep);
            case CTORCH_MEAN: return at::mean(x, dimension, keep);
            case CTORCH_MAX: return at::amax(x, dimension, keep);
            case CTORCH_MIN: return at::amin(x, dimension, keep);
            case CTORCH_ARGMAX: return at::argmax(x, dimension, keep);
            case CTORCH_LOG_SUM_EXP: return at::logsumexp(x, dimension, keep);
        }
        TORCH_CHECK(false, "unknown reduction ", static_cast<int>(reduction));
    });
}

ctorch_status ctorch_softmax(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return at::softmax(unwrap(tensor), dimension); });
}

ctorch_status ctorch_log_softmax(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return at::log_softmax(unwrap(tensor), dimension); });
}

ctorch_status ctorch_cumulative_sum(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return at::cumsum(unwrap(tensor), dimension); });
}

ctorch_status ctorch_sort(
    ctorch_tensor tensor, int64_t dimension, bool descending, ctorch_tensor *values, ctorch_tensor *indices
) {
    return produceEach({values, indices}, [&]() -> std::vector<at::Tensor> {
        auto [sorted, order] = at::sort(unwrap(tensor), /*stable=*/true, dimension, descending);
        return {sorted, order};
    });
}

ctorch_status ctorch_top_k(ctorch_tensor tensor, int64_t k, ctorch_tensor *values, ctorch_tensor *indices) {
    return produceEach({values, indices}, [&]() -> std::vector<at::Tensor> {
        auto [best, order] = at::topk(unwrap(tensor), k, -1);
        return {best, order};
    });
}

ctorch_status ctorch_search_sorted(ctorch_tensor sorted, ctorch_tensor values, bool right, ctorch_tensor *out) {
    return produce(out, [&] {
        return at::searchsorted(unwrap(sorted).contiguous(), unwrap(values).contiguous(), /*out_int32=*/false, right);
    });
}
