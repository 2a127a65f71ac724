#include <ATen/ATen.h>

#include "Boundary.h"

using namespace ctorch;

namespace {

at::Tensor unary(ctorch_unary_operation operation, const at::Tensor &x) {
    switch (operation) {
        case CTORCH_NEGATE: return at::neg(x);
        case CTORCH_EXP: return at::exp(x);
        case CTORCH_LOG: return at::log(x);
        case CTORCH_LOG1P: return at::log1p(x);
        case CTORCH_EXPM1: return at::expm1(x);
        case CTORCH_SQRT: return at::sqrt(x);
        case CTORCH_RSQRT: return at::rsqrt(x);
        case CTORCH_SQUARE: return at::square(x);
        case CTORCH_ABS: return at::abs(x);
        case CTORCH_SIGMOID: return at::sigmoid(x);
        case CTORCH_LOG_SIGMOID: return at::log_sigmoid(x);
        case CTORCH_TANH: return at::tanh(x);
        case CTORCH_SILU: return at::silu(x);
        case CTORCH_GELU_TANH: return at::gelu(x, "tanh");
        case CTORCH_SOFTPLUS: return at::softplus(x);
        case CTORCH_COS: return at::cos(x);
        case CTORCH_SIN: return at::sin(x);
        case CTORCH_IS_FINITE: return at::isfinite(x);
        case CTORCH_NOT: return at::logical_not(x);
    }
    TORCH_CHECK(false, "unknown unary operation ", static_cast<int>(operation));
}

template <typename Right>
at::Tensor arithmetic(ctorch_binary_operation operation, const at::Tensor &a, const Right &b) {
    switch (operation) {
        case CTORCH_ADD: return at::add(a, b);
        case CTORCH_SUBTRACT: return at::sub(a, b);
        case CTORCH_MULTIPLY: return at::mul(a, b);
        case CTORCH_DIVIDE: return at::div(a, b);
        case CTORCH_EQUAL: return at::eq(a, b);
        case CTORCH_NOT_EQUAL: return at::ne(a, b);
        case CTORCH_LESS: return at::lt(a, b);
        case CTORCH_LESS_EQUAL: return at::le(a, b);
        case CTORCH_GREATER: return at::gt(a, b);
        case CTORCH_GREATER_EQUAL: return at::ge(a, b);
        default: TORCH_CHECK(false, "unknown binary operation ", static_cast<int>(operation));
    }
}

}  // namespace

ctorch_status ctorch_unary(ctorch_unary_operation operation, ctorch_tensor tensor, ctorch_tensor *out) {
    return produce(out, [&] { return unary(operation, unwrap(tensor)); });
}

ctorch_status ctorch_binary(ctorch_binary_operation operation, ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out) {
    return produce(out, [&] {
        switch (operation) {
            case CTORCH_MINIMUM: return at::minimum(unwrap(a), unwrap(b));
            case CTORCH_MAXIMUM: return at::maximum(unwrap(a), unwrap(b));
            case CTORCH_AND: return at::logical_and(unwrap(a), unwrap(b));
            case CTORCH_OR: return at::logical_or(unwrap(a), unwrap(b));
            default: return arithmetic(operation, unwrap(a), unwrap(b));
        }
    });
}

ctorch_status ctorch_binary_scalar(ctorch_binary_operation operation, ctorch_tensor a, double b, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(a);
        const auto number = operand(x, b);
        switch (operation) {
            case CTORCH_MINIMUM: return at::clamp_max(x, number);
            case CTORCH_MAXIMUM: return at::clamp_min(x, number);
            default: return arithmetic(operation, x, number);
        }
    });
}

ctorch_status ctorch_pow(ctorch_tensor tensor, double exponent, ctorch_tensor *out) {
    return produce(out, [&] { return at::pow(unwrap(tensor), operand(unwrap(tensor), exponent)); });
}

ctorch_status ctorch_clamp(ctorch_tensor tensor, double low, double high, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(tensor);
        return at::clamp(x, operand(x, low), operand(x, high));
    });
}

ctorch_status ctorch_where(ctorch_tensor condition, ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out) {
    return produce(out, [&] { return at::where(unwrap(condition), unwrap(a), unwrap(b)); });
}

ctorch_status ctorch_masked_fill(ctorch_tensor tensor, ctorch_tensor mask, double value, ctorch_tensor *out) {
    return produce(out, [&] { return at::masked_fill(unwrap(tensor), unwrap(mask), value); });
}
