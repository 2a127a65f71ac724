#include "Decoder.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "../Boundary.h"
#include "../Elements.h"
#include "DecoderLayer.h"
#include "FasterWay.h"
#include "RowOperations.h"

using namespace ctorch;

namespace {

/// Rows meet weights as Element; keys and values are kept as Cached.
template <typename Element, typename Cached>
class DecoderOf final : public Decoder {
public:
    DecoderOf(const ctorch_decoder_frame &frame, at::ScalarType type)
        : type_(type),
          heads_(frame.head_count),
          keyValueHeads_(frame.key_value_head_count),
          headSize_(frame.head_size),
          positions_(frame.position_count),
          epsilon_(static_cast<float>(frame.norm_epsilon)),
          embeddingScale_(static_cast<float>(frame.embedding_scale)),
          attentionScale_(
              frame.attention_scale == 0 ? 1 / std::sqrt(static_cast<float>(frame.head_size))
                                         : static_cast<float>(frame.attention_scale)),
          residualScale_(static_cast<float>(frame.residual_scale)),
          isGELU_(frame.gelu),
          embedding_(unwrap(frame.embedding).detach().contiguous()),
          finalNorm_(floats(frame.final_norm)),
          team_(std::max(1, at::get_num_threads())) {
        const auto stored = embedding_.scalar_type();
        if (stored != at::kFloat && stored != at::kBFloat16) embedding_ = embedding_.to(vectorType(type));
        if (frame.head != nullptr) head_.emplace(present({frame.head}), type, arena_, team_);
    }

    void append(const ctorch_decoder_layer &layer) override {
        layers_.emplace_back(layer, type_, arena_, team_);
        const auto &cosine = layers_.back().cosine;
        TORCH_CHECK(
            !cosine.defined() || (cosine.dim() == 2 && cosine.size(0) >= positions_ && 2 * cosine.size(1) <= headSize_),
            "expected angles of ", positions_, " positions for heads of ", headSize_, ", found ", cosine.sizes());
    }

    void reserve(int64_t slots, int64_t capacity) override {
        TORCH_CHECK(!layers_.empty(), "a decoder needs at least one layer");
        TORCH_CHECK(slots > 0 && capacity > 0, "room for ", slots, " sequences of ", capacity, " tokens");
        TORCH_CHECK(capacity <= positions_, "the model has ", positions_, " positions, not ", capacity);
        cache_ = std::make_unique<CachedAttention<Element, Cached>>(
            CacheShape{static_cast<int64_t>(layers_.size()), slots, capacity, keyValueHeads_, heads_ / keyValueHeads_,
                       headSize_});
        scratch_ = Memory<float>(team_.size() * cache_->scratchSize());
        workspaces_.clear();
        for (int thread = 0; thread < team_.size(); thread++) {
            workspaces_.emplace_back(hiddenSize(), projectedSize(), heads_ * headSize_, feedForwardSize());
        }
    }

    void copySlot(int64_t source, int64_t target, int64_t length) override {
        const auto &shape = cache().shape();
        TORCH_CHECK(
            source >= 0 && target >= 0 && std::max(source, target) < shape.slots && length <= shape.capacity,
            "slot ", source, " to ", target, ", ", length, " tokens, of ", shape.slots, " slots of ", shape.capacity);
        cache_->copy(source, target, length);
    }

    at::Tensor outputs(const Rows &rows) override {
        check(rows);
        if (!head_) {
            auto result = at::empty({rows.wantedCount, hiddenSize()}, at::kFloat);
            runToEnd(rows, result.template data_ptr<float>());
            return result;
        }
        const Memory<Element> states(rows.wantedCount * hiddenSize());
        runToEnd(rows, states.get());
        auto result = at::empty({rows.wantedCount, head_->outputs()}, at::kFloat);
        auto *logits = result.template data_ptr<float>();
        head_->multiply(states.get(), rows.wantedCount, {logits, head_->outputs(), false}, team_);
        return result;
    }

private:
    /// What weights are rounded to.
    at::ScalarType type_;
    int64_t heads_, keyValueHeads_, headSize_, positions_;
    float epsilon_, embeddingScale_, attentionScale_, residualScale_;
    bool isGELU_;
    /// fp32 or bf16: a row is rounded when it is looked up.
    at::Tensor embedding_;
    at::Tensor finalNorm_;
    Team team_, alone_{1};
    Arena arena_;
    std::optional<Matrix<Element>> head_;
    std::vector<Layer<Element>> layers_;
    std::vector<Workspace<Element>> workspaces_;
    std::unique_ptr<CachedAttention<Element, Cached>> cache_;
    Memory<float> scratch_;
    FasterWay fasterWay_;

