#include "Check.h"

using at::Tensor;
using std::vector;

namespace checks {

namespace {

struct Sizes {
    int64_t hidden, heads, keyHeads, headSize, inner, vocabulary;
    /// Biases of the projections, norms of queries and keys.
    bool hasExtras;
};

struct Layer {
    Tensor attentionNorm, query, key, value, queryBias, keyBias, valueBias, queryNorm, keyNorm;
    Tensor output, outputBias, feedForwardNorm, gate, up, down;
};

/// A small decoder, whose numbers bf16 can hold.
struct Model {
    static constexpr int64_t positions = 90, layerCount = 2;
    static constexpr double epsilon = 1e-5;
    Sizes sizes;
    Tensor embedding, finalNorm, head, cosine, sine;
    vector<Layer> layers;

    explicit Model(const Sizes &s) : sizes(s) {
        embedding = weight({s.vocabulary, s.hidden}, 1), finalNorm = norm(s.hidden), head = weight({s.vocabulary, s.hidden});
        const auto angles = at::arange(0, positions, at::kDouble).unsqueeze(1) *
            at::pow(100, -at::arange(0, s.headSize / 2, at::kDouble) / s.headSize);
        cosine = angles.cos().to(at::kFloat), sine = angles.sin().to(at::kFloat);
        const auto queries = s.heads * s.headSize, keys = s.keyHeads * s.headSize;
        const auto extra = [&](const Tensor &x) { return s.hasExtras ? x : Tensor(); };
        for (int64_t i = 0; i < layerCount; i++) {
            layers.push_back({
                norm(s.hidden), weight({queries, s.hidden}), weight({keys, s.hidden}), weight({keys, s.hidden}),
                extra(weight({queries})), extra(weight({keys})), extra(weight({keys})), extra(norm(s.headSize)),
                extra(norm(s.headSize)), weight({s.hidden, queries}), extra(weight({s.hidden})), norm(s.hidden),
                weight({s.inner, s.hidden}), weight({s.inner, s.hidden}), weight({s.hidden, s.inner}),
            });
        }
    }

    /// Logits after every token, [T, V], by plain operations in fp64.
    Tensor logits(const vector<int64_t> &tokens) const {
        auto x = wide(embedding).index_select(0, at::tensor(tokens));
        for (const auto &layer : layers) {
            x = x + attended(layer, normalized(x, layer.attentionNorm));
            const auto y = normalized(x, layer.feedForwardNorm), gate = at::linear(y, wide(layer.gate));
            x = x + at::linear(gate * gate.sigmoid() * at::linear(y, wide(layer.up)), wide(layer.down));
        }
        return at::linear(normalized(x, finalNorm), wide(head));
    }

private:
    uint64_t seed_ = 100;

    Tensor weight(at::IntArrayRef shape, double scale = 0.15) {
        return normal(shape, seed_++, scale).to(at::kBFloat16).to(at::kFloat);
    }
    Tensor norm(int64_t size) { return weight({size}) + 1; }

    static Tensor normalized(const Tensor &x, const Tensor &weight) {
        return x * (x.square().mean(-1, true) + epsilon).rsqrt() * wide(weight);
    }

    /// Heads of a projection, [count, T, D], normalized where there is a norm, and turned.
    Tensor headsOf(const Tensor &projected, int64_t count, const Tensor &norm, bool turns) const {
        auto x = projected.view({projected.size(0), count, sizes.headSize}).transpose(0, 1);
        if (norm.defined()) x = normalized(x, norm);
        if (!turns) return x;
        const auto c = wide(cosine).narrow(0, 0, x.size(1)), s = wide(sine).narrow(0, 0, x.size(1));
        const auto halves = x.chunk(2, -1);
        return at::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
    }

