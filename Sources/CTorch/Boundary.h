/// The one exception boundary between libtorch and C.
#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <string>

#include "include/CTorch.h"

namespace ctorch {

extern std::atomic<int64_t> liveTensorCount;
std::string &lastError();

inline at::Tensor &unwrap(ctorch_tensor handle) {
    TORCH_CHECK(handle != nullptr, "a tensor handle is NULL");
    return *reinterpret_cast<at::Tensor *>(handle);
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
    const auto kind = static_cast<c10::DeviceType>(d.kind);
    return kind == c10::DeviceType::CPU ? at::Device(kind) : at::Device(kind, static_cast<c10::DeviceIndex>(d.index));
}

inline at::IntArrayRef shape(const int64_t *sizes, size_t rank) { return at::IntArrayRef(sizes, rank); }

/// Runs `body`; an exception becomes a status and a message. c10::Error carries a C++ backtrace that no user wants.
template <typename Body>
ctorch_status guarded(Body &&body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        lastError() = error.what_without_backtrace();
    } catch (const std::exception &error) {
        lastError() = error.what();
    } catch (...) {
        lastError() = "an unknown C++ exception";
    }
    return 1;
}

/// `guarded` for the usual case of one new tensor.
template <typename Body>
ctorch_status produce(ctorch_tensor *out, Body &&body) noexcept {
    *out = nullptr;
    const ctorch_status status = guarded([&] { *out = wrap(body()); });
    if (status != 0 && *out == nullptr) *out = wrap(at::Tensor());
    return status;
}

}  // namespace ctorch
