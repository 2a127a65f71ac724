/// silu(gate) · up in one pass, computed in fp32, forward and backward.
///
/// With σ the logistic function of the gate a and the gradient g of y = a σ u:
///   du = g · a σ          da = g · u · σ (1 + a (1 − σ))
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "Parallel.h"
#include "Product.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

CTORCH_INLINE Floats logistic(Floats x) {
    const auto one = Floats::all(1);
    return one / (one + exponential(Floats::all(0) - x));
}

/// Rows of the gate, and of the values it opens for, with their strides; the rows of anything else are dense.
template <typename T>
struct Rows {
    T *gate, *up;
    int64_t gateStride, upStride;

    CTORCH_INLINE void advance(int64_t rows) {
        gate += rows * gateStride;
        up += rows * upStride;
    }
};

template <typename T>
CTORCH_INLINE void forwardRows(Rows<const T> in, T *y, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in.advance(1), y += width) {
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto a = Floats::load(in.gate + i, n);
            (a * logistic(a) * Floats::load(in.up + i, n)).store(y + i, n);
        });
    }
}

template <typename T>
CTORCH_INLINE void backwardRows(const T *g, Rows<const T> in, Rows<T> out, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in.advance(1), out.advance(1), g += width) {
        forEachGroup(width, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
            const auto gradient = Floats::load(g + i, n);
            const auto a = Floats::load(in.gate + i, n), u = Floats::load(in.up + i, n);
            const auto sigma = logistic(a), one = Floats::all(1);
            (gradient * u * sigma * (one + a * (one - sigma))).store(out.gate + i, n);
            (gradient * a * sigma).store(out.up + i, n);
        });
    }
}

}  // namespace

at::Tensor ctorch::asRows(const at::Tensor &x) {
    const auto rows = x.reshape({x.numel() / std::max<int64_t>(1, x.size(-1)), x.size(-1)});
    return rows.stride(1) == 1 ? rows : rows.contiguous();
}

namespace {

/// The two halves of rows [n, 2F].
std::pair<at::Tensor, at::Tensor> halves(const at::Tensor &rows) {
    const auto width = rows.size(1) / 2;
    return {rows.narrow(1, 0, width), rows.narrow(1, width, width)};
}

template <typename T>
Rows<const T> reading(const at::Tensor &gate, const at::Tensor &up) {
    return {elements<T>(gate), elements<T>(up), gate.stride(0), up.stride(0)};
}

}  // namespace

at::Tensor ctorch::gatedRows(const at::Tensor &gate, const at::Tensor &up) {
    const auto width = gate.size(1);
    auto y = at::empty(gate.sizes(), gate.options());
    withElementType(gate, [&]<typename T>() {
        const auto in = reading<T>(gate, up);
        auto *ys = y.data_ptr<T>();
        parallelRanges(gate.size(0), rowGrain(width), [&](int64_t begin, int64_t end, int) {
            auto mine = in;
            mine.advance(begin);
            vectorized<forwardRows<T>>(mine, ys + begin * width, end - begin, width);
        });
    });
    return y;
}

void ctorch::differentiateGatedRows(
    const at::Tensor &gradient, const at::Tensor &gate, const at::Tensor &up, at::Tensor gateGradient,
    at::Tensor upGradient
) {
    const auto g = gradient.contiguous();
    const auto width = gate.size(1);
    withElementType(gate, [&]<typename T>() {
        const auto *gs = elements<T>(g);
        const auto in = reading<T>(gate, up);
        const Rows<T> out = {
            gateGradient.data_ptr<T>(), upGradient.data_ptr<T>(), gateGradient.stride(0), upGradient.stride(0),
        };
        parallelRanges(gate.size(0), rowGrain(width), [&](int64_t begin, int64_t end, int) {
            auto source = in;
            auto target = out;
            source.advance(begin);
            target.advance(begin);
            vectorized<backwardRows<T>>(gs + begin * width, source, target, end - begin, width);
        });
    });
}

namespace {

struct SwiGLU : Function<SwiGLU> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &gate, const at::Tensor &up) {
        const auto gateRows = asRows(gate), upRows = asRows(up);
        context->save_for_backward({gateRows, upRows});
        return gatedRows(gateRows, upRows).view(gate.sizes());
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &gate = saved[0], &up = saved[1];
        const auto gateGradient = at::empty(gate.sizes(), gate.options());
        const auto upGradient = at::empty(up.sizes(), up.options());
        differentiateGatedRows(gradients[0].reshape(gate.sizes()), gate, up, gateGradient, upGradient);
        const auto shape = gradients[0].sizes();
        return {gateGradient.view(shape), upGradient.view(shape)};
    }
};

/// Both from one tensor [.., 2F]: its gradient is written as one, too.
struct FusedSwiGLU : Function<FusedSwiGLU> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &both) {
        const auto rows = asRows(both);
        const auto [gate, up] = halves(rows);
        context->save_for_backward({rows});
        auto shape = both.sizes().vec();
        shape.back() /= 2;
        return gatedRows(gate, up).view(shape);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto rows = context->get_saved_variables()[0];
        const auto [gate, up] = halves(rows);
        const auto rowGradient = at::empty(rows.sizes(), rows.options());
        const auto [gateGradient, upGradient] = halves(rowGradient);
        differentiateGatedRows(gradients[0].reshape(gate.sizes()), gate, up, gateGradient, upGradient);
        auto shape = gradients[0].sizes().vec();
        shape.back() *= 2;
        return {rowGradient.view(shape)};
    }
};

/// The linear layer that follows: its input, a third of what a feed-forward block would keep, is computed again in backward.
struct GatedLinear : Function<GatedLinear> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &gate, const at::Tensor &up, const at::Tensor &weight
    ) {
        const auto gateRows = asRows(gate), upRows = asRows(up);
        context->save_for_backward({gateRows, upRows, weight});
        auto shape = gate.sizes().vec();
        shape.back() = weight.size(0);
        return linearProduct(gatedRows(gateRows, upRows), weight, c10::nullopt).view(shape);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &gate = saved[0], &up = saved[1], &weight = saved[2];
        const auto g = gradients[0].reshape({gate.size(0), weight.size(0)});
        const auto gateGradient = at::empty(gate.sizes(), gate.options());
        const auto upGradient = at::empty(up.sizes(), up.options());
        differentiateGatedRows(product(g, weight), gate, up, gateGradient, upGradient);
        auto shape = gradients[0].sizes().vec();
        shape.back() = gate.size(1);
        return {
            gateGradient.view(shape), upGradient.view(shape),
            context->needs_input_grad(2) ? product(g.t(), gatedRows(gate, up)) : at::Tensor(),
        };
    }
};

}  // namespace

at::Tensor ctorch::fusedGatedLinear(const at::Tensor &gate, const at::Tensor &up, const at::Tensor &weight) {
    return GatedLinear::apply(gate, up, weight);
}

at::Tensor ctorch::fusedSwiGLU(const at::Tensor &gate, const at::Tensor &up) { return SwiGLU::apply(gate, up); }

at::Tensor ctorch::fusedSwiGLU(const at::Tensor &both) { return FusedSwiGLU::apply(both); }
