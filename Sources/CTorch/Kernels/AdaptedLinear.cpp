/// A frozen linear layer with a low-rank adapter beside it, y = x·Wᵀ + b + s·(x ∘ mask)·Aᵀ·Bᵀ, as one operation.
///
/// With t = s·(x ∘ mask)·Aᵀ and the gradient g of y, and u = s·g·B:
///   dx = g·W + (u·A) ∘ mask      dA = uᵀ·(x ∘ mask)      dB = gᵀ·t
/// Saved for backward is x, which the layer before has saved anyway, and t; the mask is drawn again from its seed.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Boundary.h"
#include "../Elements.h"
#include "AdaptedLinear.h"
#include "PairTiles.h"
#include "Parallel.h"
#include "ThinProducts.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

uint16_t *halves(const at::Tensor &x) { return static_cast<uint16_t *>(x.data_ptr()); }

/// A thin matrix [rows, columns] in fp32 with its rank, one of the two, filled up with zeros to a multiple of 16.
at::Tensor padded(const at::Tensor &matrix, int64_t rankDimension) {
    const auto missing = (pairLanes - matrix.size(rankDimension) % pairLanes) % pairLanes;
    const auto wide = matrix.detach().to(at::kFloat).contiguous();
    if (missing == 0) return wide;
    const std::vector<int64_t> padding = rankDimension == 0 ? std::vector<int64_t>{0, 0, 0, missing}
                                                            : std::vector<int64_t>{0, missing};
    return at::constant_pad_nd(wide, padding);
}

using Layout = void (*)(const float *, int64_t, int64_t, uint32_t *);

Buffer<uint32_t> panel(const at::Tensor &matrix, Layout layout) {
    Buffer<uint32_t> result(matrix.numel() / 2);
    layout(elements<float>(matrix), matrix.size(0), matrix.size(1), result);
    return result;
}

/// Adds (scale · (in ∘ inMask) · P · Q) ∘ outMask to `out` → scale · (in ∘ inMask) · P, [n, rank].
at::Tensor pass(
    const at::Tensor &in, const DropoutMask &inMask, const Buffer<uint32_t> &first, double scale, int64_t rank,
    const Buffer<uint32_t> &second, const at::Tensor &out, const DropoutMask &outMask
) {
    auto thin = at::empty({in.size(0), rank}, in.options());
    const ThinPass work = {
        halves(in), in.size(1), inMask, first, static_cast<float>(scale), halves(thin), rank, second, halves(out),
        out.size(1), outMask,
    };
    constexpr int64_t grain = 8;
    parallelRanges(in.size(0), grain, [&](int64_t begin, int64_t end, int) { passThrough(work, begin, end); });
    return thin;
}

/// thinᵀ · (in ∘ mask) → [rank, width], fp32.
struct ColumnSums {
    at::Tensor sums;
    Buffer<uint32_t> turned;
    ThinSums work;

    ColumnSums(const at::Tensor &thin, const at::Tensor &in, const DropoutMask &mask)
        : sums(at::empty({thin.size(1), in.size(1)}, in.options().dtype(at::kFloat))),
          turned((in.size(0) + 63) / 64 * 32 * thin.size(1)),
          work{turned, thin.size(1), halves(in), in.size(0), in.size(1), mask, sums.data_ptr<float>()} {
        turnThin(halves(thin), in.size(0), thin.size(1), turned);
    }

    int64_t blocks() const { return work.width / 64; }
};

struct AdaptedLinear : Function<AdaptedLinear> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
        const c10::optional<at::Tensor> &bias, const at::Tensor &down, const at::Tensor &up, double scale,
        const DropoutMask &mask
    ) {
        const auto x = input.reshape({-1, input.size(-1)}).contiguous();
        const auto a = padded(down, 0), b = padded(up, 1);
        const auto y = at::linear(x, weight, bias);
        const auto thin = pass(x, mask, panel(a, turnLines), scale, a.size(0), panel(b, turnLines), y, DropoutMask());
        context->save_for_backward({x, weight, a, b, thin});
        context->saved_data["scale"] = scale;
        context->saved_data["seed"] = static_cast<int64_t>(mask.seed);
        context->saved_data["threshold"] = static_cast<int64_t>(mask.threshold);
        context->saved_data["rank"] = down.size(0);
        auto shape = input.sizes().vec();
        shape.back() = weight.size(0);
        return y.view(shape);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &a = saved[2], &b = saved[3], &thin = saved[4];
        const auto rank = context->saved_data["rank"].toInt();
        const DropoutMask mask = {
            static_cast<uint64_t>(context->saved_data["seed"].toInt()),
            static_cast<uint16_t>(context->saved_data["threshold"].toInt()),
        };
        const auto shape = gradients[0].sizes().vec();
        const auto g = gradients[0].reshape({-1, shape.back()}).contiguous();
        // A layer whose input needs no gradient still needs u, and pays for a product that nobody reads.
        const auto dx = context->needs_input_grad(0) ? at::mm(g, weight) : at::zeros_like(x);
        const auto u = pass(
            g, DropoutMask(), panel(b, pairLines), context->saved_data["scale"].toDouble(), a.size(0),
            panel(a, pairLines), dx, mask);
        const ColumnSums downSums(u, x, mask), upSums(thin, g, DropoutMask());
        parallelTasks(downSums.blocks() + upSums.blocks(), [&](int64_t task) {
            if (task < downSums.blocks()) {
                sumColumns(downSums.work, task);
            } else {
                sumColumns(upSums.work, task - downSums.blocks());
            }
        });
        auto inputShape = shape;
        inputShape.back() = x.size(1);
        const auto upGradient = upSums.sums.narrow(0, 0, rank).t().contiguous();
        return {
            dx.view(inputShape), at::Tensor(), at::Tensor(), downSums.sums.narrow(0, 0, rank), upGradient,
            at::Tensor(), at::Tensor(),
        };
    }
};

}  // namespace

bool ctorch::hasAdaptedLinear(const at::Tensor &input, const at::Tensor &weight) {
    constexpr int64_t block = 64;
    return hasPairProducts() && input.is_cpu() && input.scalar_type() == at::kBFloat16 &&
        weight.scalar_type() == at::kBFloat16 && !weight.requires_grad() && weight.size(0) % block == 0 &&
        weight.size(1) % block == 0 && input.numel() > 0;
}

at::Tensor ctorch::adaptedLinear(
    const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias, const Adapter &adapter
) {
    DropoutMask mask;
    auto scale = adapter.scale;
    if (adapter.dropout > 0) {
        auto *generator = at::check_generator<at::CPUGeneratorImpl>(*adapter.generator);
        const std::lock_guard<std::mutex> lock(generator->mutex_);
        mask = {generator->random64(), static_cast<uint16_t>(std::lround(adapter.dropout * 65536))};
        scale /= 1 - adapter.dropout;
    }
    return AdaptedLinear::apply(input, weight, bias, adapter.down, adapter.up, scale, mask);
}
