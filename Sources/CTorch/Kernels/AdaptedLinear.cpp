/// A frozen linear layer with a low-rank adapter beside it, y = x·Wᵀ + b + s·(x ∘ mask)·Aᵀ·Bᵀ, as one operation.
///
/// With t = s·(x ∘ mask)·Aᵀ and the gradient g of y, and u = s·g·B:
///   dx = g·W + (u·A) ∘ mask      dA = uᵀ·(x ∘ mask)      dB = gᵀ·t
/// Saved for backward is x, which the layer before has saved anyway, and t; the mask is drawn again from its seed. The input of
/// a gated layer is not even saved: its gate and values are, which their own layers' gradients need.
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../Boundary.h"
#include "../Elements.h"
#include "AdaptedLinear.h"
#include "Kernels.h"
#include "PairTiles.h"
#include "Parallel.h"
#include "Product.h"
#include "ThinProducts.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// How the kernels take bf16.
struct Rounded {
    using Element = uint16_t;
    using Factor = uint32_t;

    static Buffer<Factor> lines(const at::Tensor &matrix) { return laidOut(matrix, pairLines); }
    static Buffer<Factor> turned(const at::Tensor &matrix) { return laidOut(matrix, turnLines); }

    static Buffer<Factor> thin(const at::Tensor &thin) {
        Buffer<Factor> result((thin.size(0) + 63) / 64 * 32 * thin.size(1));
        turnThin(static_cast<const uint16_t *>(thin.const_data_ptr()), thin.size(0), thin.size(1), result);
        return result;
    }

private:
    using Layout = void (*)(const float *, int64_t, int64_t, uint32_t *);

    static Buffer<Factor> laidOut(const at::Tensor &matrix, Layout layout) {
        Buffer<Factor> result(matrix.numel() / 2);
        layout(elements<float>(matrix), matrix.size(0), matrix.size(1), result);
        return result;
    }
};

/// How they take fp32: as it is.
struct Plain {
    using Element = float;
    using Factor = float;

    static Buffer<Factor> lines(const at::Tensor &matrix) {
        Buffer<Factor> result(matrix.numel());
        std::copy_n(elements<float>(matrix), matrix.numel(), static_cast<float *>(result));
        return result;
    }

    static Buffer<Factor> turned(const at::Tensor &matrix) { return lines(matrix.t().contiguous()); }
    static Buffer<Factor> thin(const at::Tensor &thin) { return lines(thin); }
};

/// Calls `body` with how the kernels take elements of this type.
template <typename Body>
auto withKind(const at::Tensor &x, const Body &body) {
    if (x.scalar_type() == at::kBFloat16) return body.template operator()<Rounded>();
    return body.template operator()<Plain>();
}

/// A thin matrix [rows, columns] in fp32 with its rank, one of the two, filled up with zeros to a multiple of 16.
at::Tensor padded(const at::Tensor &matrix, int64_t rankDimension) {
    const auto missing = (pairLanes - matrix.size(rankDimension) % pairLanes) % pairLanes;
    const auto wide = matrix.detach().to(at::kFloat).contiguous();
    if (missing == 0) return wide;
    const std::vector<int64_t> padding = rankDimension == 0 ? std::vector<int64_t>{0, 0, 0, missing}
                                                            : std::vector<int64_t>{0, missing};
    return at::constant_pad_nd(wide, padding);
}

/// Adds (scale · (in ∘ inMask) · P · Q) ∘ outMask to `out` → scale · (in ∘ inMask) · P, [n, rank].
/// P [K, rank] and Q [rank, N] are given as they are, or both transposed where `turns`.
at::Tensor pass(
    const at::Tensor &in, const DropoutMask &inMask, const at::Tensor &first, double scale, const at::Tensor &second,
    bool turns, const at::Tensor &out, const DropoutMask &outMask
) {
    const auto rank = first.size(turns ? 0 : 1);
    auto thin = at::empty({in.size(0), rank}, in.options());
    withKind(in, [&]<typename Kind>() {
        using Element = typename Kind::Element;
        const auto p = turns ? Kind::turned(first) : Kind::lines(first);
        const auto q = turns ? Kind::turned(second) : Kind::lines(second);
        const ThinPass<Element, typename Kind::Factor> work = {
            static_cast<const Element *>(in.const_data_ptr()), in.size(1), inMask, p, static_cast<float>(scale),
            static_cast<Element *>(thin.data_ptr()), rank, q, static_cast<Element *>(out.data_ptr()), out.size(1),
            outMask,
        };
        constexpr int64_t grain = 8;
        parallelRanges(in.size(0), grain, [&](int64_t begin, int64_t end, int) { passThrough(work, begin, end); });
    });
    return thin;
}

/// thinᵀ · (in ∘ mask) → [rank, width], fp32.
template <typename Kind>
struct ColumnSums {
    using Element = typename Kind::Element;
    using Factor = typename Kind::Factor;

