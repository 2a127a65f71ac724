#include "Boundary.h"

using namespace ctorch;

void ctorch_tensor_free(ctorch_tensor tensor) {
    if (tensor == nullptr) return;
    delete reinterpret_cast<at::Tensor *>(tensor);
    liveTensorCount.fetch_sub(1, std::memory_order_relaxed);
}

ctorch_status ctorch_from_bytes(
    const void *bytes, size_t byte_count, const int64_t *sizes, size_t rank, int32_t type, ctorch_device target,
    ctorch_tensor *out
) {
    return produce(out, [&] {
        auto tensor = at::empty(shape(sizes, rank), at::TensorOptions().dtype(static_cast<at::ScalarType>(type)));
        TORCH_CHECK(
            tensor.nbytes() == byte_count, "a tensor of shape ", tensor.sizes(), " needs ", tensor.nbytes(),
            " bytes, but ", byte_count, " were given");
        if (byte_count > 0) std::memcpy(tensor.data_ptr(), bytes, byte_count);
        return tensor.to(device(target));
    });
}

ctorch_status ctorch_copy_bytes(ctorch_tensor tensor, void *bytes, size_t byte_count) {
    return guarded([&] {
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
    return produce(out, [&] {
        const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type)).device(device(target));
        return at::full(shape(sizes, rank), value, options);
    });
}

ctorch_status ctorch_arange(double start, double end, int32_t type, ctorch_device target, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type)).device(device(target));
        return at::arange(start, end, options);
    });
}

int64_t ctorch_rank(ctorch_tensor tensor) {
    int64_t rank = 0;
    guarded([&] { rank = unwrap(tensor).defined() ? unwrap(tensor).dim() : 0; });
    return rank;
}

int64_t ctorch_size(ctorch_tensor tensor, int64_t dimension) {
    int64_t size = 0;
    guarded([&] { size = unwrap(tensor).size(dimension); });
    return size;
}

int64_t ctorch_element_count(ctorch_tensor tensor) {
    int64_t count = 0;
    guarded([&] { count = unwrap(tensor).defined() ? unwrap(tensor).numel() : 0; });
    return count;
}

int32_t ctorch_type(ctorch_tensor tensor) {
    int32_t type = CTORCH_FLOAT32;
    guarded([&] { type = static_cast<int32_t>(unwrap(tensor).scalar_type()); });
    return type;
}

bool ctorch_is_defined(ctorch_tensor tensor) { return tensor != nullptr && unwrap(tensor).defined(); }

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
        return unwrap(tensor).to(device(target), static_cast<at::ScalarType>(type), /*non_blocking=*/false, copy);
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
    return guarded([&] { unwrap(target).add_(unwrap(source), scale); });
}

ctorch_status ctorch_scale_in_place(ctorch_tensor target, double factor) {
    return guarded([&] { unwrap(target).mul_(factor); });
}
