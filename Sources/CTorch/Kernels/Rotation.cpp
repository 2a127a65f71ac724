/// Rotary position embedding of [N, H, D] in one pass, computed in fp32. Backward turns the other way.
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "Parallel.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// How to walk an input whose heads lie apart, as in a slice of a fused projection; the output is dense.
struct Layout {
    int64_t rowStride, headStride, heads, half;
};

/// `direction` 1 turns forward, −1 back.
template <typename T>
CTORCH_INLINE void turnRows(
    const T *input, const float *cosine, const float *sine, float direction, T *output, int64_t rows,
    const Layout &layout
) {
    const auto half = layout.half;
    for (int64_t row = 0; row < rows; row++, input += layout.rowStride, cosine += half, sine += half) {
        const T *x = input;
        for (int64_t head = 0; head < layout.heads; head++, x += layout.headStride, output += 2 * half) {
            forEachGroup(half, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
                const auto c = Floats::load(cosine + i, n), s = Floats::load(sine + i, n) * Floats::all(direction);
                const auto a = Floats::load(x + i, n), b = Floats::load(x + half + i, n);
                (a * c - b * s).store(output + i, n);
                (b * c + a * s).store(output + half + i, n);
            });
        }
    }
}

at::Tensor turned(const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine, float direction) {
    const auto x = input.stride(-1) == 1 ? input : input.contiguous();
    const Layout layout = {x.stride(0), x.stride(1), x.size(1), x.size(2) / 2};
    auto y = at::empty(x.sizes(), x.options());
    const auto *cosines = elements<float>(cosine), *sines = elements<float>(sine);
    const auto width = x.size(1) * x.size(2);
    withElementType(x, [&]<typename T>() {
        const auto *xs = elements<T>(x);
        auto *ys = y.data_ptr<T>();
        parallelRanges(x.size(0), rowGrain(width), [&](int64_t begin, int64_t end, int) {
            vectorized<turnRows<T>>(
                xs + begin * layout.rowStride, cosines + begin * layout.half, sines + begin * layout.half, direction,
                ys + begin * width, end - begin, layout);
        });
    });
    return y;
}

struct Rotation : Function<Rotation> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine
    ) {
        const auto c = cosine.to(at::kFloat).contiguous(), s = sine.to(at::kFloat).contiguous();
        context->save_for_backward({c, s});
        return turned(input, c, s, 1);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        return {turned(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor ctorch::fusedRotation(const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine) {
    return Rotation::apply(input, cosine, sine);
}
