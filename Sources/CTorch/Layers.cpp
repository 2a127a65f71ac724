#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/result_type.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <numeric>

#include "Boundary.h"
#include "Kernels/AdaptedLinear.h"
#include "Kernels/Dropout.h"
#include "Kernels/Kernels.h"
#include "Kernels/SegmentAttention.h"

using namespace ctorch;

namespace {

/// One batch of attention, [B, H, T, D] with fewer key/value heads allowed; a scale of 0 stands for 1/√D.
at::Tensor attention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const c10::optional<at::Tensor> &mask,
    bool causal, double scale
) {
    TORCH_CHECK(
        query.dim() == 4 && key.dim() == 4 && value.sizes() == key.sizes(),
        "expected query [B, H, T, D] and key and value [B, KV, S, D], found ", query.sizes(), ", ", key.sizes(),
        " and ", value.sizes());
    const bool grouped = query.size(1) != key.size(1);
    const auto factor = scale == 0 ? c10::nullopt : c10::make_optional(scale);
    return at::scaled_dot_product_attention(query, key, value, mask, 0.0, causal, factor, grouped);
}

/// How many rows a row sees, its own included (0: all before), and what scores are multiplied by (0: 1/√D).
struct Visibility {
    int64_t window;
    double scale;

    /// Whether there are rows among so many that a later one does not see.
    bool cuts(int64_t rows) const { return window > 0 && window < rows; }
};

/// Rows of the longest sequence, with those that it continues.
int64_t longest(const Segments &segments) {
    int64_t longest = 0;
    for (size_t i = 0; i < segments.lengths.size(); i++) {
        const auto prefix = segments.prefixes[i];
        longest = std::max(longest, segments.lengths[i] + (prefix < 0 ? 0 : segments.lengths[prefix]));
    }
    return longest;
}

/// [n, H, D] rows as a batch of one, [1, H, n, D].
at::Tensor asBatch(const at::Tensor &rows) { return rows.transpose(0, 1).unsqueeze(0); }

/// One segment: causal among its own rows, the last of the keys, and open to the `before` rows in front of them, as far as a
/// row sees.
at::Tensor segmentAttention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, int64_t before, const Visibility &sight
) {
    const auto q = asBatch(query), k = asBatch(key), v = asBatch(value);
    const bool isCut = sight.cuts(key.size(0));
    if (before == 0 && !isCut) return attention(q, k, v, c10::nullopt, true, sight.scale).squeeze(0).transpose(0, 1);
    auto seen = at::ones({query.size(0), key.size(0)}, query.options().dtype(at::kBool)).tril(before);
    if (isCut) seen = seen.triu(before - sight.window + 1);
    return attention(q, k, v, seen, false, sight.scale).squeeze(0).transpose(0, 1);
}

