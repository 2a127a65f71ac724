#include "Check.h"

using at::Tensor;
using std::vector;

namespace checks {

namespace {

struct Shape {
    int64_t rows, inputs, outputs, rank;
};

/// `values` and `bias` may be undefined.
Tensor adapted(
    const Tensor &x, const Tensor &values, const Tensor &weight, const Tensor &bias, const Tensor &down, const Tensor &up,
    ctorch_adapter settings
) {
    const auto any = [](const Tensor &x) { return x.defined() ? handle(x) : nullptr; };
    return made([&](auto *out) {
        return ctorch_adapted_linear(
            handle(x), any(values), handle(weight), any(bias), handle(down), handle(up), settings, out);
    });
}

void checkValues(at::ScalarType type) {
    Check check("adapted linear", type);
    for (const auto &s : {Shape{130, 128, 64, 16}, {77, 64, 192, 5}, {9, 64, 64, 40}, {5, 24, 40, 4}}) {
        const auto weight = normal({s.outputs, s.inputs}, 2, 0.05).to(type), bias = normal({s.outputs}, 3).to(type);
        // Thin matrices are fp32 and rounded on the way.
        const auto thin = [&](at::IntArrayRef shape, uint64_t seed) {
            return normal(shape, seed, 0.05).to(type).to(at::kFloat);
        };
        const auto plain = [&](const Tensor &x, const Tensor &down, const Tensor &up) {
            return at::linear(x, wide(weight), wide(bias)) + at::linear(at::linear(x, down), up) * 2;
        };
        const auto x = normal({s.rows, s.inputs}, 1).to(type), values = normal({s.rows, s.inputs}, 6).to(type);
        const auto down = thin({s.rank, s.inputs}, 4), up = thin({s.outputs, s.rank}, 5);
        check.compare(
            {x, down, up},
            [&](const vector<Tensor> &in) { return adapted(in[0], {}, weight, bias, in[1], in[2], {2, 0, nullptr}); },
            [&](const vector<Tensor> &in) { return plain(in[0], in[1], in[2]); });
        check.compare(
            {x, values, down, up},
            [&](const vector<Tensor> &in) { return adapted(in[0], in[1], weight, bias, in[2], in[3], {2, 0, nullptr}); },
            [&](const vector<Tensor> &in) { return plain(in[0] * in[0].sigmoid() * in[1], in[2], in[3]); });
    }
}

/// Without the layer itself, with a mask that stays, the result is linear in the input and in each thin matrix: the gradient of
/// one, times that one, is the result times its gradient, whatever the mask, if backward drops what forward dropped.
void checkDropout(at::ScalarType type) {
    Check check("adapted linear, dropout", type, {0.02, 0.02});
    ctorch_generator generator = nullptr;
    expectSuccess(ctorch_generator_create(8, {CTORCH_CPU, 0}, &generator));
    const auto leaf = [](const Tensor &x) { return x.clone().set_requires_grad(true); };
    const auto x = leaf(normal({96, 128}, 1).to(type));
    const auto down = leaf(normal({16, 128}, 4, 0.05)), up = leaf(normal({64, 16}, 5, 0.05));
    const auto y = adapted(x, {}, at::zeros({64, 128}, type), {}, down, up, {0.5, 0.25, generator});
    ctorch_generator_free(generator);
    const auto gradient = normal({96, 64}, 6).to(type);
    y.backward(gradient);
    const auto whole = (wide(y.detach()) * wide(gradient)).sum();
    // What the sum comes to where its summands have nothing to do with each other, as those of two masks.
    const auto size = wide(y.detach()).square().sum().sqrt();
    for (const auto &in : {x, down, up}) {
        const auto part = (wide(in.detach()) * wide(in.grad())).sum();
        check.gradients((part - whole) / size, at::zeros({}));
    }
    const auto dropped = wide(x.grad().eq(0)).mean().item<double>();
    check.holds(std::abs(dropped - 0.25) < 0.02, "a quarter was to be dropped, found " + std::to_string(dropped));
}

}  // namespace

void checkAdapters() {
    for (const auto type : {at::kFloat, at::kBFloat16}) {
        checkValues(type);
        checkDropout(type);
    }
}

}  // namespace checks
