/// The one exception boundary between libtorch and C.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/TensorOptions.h>
#include <c10/util/Optional.h>

#include <atomic>
#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "include/CTorch.h"

namespace ctorch {

extern std::atomic<int64_t> liveTensorCount;
std::string &lastError();

/// The tensor behind a handle, defined or not: only for questions that an undefined tensor can answer.
inline at::Tensor &unwrapEvenUndefined(ctorch_tensor handle) {
    TORCH_CHECK(handle != nullptr, "a tensor handle is NULL");
    return *reinterpret_cast<at::Tensor *>(handle);
}

/// libtorch keeps one shared undefined tensor, on which some calls succeed and leave traces: it is refused here.
inline at::Tensor &unwrap(ctorch_tensor handle) {
    auto &tensor = unwrapEvenUndefined(handle);
    TORCH_CHECK(tensor.defined(), "a tensor is undefined: the operation that should have made it failed");
    return tensor;
}

inline c10::optional<at::Tensor> unwrapOptional(ctorch_tensor handle) {
    return handle == nullptr ? c10::optional<at::Tensor>() : c10::optional<at::Tensor>(unwrap(handle));
}

inline at::Generator &unwrap(ctorch_generator handle) {
    TORCH_CHECK(handle != nullptr, "a generator handle is NULL");
    return *reinterpret_cast<at::Generator *>(handle);
}

inline ctorch_tensor wrap(at::Tensor tensor) {
    auto *owned = new at::Tensor(std::move(tensor));
    liveTensorCount.fetch_add(1, std::memory_order_relaxed);
    return reinterpret_cast<ctorch_tensor>(owned);
}

inline at::Device device(ctorch_device d) {
    TORCH_CHECK(
        d.kind == CTORCH_CPU || d.kind == CTORCH_CUDA || d.kind == CTORCH_MPS, "unknown kind of device ", d.kind);
    const auto kind = static_cast<c10::DeviceType>(d.kind);
    return kind == c10::DeviceType::CPU ? at::Device(kind) : at::Device(kind, static_cast<c10::DeviceIndex>(d.index));
}

inline at::ScalarType elementType(int32_t type) {
    switch (type) {
        case CTORCH_UINT8: case CTORCH_INT32: case CTORCH_INT64: case CTORCH_FLOAT16: case CTORCH_FLOAT32:
        case CTORCH_FLOAT64: case CTORCH_BOOL: case CTORCH_BFLOAT16:
            return static_cast<at::ScalarType>(type);
        default: TORCH_CHECK(false, "unknown element type ", type);
    }
}

inline at::TensorOptions options(int32_t type, ctorch_device place) {
    return at::TensorOptions().dtype(elementType(type)).device(device(place));
}

inline at::IntArrayRef shape(const int64_t *sizes, size_t rank) {
    TORCH_CHECK(sizes != nullptr || rank == 0, "a shape of rank ", rank, " is NULL");
    return at::IntArrayRef(sizes, rank);
}

/// A number as an operand of `tensor`: whole numbers leave a tensor of integers a tensor of integers.
inline at::Scalar operand(const at::Tensor &tensor, double value) {
    const bool isWhole = value == std::trunc(value) && std::abs(value) < 9.0e15;
    const bool integral = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
    return integral && isWhole ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}

/// Keeps the first paragraph of an error: the dispatcher appends a page about its backends.
inline void setLastError(const std::string &text) { lastError() = text.substr(0, text.find("\n\n")); }

/// Runs `body`; an exception becomes a status and a message. c10::Error carries a C++ backtrace that no user wants.
template <typename Body>
ctorch_status guarded(Body &&body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        setLastError(error.what_without_backtrace());
    } catch (const std::exception &error) {
        setLastError(error.what());
    } catch (...) {
        setLastError("an unknown C++ exception");
    }
    return 1;
}

/// `guarded` for `body` that makes one new tensor.
template <typename Body>
ctorch_status produce(ctorch_tensor *out, Body &&body) noexcept {
    at::Tensor result;
    const auto status = guarded([&] {
        TORCH_CHECK(out != nullptr, "there is no place for the result: an out parameter is NULL");
        result = body();
    });
    if (out != nullptr) *out = wrap(std::move(result));
    return status;
}

/// `guarded` for `body` that makes several, in the order of `outs`.
template <typename Body>
ctorch_status produceEach(std::initializer_list<ctorch_tensor *> outs, Body &&body) noexcept {
    std::vector<at::Tensor> results;
    const auto status = guarded([&] {
        for (auto *out : outs) {
            TORCH_CHECK(out != nullptr, "there is no place for a result: an out parameter is NULL");
        }
        results = body();
    });
    results.resize(outs.size());
    auto result = results.begin();
    for (auto *out : outs) {
        if (out != nullptr) *out = wrap(std::move(*result));
        ++result;
    }
    return status;
}

}  // namespace ctorch