/// The fused kernel's plain twin: one segment after the other.
at::Tensor segmentAttention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const Segments &segments,
    const Visibility &sight
) {
    std::vector<at::Tensor> parts;
    std::vector<int64_t> starts;
    int64_t start = 0;
    for (size_t i = 0; i < segments.lengths.size(); i++) {
        const auto length = segments.lengths[i], prefix = segments.prefixes[i];
        const auto own = [&](const at::Tensor &x) { return x.narrow(0, start, length); };
        if (prefix < 0) {
            parts.push_back(segmentAttention(own(query), own(key), own(value), 0, sight));
        } else {
            const auto before = segments.lengths[prefix];
            const auto joined = [&](const at::Tensor &x) {
                return at::cat({x.narrow(0, starts[prefix], before), own(x)}, 0);
            };
            parts.push_back(segmentAttention(own(query), joined(key), joined(value), before, sight));
        }
        starts.push_back(start);
        start += length;
    }
    return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

/// Segments that cover `rows`; `prefixes` may be NULL.
Segments checkedSegments(const int64_t *lengths, const int64_t *prefixes, size_t count, int64_t rows) {
    TORCH_CHECK(lengths != nullptr && count > 0, "attention needs at least one segment");
    Segments segments = {{lengths, lengths + count}, std::vector<int64_t>(count, -1)};
    if (prefixes != nullptr) segments.prefixes.assign(prefixes, prefixes + count);
    const auto total = std::accumulate(lengths, lengths + count, int64_t(0));
    TORCH_CHECK(total == rows, "segments cover ", total, " rows, but there are ", rows);
    for (size_t i = 0; i < count; i++) {
        const auto prefix = segments.prefixes[i];
        TORCH_CHECK(
            prefix < static_cast<int64_t>(i) && (prefix < 0 || segments.prefixes[prefix] < 0), "segment ", i,
            " continues segment ", prefix, ", which is not before it or continues another itself");
        TORCH_CHECK(lengths[i] >= 0, "segment ", i, " has ", lengths[i], " rows");
    }
    return segments;
}

void checkDropout(double probability) {
    TORCH_CHECK(probability >= 0 && probability < 1, "a dropout probability is in [0, 1), found ", probability);
}

at::Tensor linearLayer(const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    return hasFusedLinear(x, weight) ? fusedLinear(x, weight, bias) : at::linear(x, weight, bias);
}

at::Tensor swiGLU(const at::Tensor &gate, const at::Tensor &up) {
    TORCH_CHECK(
        gate.dim() > 0 && gate.sizes() == up.sizes() && gate.scalar_type() == up.scalar_type(),
        "expected two tensors of one shape and type, found ", gate.scalar_type(), " ", gate.sizes(), " and ",
        up.scalar_type(), " ", up.sizes());
    return hasKernels(gate) ? fusedSwiGLU(gate, up) : at::silu(gate) * up;
}

at::Tensor dropped(const at::Tensor &x, double probability, const at::Generator &generator) {
    checkDropout(probability);
    const auto kept = at::empty_like(x).bernoulli_(1.0 - probability, generator);
    return (x * kept).div_(1.0 - probability);  // the scale itself would be rounded in bf16
}

/// The fused layer's plain twin, with the same mask on the CPU.
at::Tensor plainAdaptedLinear(
    const at::Tensor &x, const at::Tensor &weight, const c10::optional<at::Tensor> &bias, const Adapter &adapter
) {
    auto kept = x;
    if (adapter.dropout > 0) {
        kept = x.is_cpu() ? withoutDropped(x, drawnMask(adapter.dropout, *adapter.generator)).div_(1 - adapter.dropout)
                          : dropped(x, adapter.dropout, *adapter.generator);
    }
    const auto thin = linearLayer(kept, adapter.down.to(x.scalar_type()), c10::nullopt);
    return linearLayer(x, weight, bias) + linearLayer(thin, adapter.up.to(x.scalar_type()), c10::nullopt) * adapter.scale;
}

}  // namespace

ctorch_status ctorch_matmul(ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out) {
    return produce(out, [&] { return at::matmul(unwrap(a), unwrap(b)); });
}

ctorch_status ctorch_linear(ctorch_tensor input, ctorch_tensor weight, ctorch_tensor bias, ctorch_tensor *out) {
    return produce(out, [&] { return linearLayer(unwrap(input), unwrap(weight), unwrapOptional(bias)); });
}

ctorch_status ctorch_embedding(ctorch_tensor weight, ctorch_tensor indices, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &w = unwrap(weight), &i = unwrap(indices);
        const bool isRounded = w.is_cpu() && w.scalar_type() == at::kBFloat16 && i.scalar_type() == at::kLong;
        return isRounded ? roundedEmbedding(w, i) : at::embedding(w, i);
    });
}

ctorch_status ctorch_rms_norm(ctorch_tensor input, ctorch_tensor weight, double epsilon, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &x = unwrap(input), &w = unwrap(weight);
        if (hasKernels(x)) return fusedRMSNorm(x, w, epsilon);
        return at::rms_norm(x, w.sizes(), w.to(x.scalar_type()), epsilon);
    });
}

ctorch_status ctorch_dropout(ctorch_tensor input, double probability, ctorch_generator generator, ctorch_tensor *out) {
    return produce(out, [&] { return dropped(unwrap(input), probability, unwrap(generator)); });
}

