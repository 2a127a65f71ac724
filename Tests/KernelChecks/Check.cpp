#include "Check.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdio>

namespace checks {

at::Tensor normal(at::IntArrayRef shape, uint64_t seed, double scale) {
    return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat) * scale;
}

void expectSuccess(ctorch_status status) { TORCH_CHECK(status == 0, ctorch_last_error()); }

at::Tensor made(const std::function<ctorch_status(ctorch_tensor *)> &call) {
    ctorch_tensor out = nullptr;
    const auto status = call(&out);
    const at::Tensor result = out == nullptr ? at::Tensor() : *reinterpret_cast<at::Tensor *>(out);
    ctorch_tensor_free(out);
    expectSuccess(status);
    return result;
}

int Check::failures = 0;

Check::Check(std::string name, at::ScalarType type, Limits limits)
    : name_(std::move(name)), type_(type), limits_(limits) {}

Check::~Check() {
    const bool isNear = values_ <= limits_.values && gradients_ <= limits_.gradients;
    const bool fails = !isNear || !problems_.empty();
    failures += fails;
    std::printf("%s %-26s %-9s", fails ? "FAILED" : "ok    ", name_.c_str(), c10::toString(type_));
    if (values_ >= 0) std::printf(" values %.1e (at most %.0e)", values_, limits_.values);
    if (gradients_ >= 0) std::printf("  gradients %.1e (at most %.0e)", gradients_, limits_.gradients);
    std::printf("\n");
    for (const auto &problem : problems_) std::printf("       %s\n", problem.c_str());
    std::fflush(stdout);
}

namespace {

/// Infinite where shapes differ or a number is none.
double deviation(const at::Tensor &found, const at::Tensor &expected) {
    if (!found.defined() || found.sizes() != expected.sizes()) return INFINITY;
    if (found.numel() == 0) return 0;
    const auto size = wide(expected).square().mean().item<double>();
    const auto difference = (wide(found) - wide(expected)).square().mean().item<double>();
    const auto result = std::sqrt(size == 0 ? difference : difference / size);
    return std::isfinite(result) ? result : INFINITY;
}

}  // namespace

void Check::values(const at::Tensor &found, const at::Tensor &expected) {
    values_ = std::max(values_, deviation(found, expected));
}

void Check::gradients(const at::Tensor &found, const at::Tensor &expected) {
    gradients_ = std::max(gradients_, deviation(found, expected));
}

void Check::holds(bool condition, const std::string &otherwise) {
    if (!condition) problems_.push_back(otherwise);
}

void Check::compare(const std::vector<at::Tensor> &inputs, const Operation &fused, const Operation &plain) {
    std::vector<at::Tensor> leaves, wideLeaves;
    for (const auto &input : inputs) {
        const bool learns = input.is_floating_point();
        leaves.push_back(input.detach().clone().set_requires_grad(learns));
        wideLeaves.push_back(learns ? wide(input.detach()).set_requires_grad(true) : input);
    }
    const auto result = fused(leaves), expected = plain(wideLeaves);
    values(result.detach(), expected.detach());
    holds(result.scalar_type() == type_, "the result is not of the type of the inputs");
    const auto gradient = normal(expected.sizes(), 999).to(type_);
    result.backward(gradient);
    expected.backward(wide(gradient));
    for (size_t i = 0; i < inputs.size(); i++) {
        if (!inputs[i].is_floating_point()) continue;
        holds(leaves[i].grad().defined(), "input " + std::to_string(i) + " has no gradient");
        if (leaves[i].grad().defined()) gradients(leaves[i].grad(), wideLeaves[i].grad());
    }
}

}  // namespace checks
