/// One step of AdamW (Loshchilov & Hutter 2019, algorithm 2) on one parameter, and the norm that clips gradients.
///
/// With gradient g (already scaled), moments m and v, step t, rate η, decay λ:
///   θ ← (1 − ηλ) θ      m ← β₁m + (1 − β₁) g      v ← β₂v + (1 − β₂) g²
///   θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// Parameters and moments are fp32, gradients fp32 or bf16 as backward made them. All of it passes through memory once,
/// which is what a step costs; where the next forward multiplies a rounded copy of the parameter, it is written on the way.
#include <ATen/TensorOperators.h>

#include <cmath>

#include "../Boundary.h"
#include "../Elements.h"
#include "Floats.h"
#include "Kernels.h"
#include "Parallel.h"

using namespace ctorch;

namespace {

/// The scalars of a step after bias correction.
struct Coefficients {
    double keep, gradientScale, oneMinusBeta1, beta2, stepSize, rootCorrection, epsilon;

    explicit Coefficients(const ctorch_adamw &s)
        : keep(1 - s.learning_rate * s.weight_decay), gradientScale(s.gradient_scale), oneMinusBeta1(1 - s.beta1),
          beta2(s.beta2), stepSize(s.learning_rate / (1 - std::pow(s.beta1, s.step))),
          rootCorrection(std::sqrt(1 - std::pow(s.beta2, s.step))), epsilon(s.epsilon) {}
};

template <typename G>
CTORCH_INLINE void stepRange(
    float *__restrict parameter, const G *__restrict gradient, float *__restrict first, float *__restrict second,
    int64_t count, const Coefficients &c
) {
    const float keep = c.keep, scale = c.gradientScale, rise1 = c.oneMinusBeta1, beta2 = c.beta2;
    const float rise2 = 1 - c.beta2, stepSize = c.stepSize, rootCorrection = c.rootCorrection, epsilon = c.epsilon;
    for (int64_t i = 0; i < count; i++) {
        const float g = static_cast<float>(gradient[i]) * scale;
        const float m = first[i] + rise1 * (g - first[i]);
        const float v = second[i] * beta2 + rise2 * g * g;
        first[i] = m;
        second[i] = v;
        const float denominator = __builtin_elementwise_sqrt(v) / rootCorrection + epsilon;
        parameter[i] = parameter[i] * keep - stepSize * (m / denominator);
    }
}

CTORCH_INLINE void roundRange(const float *parameter, at::BFloat16 *copy, int64_t count) {
    forEachGroup(count, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        Floats::load(parameter + i, n).store(copy + i, n);
    });
}

/// The same for any device and precision.
void stepByTensors(
    at::Tensor &parameter, const at::Tensor &gradient, at::Tensor &first, at::Tensor &second, const Coefficients &c
) {
    const auto g = gradient.to(parameter.scalar_type()) * c.gradientScale;
    parameter.mul_(c.keep);
    first.lerp_(g, c.oneMinusBeta1);
    second.mul_(c.beta2).addcmul_(g, g, 1 - c.beta2);
    parameter.addcdiv_(first, second.sqrt().div_(c.rootCorrection).add_(c.epsilon), -c.stepSize);
}

bool isPlain(const at::Tensor &x, at::ScalarType type) {
    return x.is_cpu() && x.scalar_type() == type && x.is_contiguous();
}

bool isPlainFloat(const at::Tensor &x) { return isPlain(x, at::kFloat); }

bool isPlainGradient(const at::Tensor &x) { return isPlainFloat(x) || isPlain(x, at::kBFloat16); }

constexpr int64_t grain = 1 << 15;

/// Blocks are summed in fp32, side by side, and blocks are added in fp64: large tensors lose nothing.
template <typename T>
CTORCH_INLINE double sumOfSquares(const T *values, int64_t count) {
    constexpr int64_t block = 4096, lanes = 32;
    double total = 0;
    for (int64_t start = 0; start < count; start += block) {
        const int64_t length = std::min(block, count - start), whole = length / lanes * lanes;
        const T *v = values + start;
        float sums[lanes] = {};
        const auto add = [&](int64_t lane, int64_t i) CTORCH_ALWAYS_INLINE {
            const float x = static_cast<float>(v[i]);
            sums[lane] += x * x;
        };
        for (int64_t i = 0; i < whole; i += lanes) {
            for (int64_t j = 0; j < lanes; j++) add(j, i + j);
        }
        for (int64_t i = whole; i < length; i++) add(i - whole, i);
        for (float sum : sums) total += sum;
    }
    return total;
}