    int64_t vocabularySize() const { return embedding_.size(0); }
    int64_t hiddenSize() const { return embedding_.size(1); }
    int64_t feedForwardSize() const { return layers_.front().gateAndUp.outputs() / 2; }
    int64_t projectedSize() const { return (heads_ + 2 * keyValueHeads_) * headSize_; }

    CachedAttention<Element, Cached> &cache() const {
        TORCH_CHECK(cache_ != nullptr, "no room was reserved for sequences");
        return *cache_;
    }

    void check(const Rows &rows) const {
        const auto &shape = cache().shape();
        TORCH_CHECK(rows.count > 0, "a pass needs at least one row");
        for (int64_t i = 0; i < rows.count; i++) {
            TORCH_CHECK(
                rows.tokens[i] >= 0 && rows.tokens[i] < vocabularySize() && rows.slots[i] >= 0 &&
                    rows.slots[i] < shape.slots && rows.positions[i] >= 0 && rows.positions[i] < shape.capacity,
                "row ", i, " is token ", rows.tokens[i], " in slot ", rows.slots[i], " at position ",
                rows.positions[i], ", of ", vocabularySize(), " tokens, ", shape.slots, " slots and ", shape.capacity,
                " positions");
        }
        for (int64_t i = 0; i < rows.wantedCount; i++) {
            TORCH_CHECK(
                rows.wanted[i] >= 0 && rows.wanted[i] < rows.count && (i == 0 || rows.wanted[i] > rows.wanted[i - 1]),
                "the rows that are wanted are not ascending, or not among ", rows.count);
        }
    }

    /// Runs all rows, and writes the last states of those that are wanted, [wanted, H].
    template <typename State>
    void runToEnd(const Rows &rows, State *states) {
        run(rows, [&](int64_t output, const float *residual) {
            normalizeRow(residual, data(finalNorm_), epsilon_, states + output * hiddenSize(), hiddenSize());
        });
    }

    /// Runs all rows; `take(output, residual)` is called for each that is wanted, with its last residual state.
    ///
    /// Threads that have rows of their own never wait for each other; rows of one sequence belong together, because each
    /// attends to those before it. Threads that share every product meet after each and read a weight once between them. With
    /// few rows reading is what takes the time, and it depends on who else uses the processor which is worse.
    template <typename Take>
    void run(const Rows &rows, const Take &take) {
        const auto together = [&] { runRange(rows, 0, rows.count, workspaces_[0], 0, team_, take); };
        const auto bounds = dealt(rows);
        if (bounds.empty()) return together();
        const auto apart = [&] {
            team_.run([&](int thread) {
                const auto begin = bounds[static_cast<size_t>(thread)], end = bounds[static_cast<size_t>(thread) + 1];
                runRange(rows, begin, end, workspaces_[static_cast<size_t>(thread)], thread, alone_, take);
            });
        };
        constexpr int64_t manyRows = 16;
        if (rows.count >= manyRows * team_.size()) return apart();
        fasterWay_.run(together, apart);
    }

    /// Where each thread's rows begin, and the end; empty where there is no even split.
    std::vector<int64_t> dealt(const Rows &rows) const {
        const auto threads = team_.size();
        if (threads == 1 || rows.count < 2 * threads) return {};
        std::vector<int64_t> bounds = {0};
        for (int thread = 1; thread < threads; thread++) {
            auto bound = rows.count * thread / threads;
            while (bound < rows.count && rows.slots[bound] == rows.slots[bound - 1]) bound++;
            bounds.push_back(std::max(bound, bounds.back()));
        }
        bounds.push_back(rows.count);
        for (size_t i = 1; i < bounds.size(); i++) {
            if (8 * (bounds[i] - bounds[i - 1]) * threads > 9 * rows.count) return {};
        }
        return bounds;
    }

    template <typename Take>
    void runRange(
        const Rows &rows, int64_t begin, int64_t end, Workspace<Element> &space, int thread, Team &team, const Take &take
    ) {
        const auto *wanted = std::lower_bound(rows.wanted, rows.wanted + rows.wantedCount, begin);
        for (auto first = begin; first < end; first += chunkRows) {
            const Rows chunk = {
                rows.tokens + first, rows.slots + first, rows.positions + first, std::min(chunkRows, end - first),
                nullptr, 0,
            };
            embed(chunk, space, team);
            for (size_t layer = 0; layer < layers_.size(); layer++) runLayer(layer, chunk, space, thread, team);
            for (; wanted < rows.wanted + rows.wantedCount && *wanted < first + chunk.count; wanted++) {
                take(wanted - rows.wanted, space.residual.get() + (*wanted - first) * hiddenSize());
            }
        }
    }