    at::Tensor sums;
    Buffer<Factor> factor;
    ThinSums<Element, Factor> work;

    ColumnSums(const at::Tensor &thin, const at::Tensor &in, const DropoutMask &mask)
        : sums(at::empty({thin.size(1), in.size(1)}, in.options().dtype(at::kFloat))), factor(Kind::thin(thin)),
          work{factor, thin.size(1), static_cast<const Element *>(in.const_data_ptr()), in.size(0), in.size(1), mask,
               sums.data_ptr<float>()} {}

    int64_t blocks() const { return (work.width + 63) / 64; }
};

/// The gradients of both thin matrices, [rank, K] and [rank, N], of which the second is still to be turned.
std::pair<at::Tensor, at::Tensor> thinGradients(
    const at::Tensor &u, const at::Tensor &x, const DropoutMask &mask, const at::Tensor &thin, const at::Tensor &g
) {
    return withKind(x, [&]<typename Kind>() {
        const ColumnSums<Kind> downSums(u, x, mask), upSums(thin, g, DropoutMask());
        parallelTasks(downSums.blocks() + upSums.blocks(), [&](int64_t task) {
            if (task < downSums.blocks()) {
                sumColumns(downSums.work, task);
            } else {
                sumColumns(upSums.work, task - downSums.blocks());
            }
        });
        return std::pair(downSums.sums, upSums.sums);
    });
}

struct AdaptedLinear : Function<AdaptedLinear> {
    /// `values`: where there are some, the layer's input is silu(input) · values.
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const c10::optional<at::Tensor> &values,
        const at::Tensor &weight, const c10::optional<at::Tensor> &bias, const at::Tensor &down, const at::Tensor &up,
        double scale, const DropoutMask &mask
    ) {
        const auto rows = asRows(input).contiguous(), valueRows = values ? asRows(*values) : at::Tensor();
        const auto x = values ? gatedRows(rows, valueRows) : rows;
        const auto a = padded(down, 0), b = padded(up, 1);
        const auto y = linearProduct(x, weight, bias);
        const auto thin = pass(x, mask, a, scale, b, true, y, DropoutMask());
        context->save_for_backward({rows, valueRows, weight, a, b, thin});
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
        const auto &rows = saved[0], &values = saved[1], &weight = saved[2], &a = saved[3], &b = saved[4];
        const auto &thin = saved[5];
        const auto x = values.defined() ? gatedRows(rows, values) : rows;
        const DropoutMask mask = {
            static_cast<uint64_t>(context->saved_data["seed"].toInt()),
            static_cast<uint16_t>(context->saved_data["threshold"].toInt()),
        };
        auto shape = gradients[0].sizes().vec();
        const auto g = gradients[0].reshape({-1, shape.back()}).contiguous();
        // A layer whose input needs no gradient still needs u, and pays for a product that nobody reads.
        const auto dx = context->needs_input_grad(0) ? product(g, weight) : at::zeros_like(x);
        const auto u = pass(g, DropoutMask(), b, context->saved_data["scale"].toDouble(), a, false, dx, mask);
        const auto [downSums, upSums] = thinGradients(u, x, mask, thin, g);
        const auto rank = context->saved_data["rank"].toInt();
        variable_list results(8);
        shape.back() = x.size(1);
        if (values.defined()) {
            const auto gateGradient = at::empty_like(x), valueGradient = at::empty_like(x);
            differentiateGatedRows(dx, rows, values, gateGradient, valueGradient);
            results[0] = gateGradient.view(shape);
            results[1] = valueGradient.view(shape);
        } else {
            results[0] = dx.view(shape);
        }
        results[4] = downSums.narrow(0, 0, rank);
        results[5] = upSums.narrow(0, 0, rank).t().contiguous();
        return results;
    }
};

}  // namespace

bool ctorch::hasAdaptedLinear(const at::Tensor &input, const at::Tensor &weight) {
    constexpr int64_t block = 64;
    if (!input.is_cpu() || !hasKernels(weight) || weight.requires_grad() || input.numel() == 0) return false;
    if (input.scalar_type() == at::kFloat) return true;
    return hasPairProducts() && input.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kBFloat16 &&
        weight.size(0) % block == 0 && weight.size(1) % block == 0;
}

at::Tensor ctorch::adaptedLinear(
    const at::Tensor &input, const c10::optional<at::Tensor> &values, const at::Tensor &weight,
    const c10::optional<at::Tensor> &bias, const Adapter &adapter
) {
    const bool drops = adapter.dropout > 0;
    const auto mask = drops ? drawnMask(adapter.dropout, *adapter.generator) : DropoutMask();
    return AdaptedLinear::apply(
        input, values, weight, bias, adapter.down, adapter.up, adapter.scale / (1 - adapter.dropout), mask);
}