double sumOfSquares(const at::Tensor &x) {
    // The GPUs of Macs have no fp64.
    if (!isPlainGradient(x)) return x.to(x.is_mps() ? at::kFloat : at::kDouble).square().sum().item<double>();
    std::vector<double> parts(static_cast<size_t>(at::get_num_threads()), 0.0);
    withElementType(x, [&]<typename T>() {
        const auto *values = elements<T>(x);
        parallelRanges(x.numel(), grain, [&](int64_t begin, int64_t end, int thread) {
            parts[static_cast<size_t>(thread)] = vectorized<sumOfSquares<T>>(values + begin, end - begin);
        });
    });
    double total = 0;
    for (double part : parts) total += part;
    return total;
}

/// One pass over plain memory; `copy` may be NULL.
void stepInOnePass(
    at::Tensor &parameter, const at::Tensor &gradient, at::Tensor &first, at::Tensor &second, const Coefficients &c,
    at::BFloat16 *copy
) {
    constexpr int64_t block = 4096;  // what was written is still in a near cache when it is rounded
    auto *p = parameter.data_ptr<float>(), *m = first.data_ptr<float>(), *v = second.data_ptr<float>();
    withElementType(gradient, [&]<typename G>() {
        const auto *g = elements<G>(gradient);
        parallelRanges(parameter.numel(), grain, [&](int64_t begin, int64_t end, int) {
            for (int64_t i = begin; i < end; i += block) {
                const auto count = std::min(block, end - i);
                vectorized<stepRange<G>>(p + i, g + i, m + i, v + i, count, c);
                if (copy != nullptr) vectorized<roundRange>(p + i, copy + i, count);
            }
        });
    });
}

}  // namespace

ctorch_status ctorch_adamw_step(
    ctorch_tensor parameter, ctorch_tensor gradient, ctorch_tensor first_moment, ctorch_tensor second_moment,
    ctorch_tensor copy, ctorch_adamw settings
) {
    return guarded([&] {
        auto &p = unwrap(parameter), &m = unwrap(first_moment), &v = unwrap(second_moment);
        const auto &g = unwrap(gradient);
        const auto rounded = unwrapOptional(copy);
        TORCH_CHECK(
            p.sizes() == g.sizes() && p.sizes() == m.sizes() && p.sizes() == v.sizes() &&
                (!rounded || rounded->sizes() == p.sizes()),
            "a parameter of shape ", p.sizes(), " has a gradient of shape ", g.sizes(), ", moments of shapes ",
            m.sizes(), " and ", v.sizes(), rounded ? ", and a copy of another" : "");
        TORCH_CHECK(settings.step >= 1, "steps count from 1, found ", settings.step);
        const c10::NoGradGuard guard;
        const Coefficients coefficients(settings);
        const bool isPlainStep = isPlainFloat(p) && isPlainGradient(g) && isPlainFloat(m) && isPlainFloat(v);
        if (isPlainStep && (!rounded || isPlain(*rounded, at::kBFloat16))) {
            auto *target = rounded ? rounded->data_ptr<at::BFloat16>() : nullptr;
            return stepInOnePass(p, g, m, v, coefficients, target);
        }
        stepByTensors(p, g, m, v, coefficients);
        if (rounded) rounded->copy_(p);
    });
}

ctorch_status ctorch_global_norm(const ctorch_tensor *tensors, size_t count, double *out) {
    return guarded([&] {
        TORCH_CHECK(out != nullptr && (tensors != nullptr || count == 0), "a list of tensors or its result is NULL");
        double total = 0;
        for (size_t i = 0; i < count; i++) total += sumOfSquares(unwrap(tensors[i]));
        *out = std::sqrt(total);
    });
}
