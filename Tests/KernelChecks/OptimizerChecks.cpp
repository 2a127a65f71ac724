#include "Check.h"

using at::Tensor;

namespace checks {

namespace {

void checkSteps(at::ScalarType gradientType) {
    Check check("adamw", gradientType, {1e-6, 0});
    for (const int64_t count : {1, 100, 70'001}) {
        auto parameter = normal({count}, 50), first = at::zeros({count}), second = at::zeros({count});
        auto copy = at::zeros({count}, at::kBFloat16);
        auto p = wide(parameter).clone(), m = wide(first).clone(), v = wide(second).clone();
        ctorch_adamw s = {1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 1};
        for (; s.step <= 4; s.step++) {
            const auto gradient = normal({count}, 50 + static_cast<uint64_t>(s.step)).to(gradientType);
            expectSuccess(ctorch_adamw_step(
                handle(parameter), handle(gradient), handle(first), handle(second), handle(copy), s));
            const auto g = wide(gradient) * s.gradient_scale;
            p = p * (1 - s.learning_rate * s.weight_decay);
            m = m * s.beta1 + g * (1 - s.beta1);
            v = v * s.beta2 + g * g * (1 - s.beta2);
            const auto corrected1 = m / (1 - std::pow(s.beta1, s.step)), corrected2 = v / (1 - std::pow(s.beta2, s.step));
            p = p - s.learning_rate * corrected1 / (corrected2.sqrt() + s.epsilon);
        }
        check.values(parameter, p);
        check.values(first, m);
        check.values(second, v);
        check.holds(at::equal(copy, parameter.to(at::kBFloat16)), "the rounded copy is not the parameter, rounded");
    }
}

void checkNorm(at::ScalarType type) {
    Check check("global norm", type, {1e-6, 0});
    const Tensor tensors[] = {normal({300, 70}, 60).to(type), normal({9}, 61).to(type), normal({100'000}, 62).to(type)};
    const ctorch_tensor handles[] = {handle(tensors[0]), handle(tensors[1]), handle(tensors[2])};
    double found = 0;
    expectSuccess(ctorch_global_norm(handles, 3, &found));
    auto squares = at::zeros({}, at::kDouble);
    for (const auto &tensor : tensors) squares += wide(tensor).square().sum();
    check.values(at::scalar_tensor(found, at::kDouble), squares.sqrt());
}

}  // namespace

void checkOptimizer() {
    for (const auto type : {at::kFloat, at::kBFloat16}) {
        checkSteps(type);
        checkNorm(type);
    }
}

}  // namespace checks
