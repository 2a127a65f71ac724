#include "Check.h"

using at::Tensor;
using std::vector;

namespace checks {

namespace {

/// Log-probabilities of the targets and entropies below each other, [2, N].
Tensor plain(const Tensor &hidden, const Tensor &weight, const Tensor &targets, double temperature) {
    const auto logs = at::log_softmax(at::linear(hidden, weight) / temperature, -1);
    return at::stack({logs.gather(1, targets.unsqueeze(1)).squeeze(1), -(logs.exp() * logs).sum(-1)});
}

void checkTokenLogProbabilities(at::ScalarType type) {
    // Gradients of logits are of the states' type; the results are not.
    const std::string states = type == at::kFloat ? "" : ", bf16";
    Check check("log-probabilities" + states, at::kFloat, {2e-6, type == at::kFloat ? 5e-6 : 0.006});
    for (const int64_t vocabulary : {50, 1000, 4100}) {
        const auto hidden = normal({37, 48}, 20).to(type), weight = normal({vocabulary, 48}, 21, 0.3).to(type);
        const auto targets = at::arange(0, 37).mul(7).remainder(vocabulary);
        for (const double temperature : {1.0, 0.7}) {
            check.compare(
                {hidden, weight},
                [&](const vector<Tensor> &in) {
                    Tensor entropies;
                    const auto logs = made([&](auto *out) {
                        ctorch_tensor others[3] = {};
                        const auto status = ctorch_token_log_probabilities(
                            handle(in[0]), handle(in[1]), handle(targets), temperature, out, &others[0], &others[1],
                            &others[2]);
                        const auto other = [&](int i) { return *reinterpret_cast<Tensor *>(others[i]); };
                        entropies = other(0);
                        const auto logits = at::linear(wide(in[0].detach()), wide(in[1].detach())) / temperature;
                        check.holds(at::equal(other(1), logits.argmax(-1).eq(targets)), "another token is the likeliest");
                        check.holds(
                            at::allclose(wide(other(2)), logits.mean(-1), 1e-5, 1e-5), "mean logits are others");
                        for (auto *tensor : others) ctorch_tensor_free(tensor);
                        return status;
                    });
                    return at::stack({logs, entropies});
                },
                [&](const vector<Tensor> &in) { return plain(in[0], in[1], targets, temperature); });
        }
    }
}

void checkLogits(at::ScalarType type) {
    // Gradients of logits are of the states' type; the results are not.
    Check check("logits", type, {fp32Limits.values, limits(type).gradients});
    for (const auto &[rows, width, vocabulary] : {std::tuple{1, 64, 100}, {9, 96, 130}, {70, 40, 49}, {3, 7, 5}}) {
        const auto hidden = normal({rows, width}, 22).to(type), weight = normal({vocabulary, width}, 23).to(type);
        check.compare(
            {hidden, weight},
            [&](const vector<Tensor> &in) {
                const auto found = made([&](auto *out) { return ctorch_head_logits(handle(in[0]), handle(in[1]), out); });
                check.holds(found.scalar_type() == at::kFloat, "logits are not fp32");
                return found;
            },
            [](const vector<Tensor> &in) { return at::linear(in[0], in[1]); });
    }
}

// MARK: Draws

/// What the field's filters leave of a row of logits, one after the other, each on what the one before it left.
Tensor filtered(Tensor logits, const ctorch_sampling &s, const vector<int64_t> &previous) {
    for (const auto token : previous) {
        const auto logit = logits[token].item<double>();
        logits[token] = logit < 0 ? logit * s.repetition_penalty : logit / s.repetition_penalty;
    }
    if (s.temperature == 0) return at::softmax(logits, 0);
    auto p = at::softmax(logits / s.temperature, 0);
    const auto keep = [&](const Tensor &kept) { p = p.masked_fill(kept.logical_not(), 0), p = p / p.sum(); };
    if (s.top_k > 0) keep(p.ge(std::get<0>(p.topk(s.top_k)).min()));
    if (s.top_p < 1) {
        const auto sorted = std::get<0>(p.sort(0, true));
        keep(p.ge(sorted.masked_select((sorted.cumsum(0) - sorted).lt(s.top_p)).min()));
    }
    keep(p.ge(p.max() * s.min_p));
    return p;
}

}  // namespace

void checkHead() {
    for (const auto type : {at::kFloat, at::kBFloat16}) {
        checkTokenLogProbabilities(type);
        checkLogits(type);
    }
}

void checkDrawing() {
    Check check("drawing tokens", at::kFloat, {2e-6, 0});
    constexpr int64_t rows = 40, vocabulary = 2500;
    const auto logits = normal({rows, vocabulary}, 30, 3);
    const auto uniforms = at::linspace(0, 0.999, rows, at::kFloat);
    const vector<int64_t> seen = {3, 17, 900};
    const vector<ctorch_token_list> previous(rows, {seen.data(), seen.size()});
    for (const auto &settings : {
             ctorch_sampling{1, 1, 0, 1, 0}, {1, 0.7, 50, 1, 0}, {1.3, 1.2, 0, 0.9, 0}, {1, 1, 0, 1, 0.05},
             {1.1, 0.8, 100, 0.95, 0.01}, {1, 0, 0, 1, 0},
         }) {
        vector<int64_t> tokens(rows);
        vector<float> logs(rows);
        expectSuccess(ctorch_draw_tokens(
            handle(logits), settings, uniforms.const_data_ptr<float>(), previous.data(), tokens.data(), logs.data()));
        vector<Tensor> expected;
        const bool isPenalized = settings.repetition_penalty != 1, isGreedy = settings.temperature == 0;
        for (int64_t row = 0; row < rows; row++) {
            const auto p = filtered(wide(logits[row]).clone(), settings, isPenalized ? seen : vector<int64_t>());
            const auto token = tokens[row];
            const auto own = p[token].item<double>(), before = p.narrow(0, 0, token).sum().item<double>();
            const auto uniform = uniforms[row].item<double>();
            expected.push_back(p[token].log());
            check.holds(
                isGreedy ? p.argmax().item<int64_t>() == token
                         : own > 0 && before - 1e-5 <= uniform && uniform <= before + own + 1e-5,
                "row " + std::to_string(row) + ": token " + std::to_string(token) + " is not where the number points");
        }
        check.values(at::tensor(logs), at::stack(expected));
    }
}

}  // namespace checks