ctorch_status ctorch_adapted_linear(
    ctorch_tensor input, ctorch_tensor values, ctorch_tensor weight, ctorch_tensor bias, ctorch_tensor down,
    ctorch_tensor up, ctorch_adapter settings, ctorch_tensor *out
) {
    return produce(out, [&] {
        const auto &x = unwrap(input), &w = unwrap(weight), &a = unwrap(down), &b = unwrap(up);
        const auto opened = unwrapOptional(values), shift = unwrapOptional(bias);
        TORCH_CHECK(
            w.dim() == 2 && a.dim() == 2 && b.dim() == 2 && a.size(1) == w.size(1) && b.size(0) == w.size(0) &&
                a.size(0) == b.size(1) && x.dim() > 0 && x.size(-1) == w.size(1) &&
                (!opened || (opened->sizes() == x.sizes() && opened->scalar_type() == x.scalar_type())),
            "expected an input [.., K], values of its shape and type if any, a weight [N, K] and an adapter [R, K] and ",
            "[N, R], found ", x.sizes(), opened ? ", values, " : ", ", w.sizes(), ", ", a.sizes(), " and ", b.sizes());
        checkDropout(settings.dropout);
        const Adapter adapter = {
            a, b, settings.scale, settings.dropout,
            settings.dropout > 0 ? c10::make_optional(unwrap(settings.generator)) : c10::nullopt,
        };
        if (hasAdaptedLinear(x, w)) return adaptedLinear(x, opened, w, shift, adapter);
        return plainAdaptedLinear(opened ? swiGLU(x, *opened) : x, w, shift, adapter);
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
        const auto type = at::result_type(x, c);  // not every device multiplies numbers of two types
        const auto halves = x.to(type).chunk(2, -1);
        const auto c1 = c.to(type).unsqueeze(1), s1 = s.to(type).unsqueeze(1);
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
        return swiGLU(g, unwrap(up));
    });
}

ctorch_status ctorch_gated_linear(ctorch_tensor gate, ctorch_tensor up, ctorch_tensor weight, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &g = unwrap(gate), &u = unwrap(up), &w = unwrap(weight);
        TORCH_CHECK(
            g.dim() > 0 && g.sizes() == u.sizes() && g.scalar_type() == u.scalar_type() && w.dim() == 2 &&
                w.size(1) == g.size(-1),
            "expected gate and up [.., F] of one type and a weight [N, F], found ", g.scalar_type(), " ", g.sizes(),
            ", ", u.scalar_type(), " ", u.sizes(), " and ", w.sizes());
        return hasKernels(g) ? fusedGatedLinear(g, u, w) : at::linear(at::silu(g) * u, w);
    });
}

ctorch_status ctorch_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, ctorch_tensor mask, bool causal, double scale,
    ctorch_tensor *out
) {
    return produce(out, [&] {
        return attention(unwrap(query), unwrap(key), unwrap(value), unwrapOptional(mask), causal, scale);
    });
}

ctorch_status ctorch_segment_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, const int64_t *lengths, const int64_t *prefixes,
    size_t count, int64_t window, double scale, ctorch_tensor *out
) {
    return produce(out, [&] {
        const auto &q = unwrap(query), &k = unwrap(key), &v = unwrap(value);
        TORCH_CHECK(window >= 0 && scale >= 0, "a window or a scale below 0: ", window, ", ", scale);
        TORCH_CHECK(
            q.dim() == 3 && k.dim() == 3 && k.sizes() == v.sizes() && q.size(0) == k.size(0) &&
                q.size(2) == k.size(2) && q.size(1) % std::max<int64_t>(1, k.size(1)) == 0 &&
                q.scalar_type() == k.scalar_type() && k.scalar_type() == v.scalar_type(),
            "expected query [N, H, D] and key and value [N, KV, D] of one type, found ", q.scalar_type(), " ",
            q.sizes(), ", ", k.scalar_type(), " ", k.sizes(), " and ", v.scalar_type(), " ", v.sizes());
        const auto segments = checkedSegments(lengths, prefixes, count, q.size(0));
        const Visibility sight = {window, scale};
        return hasFusedAttention(q) && !sight.cuts(longest(segments)) ? fusedSegmentAttention(q, k, v, segments, scale)
                                                                     : segmentAttention(q, k, v, segments, sight);
    });
}
