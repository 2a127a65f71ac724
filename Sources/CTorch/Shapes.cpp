#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "Boundary.h"

using namespace ctorch;

namespace {
std::vector<at::Tensor> list(const ctorch_tensor *tensors, size_t count) {
    TORCH_CHECK(tensors != nullptr || count == 0, "a list of ", count, " tensors is NULL");
    std::vector<at::Tensor> result;
    result.reserve(count);
    for (size_t i = 0; i < count; i++) result.push_back(unwrap(tensors[i]));
    return result;
}
}  // namespace

ctorch_status ctorch_reshape(ctorch_tensor tensor, const int64_t *sizes, size_t rank, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).reshape(shape(sizes, rank)); });
}

ctorch_status ctorch_expand(ctorch_tensor tensor, const int64_t *sizes, size_t rank, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).expand(shape(sizes, rank)); });
}

ctorch_status ctorch_transpose(ctorch_tensor tensor, int64_t a, int64_t b, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).transpose(a, b); });
}

ctorch_status ctorch_unsqueeze(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).unsqueeze(dimension); });
}

ctorch_status ctorch_squeeze(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).squeeze(dimension); });
}

ctorch_status ctorch_narrow(
    ctorch_tensor tensor, int64_t dimension, int64_t start, int64_t length, ctorch_tensor *out
) {
    return produce(out, [&] { return unwrap(tensor).narrow(dimension, start, length); });
}

ctorch_status ctorch_concatenate(const ctorch_tensor *tensors, size_t count, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return at::cat(list(tensors, count), dimension); });
}

ctorch_status ctorch_stack(const ctorch_tensor *tensors, size_t count, int64_t dimension, ctorch_tensor *out) {
    return produce(out, [&] { return at::stack(list(tensors, count), dimension); });
}

ctorch_status ctorch_index_select(ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).index_select(dimension, unwrap(indices)); });
}

ctorch_status ctorch_gather(ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).gather(dimension, unwrap(indices)); });
}

ctorch_status ctorch_scatter(
    ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor source, ctorch_tensor *out
) {
    return produce(out, [&] { return unwrap(tensor).scatter(dimension, unwrap(indices), unwrap(source)); });
}

ctorch_status ctorch_index_add(ctorch_tensor tensor, ctorch_tensor indices, ctorch_tensor source, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).index_add(0, unwrap(indices), unwrap(source)); });
}

ctorch_status ctorch_index_copy_into(
    ctorch_tensor target, int64_t dimension, ctorch_tensor indices, ctorch_tensor source
) {
    return guarded([&] { unwrap(target).index_copy_(dimension, unwrap(indices), unwrap(source)); });
}
