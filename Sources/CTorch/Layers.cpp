#include <ATen/core/dispatch/Dispatcher.h>

#include "Boundary.h"

using namespace ctorch;

namespace {

/// One batch of attention, [B, H, T, D] with fewer key/value heads allowed.
at::Tensor attention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const c10::optional<at::Tensor> &mask,
    bool causal
) {
    const bool grouped = query.size(1) != key.size(1);
    return at::scaled_dot_product_attention(query, key, value, mask, 0.0, causal, c10::nullopt, grouped);
}

/// [n, H, D] rows of one segment as a batch of one, [1, H, n, D].
at::Tensor asBatch(const at::Tensor &rows, int64_t start, int64_t length) {
    return rows.narrow(0, start, length).transpose(0, 1).unsqueeze(0);
}

}  // namespace

ctorch_status ctorch_matmul(ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out) {
    return produce(out, [&] { return at::matmul(unwrap(a), unwrap(b)); });
}

ctorch_status ctorch_linear(ctorch_tensor input, ctorch_tensor weight, ctorch_tensor bias, ctorch_tensor *out) {
    return produce(out, [&] { return at::linear(unwrap(input), unwrap(weight), unwrapOptional(bias)); });
}

ctorch_status ctorch_pack_linear_weight(ctorch_tensor weight, int64_t rows, ctorch_tensor *out) {
    return produce(out, [&] {
        static const auto reorder = c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
            .typed<at::Tensor(const at::Tensor &, c10::optional<int64_t>)>();
        return reorder.call(unwrap(weight), rows);
    });
}

ctorch_status ctorch_packed_linear(ctorch_tensor input, ctorch_tensor packed, ctorch_tensor bias, ctorch_tensor *out) {
    return produce(out, [&] {
        using Signature = at::Tensor(
            const at::Tensor &, const at::Tensor &, const c10::optional<at::Tensor> &, c10::string_view,
            c10::List<c10::optional<at::Scalar>>, c10::optional<c10::string_view>);
        static const auto linear = c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Signature>();
        return linear.call(
            unwrap(input), unwrap(packed), unwrapOptional(bias), "none", c10::List<c10::optional<at::Scalar>>(),
            c10::nullopt);
    });
}

ctorch_status ctorch_embedding(ctorch_tensor weight, ctorch_tensor indices, ctorch_tensor *out) {
    return produce(out, [&] { return at::embedding(unwrap(weight), unwrap(indices)); });
}

ctorch_status ctorch_rms_norm(ctorch_tensor input, ctorch_tensor weight, double epsilon, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input);
        const auto &w = unwrap(weight);
        return at::rms_norm(x, w.sizes(), w.to(x.scalar_type()), epsilon);
    });
}

ctorch_status ctorch_dropout(ctorch_tensor input, double probability, ctorch_generator generator, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input);
        const auto kept = at::empty_like(x).bernoulli_(1.0 - probability, unwrap(generator));
        return x * kept.div_(1.0 - probability);
    });
}

ctorch_status ctorch_rotate(ctorch_tensor input, ctorch_tensor cosine, ctorch_tensor sine, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input);
        const auto c = unwrap(cosine).unsqueeze(1), s = unwrap(sine).unsqueeze(1);
        const auto halves = x.chunk(2, -1);
        return at::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
    });
}

ctorch_status ctorch_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, ctorch_tensor mask, bool causal, ctorch_tensor *out
) {
    return produce(out, [&] {
        return attention(unwrap(query), unwrap(key), unwrap(value), unwrapOptional(mask), causal);
    });
}

ctorch_status ctorch_segment_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, const int64_t *lengths, size_t count,
    ctorch_tensor *out
) {
    return produce(out, [&] {
        const auto &q = unwrap(query), &k = unwrap(key), &v = unwrap(value);
        std::vector<at::Tensor> parts;
        parts.reserve(count);
        int64_t start = 0;
        for (size_t i = 0; i < count; i++) {
            const int64_t length = lengths[i];
            const auto part = attention(
                asBatch(q, start, length), asBatch(k, start, length), asBatch(v, start, length), c10::nullopt, true);
            parts.push_back(part.squeeze(0).transpose(0, 1));
            start += length;
        }
        TORCH_CHECK(start == q.size(0), "segments cover ", start, " rows, but there are ", q.size(0));
        return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
    });
}