    void embed(const Rows &rows, Workspace<Element> &space, Team &team) const {
        const auto width = hiddenSize();
        team.ranges(rows.count, [&](int64_t begin, int64_t end, int) {
            for (auto row = begin; row < end; row++) {
                auto *residual = space.residual.get() + row * width;
                auto *rounded = reinterpret_cast<at::BFloat16 *>(space.normalized.get() + row * width);
                const auto offset = rows.tokens[row] * width;
                if (embedding_.scalar_type() == at::kBFloat16) {
                    copyRow(elements<at::BFloat16>(embedding_) + offset, residual, width);
                } else if (type_ == at::kBFloat16) {
                    copyRow(elements<float>(embedding_) + offset, rounded, width);
                    copyRow(rounded, residual, width);
                } else {
                    copyRow(elements<float>(embedding_) + offset, residual, width);
                }
                if (embeddingScale_ != 1) scaleRow(residual, embeddingScale_, width);
            }
        });
    }

    void runLayer(size_t index, const Rows &rows, Workspace<Element> &space, int thread, Team &team) {
        const auto &layer = layers_[index];
        normalize(rows.count, layer.attentionNorm, space, team);
        project(layer.input, layer.inputBias, space.normalized.get(), rows.count, space.projections.get(), team);
        attend(index, rows, space, thread, team);
        addBranch(
            layer.output, layer.outputBias, layer.attentionOutputNorm, space.attended.get(), rows.count, space, team);

        normalize(rows.count, layer.feedForwardNorm, space, team);
        project(layer.gateAndUp, layer.gateAndUpBias, space.normalized.get(), rows.count, space.inner.get(), team);
        team.ranges(rows.count, [&](int64_t begin, int64_t end, int) {
            for (auto row = begin; row < end; row++) {
                const auto *both = space.inner.get() + row * 2 * feedForwardSize();
                auto *activated = space.activated.get() + row * feedForwardSize();
                if (isGELU_) {
                    geGLURow(both, activated, feedForwardSize());
                } else {
                    swiGLURow(both, activated, feedForwardSize());
                }
            }
        });
        addBranch(
            layer.down, layer.downBias, layer.feedForwardOutputNorm, space.activated.get(), rows.count, space, team);
    }

    void normalize(int64_t rows, const at::Tensor &weight, Workspace<Element> &space, Team &team) const {
        team.ranges(rows, [&](int64_t begin, int64_t end, int) {
            for (auto row = begin; row < end; row++) {
                const auto *residual = space.residual.get() + row * hiddenSize();
                auto *normalized = space.normalized.get() + row * hiddenSize();
                if (weight.defined()) {
                    normalizeRow(residual, data(weight), epsilon_, normalized, hiddenSize());
                } else {
                    copyRow(residual, normalized, hiddenSize());
                }
            }
        });
    }

    void project(
        const Matrix<Element> &matrix, const at::Tensor &bias, const Element *x, int64_t rows, float *out, Team &team
    ) const {
        for (int64_t row = 0; bias.defined() && row < rows; row++) {
            copyRow(data(bias), out + row * matrix.outputs(), matrix.outputs());
        }
        matrix.multiply(x, rows, {out, matrix.outputs(), bias.defined()}, team);
    }

    /// Adds what a block ends with, x · matrixᵀ + bias, normalized and scaled as the model does it.
    void addBranch(
        const Matrix<Element> &matrix, const at::Tensor &bias, const at::Tensor &norm, const Element *x, int64_t rows,
        Workspace<Element> &space, Team &team
    ) const {
        if (!norm.defined() && residualScale_ == 1) return addProduct(matrix, bias, x, rows, space, team);
        project(matrix, bias, x, rows, space.branch.get(), team);
        const auto width = hiddenSize();
        team.ranges(rows, [&](int64_t begin, int64_t end, int) {
            for (auto row = begin; row < end; row++) {
                auto *branch = space.branch.get() + row * width;
                if (norm.defined()) normalizeRow(branch, data(norm), epsilon_, branch, width);
                addRow(branch, residualScale_, space.residual.get() + row * width, width);
            }
        });
    }

    void addProduct(
        const Matrix<Element> &matrix, const at::Tensor &bias, const Element *x, int64_t rows, Workspace<Element> &space,
        Team &team
    ) const {
        auto *residual = space.residual.get();
        for (int64_t row = 0; bias.defined() && row < rows; row++) {
            for (int64_t i = 0; i < hiddenSize(); i++) residual[row * hiddenSize() + i] += data(bias)[i];
        }
        matrix.multiply(x, rows, {residual, hiddenSize(), true}, team);
    }

