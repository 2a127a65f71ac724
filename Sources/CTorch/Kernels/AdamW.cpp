/// One step of AdamW (Loshchilov & Hutter 2019, algorithm 2) on one parameter, and the norm that clips gradients.
///
/// With gradient g (already scaled), moments m and v, step t, rate η, decay λ:
///   θ ← (1 − ηλ) θ      m ← β₁m + (1 − β₁) g      v ← β₂v + (1 − β₂) g²
///   θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
#include <cmath>

#include "../Boundary.h"
#include "Floats.h"
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

CTORCH_VECTORIZED
void stepRange(
    float *__restrict parameter, const float *__restrict gradient, float *__restrict first, float *__restrict second,
    int64_t count, const Coefficients &c
) {
    const float keep = c.keep, scale = c.gradientScale, rise1 = c.oneMinusBeta1, beta2 = c.beta2;
    const float rise2 = 1 - c.beta2, stepSize = c.stepSize, rootCorrection = c.rootCorrection, epsilon = c.epsilon;
    for (int64_t i = 0; i < count; i++) {
        const float g = gradient[i] * scale;
        const float m = first[i] + rise1 * (g - first[i]);
        const float v = second[i] * beta2 + rise2 * g * g;
        first[i] = m;
        second[i] = v;
        const float denominator = __builtin_elementwise_sqrt(v) / rootCorrection + epsilon;
        parameter[i] = parameter[i] * keep - stepSize * (m / denominator);
    }
}

/// The same for any device and precision.
void stepByTensors(
    at::Tensor &parameter, const at::Tensor &gradient, at::Tensor &first, at::Tensor &second, const Coefficients &c
) {
    const auto g = gradient * c.gradientScale;
    parameter.mul_(c.keep);
    first.lerp_(g, c.oneMinusBeta1);
    second.mul_(c.beta2).addcmul_(g, g, 1 - c.beta2);
    parameter.addcdiv_(first, second.sqrt().div_(c.rootCorrection).add_(c.epsilon), -c.stepSize);
}

bool isPlainFloat(const at::Tensor &x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

constexpr int64_t grain = 1 << 15;

/// Blocks are summed in fp32, side by side, and blocks are added in fp64: large tensors lose nothing.
CTORCH_VECTORIZED
double sumOfSquares(const float *values, int64_t count) {
    constexpr int64_t block = 4096, lanes = 32;
    double total = 0;
    for (int64_t start = 0; start < count; start += block) {
        const int64_t length = std::min(block, count - start), whole = length / lanes * lanes;
        const float *v = values + start;
        float sums[lanes] = {};
        for (int64_t i = 0; i < whole; i += lanes) {
            for (int64_t j = 0; j < lanes; j++) sums[j] += v[i + j] * v[i + j];
        }
        for (int64_t i = whole; i < length; i++) sums[i - whole] += v[i] * v[i];
        for (float sum : sums) total += sum;
    }
    return total;
}

double sumOfSquares(const at::Tensor &x) {
    if (!isPlainFloat(x)) return x.to(at::kDouble).square().sum().item<double>();
    const auto *values = x.const_data_ptr<float>();
    std::vector<double> parts(static_cast<size_t>(at::get_num_threads()), 0.0);
    parallelRanges(x.numel(), grain, [&](int64_t begin, int64_t end, int thread) {
        parts[static_cast<size_t>(thread)] = sumOfSquares(values + begin, end - begin);
    });
    double total = 0;
    for (double part : parts) total += part;
    return total;
}

}  // namespace

ctorch_status ctorch_adamw_step(
    ctorch_tensor parameter, ctorch_tensor gradient, ctorch_tensor first_moment, ctorch_tensor second_moment,
    ctorch_adamw settings
) {
    return guarded([&] {
        auto &p = unwrap(parameter), &m = unwrap(first_moment), &v = unwrap(second_moment);
        const auto &g = unwrap(gradient);
        TORCH_CHECK(
            p.sizes() == g.sizes() && p.sizes() == m.sizes() && p.sizes() == v.sizes(),
            "a parameter of shape ", p.sizes(), " has a gradient of shape ", g.sizes(), " and moments of shapes ",
            m.sizes(), " and ", v.sizes());
        TORCH_CHECK(settings.step >= 1, "steps count from 1, found ", settings.step);
        const c10::NoGradGuard guard;
        const Coefficients coefficients(settings);
        if (!isPlainFloat(p) || !isPlainFloat(g) || !isPlainFloat(m) || !isPlainFloat(v)) {
            return stepByTensors(p, g, m, v, coefficients);
        }
        auto *parameters = p.data_ptr<float>(), *firsts = m.data_ptr<float>(), *seconds = v.data_ptr<float>();
        const auto *gradients = g.const_data_ptr<float>();
        parallelRanges(p.numel(), grain, [&](int64_t begin, int64_t end, int) {
            stepRange(
                parameters + begin, gradients + begin, firsts + begin, seconds + begin, end - begin, coefficients);
        });
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
