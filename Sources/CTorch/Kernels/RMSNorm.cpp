/// RMS norm over the last dimension, computed in fp32, forward and backward in one pass over the rows each.
///
/// With s = 1 / √(mean(x²) + ε), width D and the gradient g of y = s · x · w:
///   dx = s · g · w − x · s³/D · Σ(g · w · x)          dw = Σ over rows of s · g · x
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "Parallel.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

template <typename T>
CTORCH_INLINE void forwardRows(
    const T *x, const float *weight, float epsilon, T *y, float *scales, int64_t rows, int64_t width
) {
    for (int64_t row = 0; row < rows; row++, x += width, y += width) {
        Floats squares = {};
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto v = Floats::load(x + i, n);
            squares = squares + v * v;
        });
        scales[row] = 1 / std::sqrt(squares.sum() / static_cast<float>(width) + epsilon);
        const auto scale = Floats::all(scales[row]);
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            (Floats::load(x + i, n) * scale * Floats::load(weight + i, n)).store(y + i, n);
        });
    }
}

/// `dw` [width] is added to, or NULL when nobody wants it.
template <typename T>
CTORCH_INLINE void backwardRows(
    const T *g, const T *x, const float *weight, const float *scales, T *dx, float *dw, int64_t rows, int64_t width
) {
    for (int64_t row = 0; row < rows; row++, g += width, x += width, dx += width) {
        Floats products = {};
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            products = products + Floats::load(g + i, n) * Floats::load(weight + i, n) * Floats::load(x + i, n);
        });
        const float s = scales[row];
        const auto scale = Floats::all(s);
        const auto pull = Floats::all(s * s * s * products.sum() / static_cast<float>(width));
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto gradient = Floats::load(g + i, n), v = Floats::load(x + i, n);
            (gradient * Floats::load(weight + i, n) * scale - v * pull).store(dx + i, n);
            if (dw != nullptr) (Floats::load(dw + i, n) + gradient * v * scale).store(dw + i, n);
        });
    }
}

struct RMSNorm : Function<RMSNorm> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const at::Tensor &weight, double epsilon
    ) {
        const auto x = input.contiguous(), w = weight.to(at::kFloat).contiguous();
        const auto width = x.size(-1), rows = x.numel() / std::max<int64_t>(1, width);
        auto y = at::empty_like(x), scales = at::empty({rows}, w.options());
        const auto *ws = elements<float>(w);
        auto *ss = scales.data_ptr<float>();
        withElementType(x, [&]<typename T>() {
            const auto *xs = elements<T>(x);
            auto *ys = y.data_ptr<T>();
            parallelRanges(rows, rowGrain(width), [&](int64_t begin, int64_t end, int) {
                const auto offset = begin * width;
                vectorized<forwardRows<T>>(
                    xs + offset, ws, static_cast<float>(epsilon), ys + offset, ss + begin, end - begin, width);
            });
        });
        context->save_for_backward({x, w, scales});
        context->saved_data["weightType"] = static_cast<int64_t>(weight.scalar_type());
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &scales = saved[2];
        const auto g = gradients[0].contiguous();
        const auto width = x.size(-1), rows = scales.numel();
        const bool needsWeight = context->needs_input_grad(1);
        auto dx = at::empty_like(x);
        // One sum per thread: added in the order of threads, the result repeats.
        auto sums = at::zeros({needsWeight ? at::get_num_threads() : 0, width}, w.options());
        const auto *ws = elements<float>(w), *ss = elements<float>(scales);
        auto *dws = sums.data_ptr<float>();
        withElementType(x, [&]<typename T>() {
            const auto *gs = elements<T>(g), *xs = elements<T>(x);
            auto *dxs = dx.data_ptr<T>();
            parallelRanges(rows, rowGrain(width), [&](int64_t begin, int64_t end, int thread) {
                const auto offset = begin * width;
                vectorized<backwardRows<T>>(
                    gs + offset, xs + offset, ws, ss + begin, dxs + offset,
                    needsWeight ? dws + thread * width : nullptr, end - begin, width);
            });
        });
        const auto type = static_cast<at::ScalarType>(context->saved_data["weightType"].toInt());
        return {dx, needsWeight ? sums.sum(0).to(type) : at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor ctorch::fusedRMSNorm(const at::Tensor &input, const at::Tensor &weight, double epsilon) {
    TORCH_CHECK(
        weight.dim() == 1 && input.dim() > 0 && weight.size(0) == input.size(-1), "expected an input [.., D] and a ",
        "weight [D], found ", input.sizes(), " and ", weight.sizes());
    return RMSNorm::apply(input, weight, epsilon);
}
