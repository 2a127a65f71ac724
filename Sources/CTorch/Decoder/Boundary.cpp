#include "../Boundary.h"

#include "Decoder.h"

using namespace ctorch;

namespace {

Decoder &unwrap(ctorch_decoder handle) {
    TORCH_CHECK(handle != nullptr, "a decoder handle is NULL");
    return *reinterpret_cast<Decoder *>(handle);
}

at::ScalarType weightType(int32_t type) { return type == CTORCH_INT8 ? at::kChar : elementType(type); }

Rows unwrap(const ctorch_decoder_rows &rows) {
    return {rows.tokens, rows.slots, rows.positions, static_cast<int64_t>(rows.count),
            rows.wanted, static_cast<int64_t>(rows.wanted_count)};
}

}  // namespace

ctorch_status ctorch_decoder_create(const ctorch_decoder_frame *frame, int32_t type, ctorch_decoder *out) {
    return guarded([&] {
        TORCH_CHECK(frame != nullptr && out != nullptr, "a decoder's frame or its place are NULL");
        *out = nullptr;
        const c10::NoGradGuard guard;
        *out = reinterpret_cast<ctorch_decoder>(makeDecoder(*frame, weightType(type)).release());
    });
}

ctorch_status ctorch_decoder_append(ctorch_decoder decoder, const ctorch_decoder_layer *layer) {
    return guarded([&] {
        TORCH_CHECK(layer != nullptr, "a decoder's layer is NULL");
        const c10::NoGradGuard guard;
        unwrap(decoder).append(*layer);
    });
}

void ctorch_decoder_free(ctorch_decoder decoder) { delete reinterpret_cast<Decoder *>(decoder); }

ctorch_status ctorch_decoder_reserve(ctorch_decoder decoder, int64_t slots, int64_t capacity) {
    return guarded([&] { unwrap(decoder).reserve(slots, capacity); });
}

ctorch_status ctorch_decoder_copy_slot(ctorch_decoder decoder, int64_t source, int64_t target, int64_t length) {
    return guarded([&] { unwrap(decoder).copySlot(source, target, length); });
}

ctorch_status ctorch_decoder_outputs(ctorch_decoder decoder, ctorch_decoder_rows rows, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(decoder).outputs(unwrap(rows)); });
}

ctorch_status ctorch_decoder_product(
    ctorch_tensor rows, const ctorch_tensor *weights, size_t count, int32_t type, ctorch_tensor addend,
    ctorch_tensor *out
) {
    return produce(out, [&] {
        TORCH_CHECK(weights != nullptr && count > 0, "a product needs at least one weight");
        const c10::NoGradGuard guard;
        std::vector<at::Tensor> tensors;
        for (size_t i = 0; i < count; i++) tensors.push_back(unwrap(weights[i]).detach());
        return multiplied(
            unwrap(rows), tensors, weightType(type), addend == nullptr ? at::Tensor() : unwrap(addend));
    });
}