    bool isPerHead(const at::Tensor &norm) const { return norm.defined() && norm.numel() == headSize_; }

    /// Normalizes queries and keys of all heads together, where the model does so.
    void normalizeWhole(const Layer<Element> &layer, int64_t rows, Workspace<Element> &space, Team &team) const {
        if (!layer.queryNorm.defined() || (isPerHead(layer.queryNorm) && isPerHead(layer.keyNorm))) return;
        team.ranges(rows, [&](int64_t begin, int64_t end, int) {
            for (auto row = begin; row < end; row++) {
                auto *queries = space.projections.get() + row * projectedSize(), *keys = queries + heads_ * headSize_;
                if (!isPerHead(layer.queryNorm)) {
                    normalizeRow(queries, data(layer.queryNorm), epsilon_, queries, heads_ * headSize_);
                }
                if (!isPerHead(layer.keyNorm)) {
                    normalizeRow(keys, data(layer.keyNorm), epsilon_, keys, keyValueHeads_ * headSize_);
                }
            }
        });
    }

    /// Stores the rows' keys and values, then lets every row look at its own sequence.
    void attend(size_t index, const Rows &rows, Workspace<Element> &space, int thread, Team &team) {
        const auto &layer = layers_[index];
        const auto group = heads_ / keyValueHeads_;
        const auto half = layer.cosine.defined() ? layer.cosine.size(1) : 0;
        normalizeWhole(layer, rows.count, space, team);
        const auto place = [&](int64_t item) {
            const auto row = item / keyValueHeads_;
            return CachePlace{
                static_cast<int64_t>(index), rows.slots[row], rows.positions[row], item % keyValueHeads_};
        };
        const auto prepare = [&](float *heads, int64_t count, const at::Tensor &norm, int64_t position, float scale) {
            for (int64_t head = 0; isPerHead(norm) && head < count; head++) {
                normalizeRow(heads + head * headSize_, data(norm), epsilon_, heads + head * headSize_, headSize_);
            }
            const auto *cosine = half > 0 ? data(layer.cosine) + position * half : nullptr;
            const auto *sine = half > 0 ? data(layer.sine) + position * half : nullptr;
            rotateHeads(heads, count, headSize_, cosine, sine, half, scale);
        };
        const auto items = rows.count * keyValueHeads_;
        team.ranges(items, [&](int64_t begin, int64_t end, int) {
            for (auto item = begin; item < end; item++) {
                const auto at = place(item);
                auto *row = space.projections.get() + item / keyValueHeads_ * projectedSize();
                auto *key = row + (heads_ + at.head) * headSize_;
                prepare(key, 1, layer.keyNorm, at.position, 1);
                cache_->store(at, key, key + keyValueHeads_ * headSize_);
            }
        });
        team.ranges(items, [&](int64_t begin, int64_t end, int member) {
            auto *scratch = scratch_.get() + (thread + member) * cache_->scratchSize();
            for (auto item = begin; item < end; item++) {
                const auto at = place(item);
                const auto row = item / keyValueHeads_;
                auto *queries = space.projections.get() + row * projectedSize() + at.head * group * headSize_;
                prepare(queries, group, layer.queryNorm, at.position, attentionScale_);
                cache_->attend(
                    at, layer.window, queries, space.attended.get() + (row * heads_ + at.head * group) * headSize_, scratch);
            }
        });
    }
};

}  // namespace

std::unique_ptr<Decoder> ctorch::makeDecoder(const ctorch_decoder_frame &frame, at::ScalarType type) {
    TORCH_CHECK(
        frame.head_count > 0 && frame.key_value_head_count > 0 && frame.head_size > 0 &&
            frame.head_count % frame.key_value_head_count == 0 && frame.head_size % 2 == 0,
        "expected an even head size and heads in equal groups, found ", frame.head_count, " heads of ",
        frame.head_size, " in ", frame.key_value_head_count, " groups");
    TORCH_CHECK(
        type == at::kFloat || type == at::kBFloat16 || type == at::kChar,
        "a decoder's weights are fp32, bf16 or int8, not ", type);
#if defined(__x86_64__)
    if (multipliesPairs(type)) return std::make_unique<DecoderOf<at::BFloat16, at::BFloat16>>(frame, type);
#endif
    if (type != at::kFloat) return std::make_unique<DecoderOf<float, at::BFloat16>>(frame, type);
    return std::make_unique<DecoderOf<float, float>>(frame, type);
}
