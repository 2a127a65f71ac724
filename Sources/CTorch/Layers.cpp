#include <numeric>

#include "Boundary.h"
#include "Kernels/Kernels.h"

using namespace ctorch;

namespace {

/// One batch of attention, [B, H, T, D] with fewer key/value heads allowed.
at::Tensor attention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const c10::optional<at::Tensor> &mask,
    bool causal
) {
    TORCH_CHECK(
        query.dim() == 4 && key.dim() == 4 && value.sizes() == key.sizes(),
        "expected query [B, H, T, D] and key and value [B, KV, S, D], found ", query.sizes(), ", ", key.sizes(),
        " and ", value.sizes());
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

ctorch_status ctorch_embedding(ctorch_tensor weight, ctorch_tensor indices, ctorch_tensor *out) {
    return produce(out, [&] { return at::embedding(unwrap(weight), unwrap(indices)); });
}

ctorch_status ctorch_rms_norm(ctorch_tensor input, ctorch_tensor weight, double epsilon, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input), &w = unwrap(weight);
        if (hasKernels(x)) return fusedRMSNorm(x, w, epsilon);
        return at::rms_norm(x, w.sizes(), w.to(x.scalar_type()), epsilon);
    });
}

ctorch_status ctorch_dropout(ctorch_tensor input, double probability, ctorch_generator generator, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input);
        TORCH_CHECK(probability >= 0 && probability < 1, "a dropout probability is in [0, 1), found ", probability);
        const auto kept = at::empty_like(x).bernoulli_(1.0 - probability, unwrap(generator));
        return (x * kept).div_(1.0 - probability);  // the scale itself would be rounded in bf16
    });
}

ctorch_status ctorch_rotate(ctorch_tensor input, ctorch_tensor cosine, ctorch_tensor sine, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input), &c = unwrap(cosine), &s = unwrap(sine);
        TORCH_CHECK(
            x.dim() == 3 && c.dim() == 2 && c.size(0) == x.size(0) && 2 * c.size(1) == x.size(2) &&
                s.sizes() == c.sizes(),
            "expected an input [N, H, D] and cosine and sine [N, D/2], found ", x.sizes(), ", ", c.sizes(), " and ",
            s.sizes());
        if (hasKernels(x)) return fusedRotation(x, c, s);
        const auto halves = x.chunk(2, -1);
        const auto c1 = c.unsqueeze(1), s1 = s.unsqueeze(1);
        return at::cat({halves[0] * c1 - halves[1] * s1, halves[1] * c1 + halves[0] * s1}, -1).to(x.scalar_type());
    });
}

ctorch_status ctorch_swiglu(ctorch_tensor gate, ctorch_tensor up, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &g = unwrap(gate);
        if (up == nullptr) {
            TORCH_CHECK(g.dim() > 0 && g.size(-1) % 2 == 0, "expected both halves in [.., 2F], found ", g.sizes());
            if (hasKernels(g)) return fusedSwiGLU(g);
            const auto halves = g.chunk(2, -1);
            return at::silu(halves[0]) * halves[1];
        }
        const auto &u = unwrap(up);
        TORCH_CHECK(
            g.dim() > 0 && g.sizes() == u.sizes() && g.scalar_type() == u.scalar_type(),
            "expected two tensors of one shape and type, found ", g.scalar_type(), " ", g.sizes(), " and ",
            u.scalar_type(), " ", u.sizes());
        return hasKernels(g) ? fusedSwiGLU(g, u) : at::silu(g) * u;
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
        TORCH_CHECK(lengths != nullptr && count > 0, "attention needs at least one segment");
        const auto total = std::accumulate(lengths, lengths + count, int64_t(0));
        TORCH_CHECK(total == q.size(0), "segments cover ", total, " rows, but there are ", q.size(0));
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
        return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
    });
}
