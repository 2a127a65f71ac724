#include "Check.h"

using at::Tensor;
using std::vector;

namespace checks {

namespace {

struct Shape {
    int64_t heads, keyHeads, size;
    vector<int64_t> lengths, prefixes;
};

/// Softmax over one table of scores for all rows, where a row sees those of its own sequence up to itself and all of the prefix.
Tensor plain(const Tensor &q, const Tensor &k, const Tensor &v, const Shape &shape) {
    const auto rows = q.size(0), group = shape.heads / shape.keyHeads;
    auto sees = at::zeros({rows, rows}, at::kBool);
    vector<int64_t> starts;
    int64_t start = 0;
    for (size_t i = 0; i < shape.lengths.size(); i++) {
        const auto length = shape.lengths[i], prefix = shape.prefixes[i];
        sees.narrow(0, start, length).narrow(1, start, length).copy_(at::ones({length, length}, at::kBool).tril());
        if (prefix >= 0) {
            sees.narrow(0, start, length).narrow(1, starts[prefix], shape.lengths[prefix]).fill_(true);
        }
        starts.push_back(start);
        start += length;
    }
    const auto turned = [](const Tensor &x) { return x.transpose(0, 1); };
    const auto keys = turned(k).repeat_interleave(group, 0), values = turned(v).repeat_interleave(group, 0);
    const auto scores = at::matmul(turned(q), keys.transpose(1, 2)) / std::sqrt(double(shape.size));
    return turned(at::matmul(at::softmax(scores.masked_fill(sees.logical_not(), -INFINITY), -1), values));
}

}  // namespace

void checkAttention() {
    const vector<Shape> shapes = {
        {9, 3, 64, {100, 28}, {-1, -1}},
        {4, 2, 128, {1, 63, 64, 65, 130, 7}, {-1, -1, -1, -1, -1, -1}},
        {2, 2, 64, {2, 1, 1, 3}, {-1, -1, -1, -1}},
        {3, 1, 64, {70, 5, 64, 3, 90, 1}, {-1, 0, 0, -1, 0, 3}},
        {2, 1, 48, {9, 20}, {-1, -1}},
        {8, 4, 32, {65, 30}, {-1, 0}},
        {2, 1, 40, {9, 20}, {-1, -1}},
    };
    for (const auto type : {at::kFloat, at::kBFloat16}) {
        // In bf16 probabilities and the gradients of scores are rounded between two products.
        Check check("segment attention", type, type == at::kFloat ? fp32Limits : Limits{0.007, 0.007});
        for (const auto &shape : shapes) {
            int64_t rows = 0;
            for (const auto length : shape.lengths) rows += length;
            const auto heads = [&](int64_t count, uint64_t seed) {
                return normal({rows, count, shape.size}, seed).to(type);
            };
            check.compare(
                {heads(shape.heads, 40), heads(shape.keyHeads, 41), heads(shape.keyHeads, 42)},
                [&](const vector<Tensor> &in) {
                    return made([&](auto *out) {
                        return ctorch_segment_attention(
                            handle(in[0]), handle(in[1]), handle(in[2]), shape.lengths.data(), shape.prefixes.data(),
                            shape.lengths.size(), 0, 0, out);
                    });
                },
                [&](const vector<Tensor> &in) { return plain(in[0], in[1], in[2], shape); });
        }
    }
}

}  // namespace checks
