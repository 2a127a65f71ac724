#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <c10/util/accumulate.h>

#include <cstring>
#include <functional>

#include "Boundary.h"

using namespace ctorch;

void ctorch_tensor_free(ctorch_tensor tensor) {
    if (tensor == nullptr) return;
    delete reinterpret_cast<at::Tensor *>(tensor);
    liveTensorCount.fetch_sub(1, std::memory_order_relaxed);
}

ctorch_tensor ctorch_tensor_retain(ctorch_tensor tensor) {
    return tensor == nullptr ? nullptr : wrap(*reinterpret_cast<at::Tensor *>(tensor));
}

namespace {

/// The bytes seen as a tensor, in place.
at::Tensor view(
    const void *bytes, size_t byteCount, at::IntArrayRef shape, at::ScalarType type,
    std::function<void(void *)> release = [](void *) {}
) {
    TORCH_CHECK(bytes != nullptr || byteCount == 0, byteCount, " bytes were announced, but they are NULL");
    const auto needed = c10::multiply_integers(shape) * static_cast<int64_t>(c10::elementSize(type));
    TORCH_CHECK(
        static_cast<size_t>(needed) == byteCount, "a tensor of shape ", shape, " needs ", needed, " bytes, but ",
        byteCount, " were given");
    return at::from_blob(const_cast<void *>(bytes), shape, std::move(release), type);
}

bool isAligned(const void *bytes, at::ScalarType type) {
    return reinterpret_cast<uintptr_t>(bytes) % c10::elementSize(type) == 0;
}

at::Tensor alignedCopy(const at::Tensor &view) {
    auto copy = at::empty_like(view);
    std::memcpy(copy.data_ptr(), view.const_data_ptr(), view.nbytes());
    return copy;
}

}  // namespace

ctorch_status ctorch_from_bytes(
    const void *bytes, size_t byte_count, const int64_t *sizes, size_t rank, int32_t type, int32_t kept_type,
    ctorch_device target, ctorch_tensor *out
) {
    return produce(out, [&] {
        // Seen in place, the bytes are copied and converted in one pass and by all threads.
        auto seen = view(bytes, byte_count, shape(sizes, rank), elementType(type));
        if (!isAligned(bytes, elementType(type))) seen = alignedCopy(seen);
        return seen.to(device(target), elementType(kept_type), /*non_blocking=*/false, /*copy=*/true);
    });
}

ctorch_status ctorch_borrow_bytes(
    const void *bytes, size_t byte_count, const int64_t *sizes, size_t rank, int32_t type, void (*release)(void *),
    void *owner, ctorch_tensor *out
) {
    return produce(out, [&] {
        const auto seen = view(bytes, byte_count, shape(sizes, rank), elementType(type), [=](void *) { release(owner); });
        return isAligned(bytes, elementType(type)) ? seen : alignedCopy(seen);
    });
}

ctorch_status ctorch_copy_bytes(ctorch_tensor tensor, void *bytes, size_t byte_count) {
    return guarded([&] {
        TORCH_CHECK(bytes != nullptr || byte_count == 0, "there is no room for the bytes: the buffer is NULL");
        const auto local = unwrap(tensor).detach().to(at::kCPU).contiguous();
        TORCH_CHECK(
            local.nbytes() == byte_count, "a tensor of shape ", local.sizes(), " has ", local.nbytes(),
            " bytes, but room was made for ", byte_count);
        if (byte_count > 0) std::memcpy(bytes, local.data_ptr(), byte_count);
    });
}

ctorch_status ctorch_full(
    const int64_t *sizes, size_t rank, double value, int32_t type, ctorch_device target, ctorch_tensor *out
) {
    return produce(out, [&] { return at::full(shape(sizes, rank), value, options(type, target)); });
}

ctorch_status ctorch_arange(double start, double end, int32_t type, ctorch_device target, ctorch_tensor *out) {
    return produce(out, [&] { return at::arange(start, end, options(type, target)); });
}

int64_t ctorch_rank(ctorch_tensor tensor) {
    int64_t rank = 0;
    guarded([&] { rank = unwrap(tensor).dim(); });
    return rank;
}

ctorch_status ctorch_size(ctorch_tensor tensor, int64_t dimension, int64_t *out) {
    return guarded([&] { *out = unwrap(tensor).size(dimension); });
}

int64_t ctorch_element_count(ctorch_tensor tensor) {
    int64_t count = 0;
    guarded([&] { count = unwrap(tensor).numel(); });
    return count;
}

int32_t ctorch_type(ctorch_tensor tensor) {
    int32_t type = CTORCH_FLOAT32;
    guarded([&] { type = static_cast<int32_t>(unwrap(tensor).scalar_type()); });
    return type;
}

bool ctorch_is_defined(ctorch_tensor tensor) { return tensor != nullptr && unwrapEvenUndefined(tensor).defined(); }

ctorch_device ctorch_device_of(ctorch_tensor tensor) {
    ctorch_device result = {CTORCH_CPU, 0};
    guarded([&] {
        const auto place = unwrap(tensor).device();
        result = {static_cast<int32_t>(place.type()), place.has_index() ? place.index() : 0};
    });
    return result;
}

ctorch_status ctorch_item(ctorch_tensor tensor, double *out) {
    return guarded([&] { *out = unwrap(tensor).item().toDouble(); });
}

ctorch_status ctorch_to(ctorch_tensor tensor, int32_t type, ctorch_device target, bool copy, ctorch_tensor *out) {
    return produce(out, [&] {
        return unwrap(tensor).to(device(target), elementType(type), /*non_blocking=*/false, copy);
    });
}

ctorch_status ctorch_contiguous(ctorch_tensor tensor, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).contiguous(); });
}

ctorch_status ctorch_copy_into(ctorch_tensor target, ctorch_tensor source) {
    return guarded([&] { unwrap(target).copy_(unwrap(source)); });
}

ctorch_status ctorch_fill(ctorch_tensor target, double value) {
    return guarded([&] { unwrap(target).fill_(value); });
}

ctorch_status ctorch_add_into(ctorch_tensor target, ctorch_tensor source, double scale) {
    return guarded([&] { unwrap(target).add_(unwrap(source), operand(unwrap(target), scale)); });
}

ctorch_status ctorch_scale_in_place(ctorch_tensor target, double factor) {
    return guarded([&] { unwrap(target).mul_(operand(unwrap(target), factor)); });
}