    Tensor attended(const Layer &layer, const Tensor &x) const {
        const auto project = [](const Tensor &x, const Tensor &weight, const Tensor &bias) {
            return bias.defined() ? at::linear(x, wide(weight), wide(bias)) : at::linear(x, wide(weight));
        };
        const auto group = sizes.heads / sizes.keyHeads;
        const auto q = headsOf(project(x, layer.query, layer.queryBias), sizes.heads, layer.queryNorm, true);
        const auto k = headsOf(project(x, layer.key, layer.keyBias), sizes.keyHeads, layer.keyNorm, true);
        const auto v = headsOf(project(x, layer.value, layer.valueBias), sizes.keyHeads, Tensor(), false);
        const auto hidden = at::ones({x.size(0), x.size(0)}, at::kBool).triu(1);
        const auto scores = at::matmul(q, k.repeat_interleave(group, 0).transpose(1, 2)) / std::sqrt(double(sizes.headSize));
        const auto p = at::softmax(scores.masked_fill(hidden, -INFINITY), -1);
        const auto mixed = at::matmul(p, v.repeat_interleave(group, 0)).transpose(0, 1).reshape({x.size(0), -1});
        return project(mixed, layer.output, layer.outputBias);
    }
};

/// The decoder of CTorch with a model's weights.
class Packed {
public:
    Packed(const Model &model, at::ScalarType type) {
        const auto &s = model.sizes;
        const ctorch_decoder_frame frame = {
            s.heads, s.keyHeads, s.headSize, Model::positions, Model::epsilon, 1, 0, 1, false,
            handle(model.embedding), handle(model.finalNorm), handle(model.head),
        };
        expectSuccess(ctorch_decoder_create(&frame, static_cast<int32_t>(type), &decoder_));
        const auto any = [](const Tensor &x) { return x.defined() ? handle(x) : nullptr; };
        for (const auto &l : model.layers) {
            const ctorch_decoder_layer layer = {
                handle(l.attentionNorm), handle(l.query), handle(l.key), handle(l.value), any(l.queryBias),
                any(l.keyBias), any(l.valueBias), any(l.queryNorm), any(l.keyNorm), handle(l.output), any(l.outputBias),
                nullptr, handle(l.feedForwardNorm), handle(l.gate), handle(l.up), handle(l.down), nullptr, nullptr,
                nullptr, nullptr, handle(model.cosine), handle(model.sine), 0,
            };
            expectSuccess(ctorch_decoder_append(decoder_, &layer));
        }
    }
    ~Packed() { ctorch_decoder_free(decoder_); }
    Packed(const Packed &) = delete;
    Packed &operator=(const Packed &) = delete;

    void reserve(int64_t slots) { expectSuccess(ctorch_decoder_reserve(decoder_, slots, Model::positions)); }
    void copySlot(int64_t source, int64_t target, int64_t length) {
        expectSuccess(ctorch_decoder_copy_slot(decoder_, source, target, length));
    }

    struct Row {
        int64_t token, slot, position;
    };

    /// The logits of all rows, [n, V].
    Tensor logits(const vector<Row> &rows) {
        vector<int64_t> tokens, slots, positions, wanted;
        for (const auto &row : rows) {
            wanted.push_back(static_cast<int64_t>(tokens.size()));
            tokens.push_back(row.token), slots.push_back(row.slot), positions.push_back(row.position);
        }
        return made([&](auto *out) {
            return ctorch_decoder_outputs(
                decoder_,
                {tokens.data(), slots.data(), positions.data(), rows.size(), wanted.data(), wanted.size()}, out);
        });
    }

private:
    ctorch_decoder decoder_ = nullptr;
};

/// Prompts of different lengths in one pass, single steps of many sequences, one that goes on from another's start.
void check(Check &check, const Sizes &sizes, at::ScalarType type) {
    const Model model(sizes);
    Packed packed(model, type);
    constexpr int64_t slots = 21, steps = 3;
    packed.reserve(slots + 1);
    const auto token = [&](int64_t slot, int64_t position) { return (slot * 31 + position * 7 + 3) % sizes.vocabulary; };
    const auto promptLength = [](int64_t slot) { return slot == 0 ? 80 : 1 + slot % 5; };
    vector<Tensor> expected;
    for (int64_t slot = 0; slot < slots; slot++) {
        vector<int64_t> tokens;
        for (int64_t position = 0; position < promptLength(slot) + steps; position++) tokens.push_back(token(slot, position));
        expected.push_back(model.logits(tokens));
    }
    vector<Packed::Row> rows;
    vector<Tensor> wanted;
    const auto add = [&](int64_t slot, int64_t position) {
        rows.push_back({token(slot, position), slot, position});
        wanted.push_back(expected[static_cast<size_t>(slot)][position]);
    };
    const auto run = [&] { check.values(packed.logits(rows), at::stack(wanted)), rows.clear(), wanted.clear(); };
    for (int64_t slot = 0; slot < slots; slot++) {
        for (int64_t position = 0; position < promptLength(slot); position++) add(slot, position);
    }
    run();
    packed.copySlot(0, slots, promptLength(0));
    for (int64_t step = 0; step < steps; step++) {
        // All sequences, then fewer, which other loops multiply.
        for (int64_t slot = 0; slot < (step == 0 ? slots : 3 - step); slot++) add(slot, promptLength(slot) + step);
        run();
    }
    rows = {{token(0, promptLength(0)), slots, promptLength(0)}};
    wanted = {expected[0][promptLength(0)]};
    run();
}

}  // namespace

void checkDecoder() {
    // The weights are numbers of bf16. What is rounded besides them, keys and values or every factor, is up to the path; in 8 bits
    // it is every factor.
    const auto limit = [](at::ScalarType type) { return type == at::kFloat ? 3e-6 : type == at::kBFloat16 ? 0.01 : 0.05; };
    for (const auto type : {at::kFloat, at::kBFloat16, at::kChar}) {
        Check line("decoder", type, {limit(type), 0});
        check(line, {64, 4, 2, 16, 96, 100, false}, type);
        check(line, {48, 3, 3, 24, 70, 51, true}, type);
        check(line, {80, 10, 2, 20, 130, 300, true}, type);
    }
}

}  // namespace checks
