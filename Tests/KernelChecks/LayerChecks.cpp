#include "Check.h"

using at::Tensor;
using std::vector;

namespace checks {

namespace {

constexpr at::ScalarType types[] = {at::kFloat, at::kBFloat16};

/// Of one type, so that fp64 sees the same numbers.
Tensor rounded(at::IntArrayRef shape, uint64_t seed, at::ScalarType type, double scale = 1) {
    return normal(shape, seed, scale).to(type);
}

void checkEmbedding() {
    Check check("embedding", at::kBFloat16);
    // Frequent tokens, whose gradients bf16 alone could not add up.
    const auto ids = at::cat({at::full({700}, 2, at::kLong), at::arange(0, 30)}).remainder(13);
    check.compare(
        {rounded({13, 40}, 1, at::kBFloat16)},
        [&](const vector<Tensor> &in) {
            return made([&](auto *out) { return ctorch_embedding(handle(in[0]), handle(ids), out); });
        },
        [&](const vector<Tensor> &in) { return at::embedding(in[0], ids); });
}

void checkRMSNorm() {
    for (const auto type : types) {
        Check check("rms norm", type);
        for (const vector<int64_t> &shape : {vector<int64_t>{7, 576}, {2, 3, 40}, {5, 3}, {3, 17}, {300, 64}}) {
            // The weight is fp32 whatever the input, as training keeps it.
            const auto weight = (rounded({shape.back()}, 2, type) + 1).to(type).to(at::kFloat);
            check.compare(
                {rounded(shape, 1, type), weight},
                [](const vector<Tensor> &in) {
                    return made([&](auto *out) { return ctorch_rms_norm(handle(in[0]), handle(in[1]), 1e-5, out); });
                },
                [](const vector<Tensor> &in) {
                    return in[0] * (in[0].square().mean(-1, true) + 1e-5).rsqrt() * in[1];
                });
        }
    }
}

void checkRotation() {
    for (const auto type : types) {
        Check check("rotation", type);
        for (const int64_t size : {4, 20, 64, 128}) {
            const auto angles = wide(normal({9, size / 2}, 3));
            const auto cosine = angles.cos().to(at::kFloat), sine = angles.sin().to(at::kFloat);
            check.compare(
                {rounded({9, 3, size}, 4, type)},
                [&](const vector<Tensor> &in) {
                    return made([&](auto *out) {
                        return ctorch_rotate(handle(in[0]), handle(cosine), handle(sine), out);
                    });
                },
                [&](const vector<Tensor> &in) {
                    const auto c = wide(cosine).unsqueeze(1), s = wide(sine).unsqueeze(1);
                    const auto halves = in[0].chunk(2, -1);
                    return at::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
                });
        }
    }
}

void checkSwiGLU() {
    for (const auto type : types) {
        Check apart("swiglu", type), together("swiglu, one input", type);
        for (const vector<int64_t> &shape : {vector<int64_t>{5, 96}, {2, 3, 20}, {1, 1}, {300, 33}}) {
            const auto plain = [](const Tensor &gate, const Tensor &up) { return gate * gate.sigmoid() * up; };
            const auto gate = rounded(shape, 5, type, 3), up = rounded(shape, 6, type);
            apart.compare(
                {gate, up},
                [](const vector<Tensor> &in) {
                    return made([&](auto *out) { return ctorch_swiglu(handle(in[0]), handle(in[1]), out); });
                },
                [&](const vector<Tensor> &in) { return plain(in[0], in[1]); });
            together.compare(
                {at::cat({gate, up}, -1)},
                [](const vector<Tensor> &in) {
                    return made([&](auto *out) { return ctorch_swiglu(handle(in[0]), nullptr, out); });
                },
                [&](const vector<Tensor> &in) {
                    const auto halves = in[0].chunk(2, -1);
                    return plain(halves[0], halves[1]);
                });
        }
        const auto wild = at::tensor({-1000., -90., 0., 90., 1000.}).to(type);
        const auto one = at::ones_like(wild);
        const auto found = made([&](auto *out) { return ctorch_swiglu(handle(wild), handle(one), out); });
        apart.holds(at::allclose(found, wild.clamp_min(0), 0, 1e-30), "gates far from zero do not saturate");
    }
}

void checkGatedLinear() {
    for (const auto type : types) {
        Check check("gated linear", type);
        check.compare(
            {rounded({2, 70, 48}, 7, type), rounded({2, 70, 48}, 8, type), rounded({35, 48}, 9, type)},
            [](const vector<Tensor> &in) {
                return made([&](auto *out) {
                    return ctorch_gated_linear(handle(in[0]), handle(in[1]), handle(in[2]), out);
                });
            },
            [](const vector<Tensor> &in) { return at::linear(in[0] * in[0].sigmoid() * in[1], in[2]); });
    }
}

}  // namespace

void checkLayers() {
    checkEmbedding();
    checkRMSNorm();
    checkRotation();
    checkSwiGLU();
    checkGatedLinear();
}

}  // namespace checks
