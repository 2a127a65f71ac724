/// What the checks share: tensors, calls over the C boundary, and comparisons with plain libtorch in fp64.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

#include "CTorch.h"

namespace checks {

/// Normal numbers, others for every seed.
at::Tensor normal(at::IntArrayRef shape, uint64_t seed, double scale = 1);

inline at::Tensor wide(const at::Tensor &x) { return x.to(at::kDouble); }

inline ctorch_tensor handle(const at::Tensor &x) { return reinterpret_cast<ctorch_tensor>(const_cast<at::Tensor *>(&x)); }

/// The tensor that a function of CTorch makes; its error is thrown.
at::Tensor made(const std::function<ctorch_status(ctorch_tensor *)> &call);

/// A status that must be 0.
void expectSuccess(ctorch_status status);

/// How far numbers may be off: root of the mean squared difference, relative to the size of what is expected.
struct Limits {
    double values, gradients;
};

/// What rounding costs: some units of fp32, which sums in another order come to; three times what rounding every number of a
/// result to bf16 costs, 0.0017, since numbers in between are rounded, too.
constexpr Limits fp32Limits = {5e-7, 1e-6}, bf16Limits = {0.005, 0.006};

inline Limits limits(at::ScalarType type) { return type == at::kBFloat16 ? bf16Limits : fp32Limits; }

/// One operation in one type: a line of the report, with the largest deviations of all its cases.
class Check {
public:
    Check(std::string name, at::ScalarType type, Limits limits);
    Check(std::string name, at::ScalarType type) : Check(std::move(name), type, limits(type)) {}
    ~Check();
    Check(const Check &) = delete;
    Check &operator=(const Check &) = delete;

    void values(const at::Tensor &found, const at::Tensor &expected);
    void gradients(const at::Tensor &found, const at::Tensor &expected);
    /// What must hold exactly.
    void holds(bool condition, const std::string &otherwise);

    using Operation = std::function<at::Tensor(const std::vector<at::Tensor> &)>;

    /// `fused` of the inputs as they are and `plain` of the same numbers in fp64, and the gradients of all inputs in floating
    /// point under one gradient of the result.
    void compare(const std::vector<at::Tensor> &inputs, const Operation &fused, const Operation &plain);

    /// How many lines of the report have failed so far.
    static int failures;

private:
    std::string name_;
    at::ScalarType type_;
    Limits limits_;
    /// −1 before the first comparison.
    double values_ = -1, gradients_ = -1;
    std::vector<std::string> problems_;
};

void checkLayers();
void checkAdapters();
void checkAttention();
void checkHead();
void checkDrawing();
void checkOptimizer();
void checkDecoder();
void checkBoundary();

}  // namespace checks
