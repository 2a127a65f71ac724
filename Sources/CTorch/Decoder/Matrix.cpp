#include "Matrix.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>

#include "../Elements.h"
#include "../Kernels/PairTiles.h"
#include "RowOperations.h"

using namespace ctorch;

namespace {

/// The rows of weights below each other, rounded to bf16 where that is wanted when they are asked for.
class WeightRows {
public:
    WeightRows(const std::vector<at::Tensor> &weights, at::ScalarType type) : width_(weights.front().size(1)) {
        for (const auto &weight : weights) {
            TORCH_CHECK(weight.size(1) == width_, "weights of ", weight.size(1), " and ", width_, " inputs side by side");
            const auto isReadable = weight.scalar_type() == at::kFloat || weight.scalar_type() == at::kBFloat16;
            weights_.push_back((isReadable ? weight : weight.to(vectorType(type))).contiguous());
        }
        TORCH_CHECK(
            type != at::kBFloat16 || width_ % 2 == 0, "a matrix in bf16 needs an even number of inputs, found ", width_);
    }

    int64_t width() const { return width_; }

    int64_t count() const {
        int64_t count = 0;
        for (const auto &weight : weights_) count += weight.size(0);
        return count;
    }

    /// Copies `count` rows from `first` on.
    template <typename To>
    void copy(int64_t first, int64_t count, To *out) const {
        forEachRow(first, count, [&](const auto *row) {
            copyRow(row, out, width_);
            out += width_;
        });
    }

    /// Whether bf16 holds all of them as they are.
    bool areHalves(Team &team) const {
        std::atomic<bool> areHalves{true};
        team.ranges(count(), [&](int64_t begin, int64_t end, int) {
            forEachRow(begin, end - begin, [&](const auto *row) {
                if (areHalves && !isHalvesRow(row, width_)) areHalves = false;
            });
        });
        return areHalves;
    }

private:
    int64_t width_;
    std::vector<at::Tensor> weights_;

    template <typename Body>
    void forEachRow(int64_t first, int64_t count, const Body &body) const {
        for (const auto &weight : weights_) {
            const auto here = std::min(count, weight.size(0) - first);
            for (int64_t row = first; row < first + here; row++) {
                if (weight.scalar_type() == at::kFloat) {
                    body(elements<float>(weight) + row * width_);
                } else {
                    body(elements<at::BFloat16>(weight) + row * width_);
                }
            }
            count -= std::max<int64_t>(here, 0);
            first = std::max<int64_t>(first - weight.size(0), 0);
        }
    }
};

/// Calls `pack(lines, first, count)`, a thread for each of the team, for all panels of `width` rows: the rows in the type To.
template <typename To, typename Pack>
void packPanels(const WeightRows &rows, int64_t width, Team &team, const Pack &pack) {
    team.ranges((rows.count() + width - 1) / width, [&](int64_t begin, int64_t end, int) {
        const Buffer<To> lines(width * rows.width());
        for (auto panel = begin; panel < end; panel++) {
            const auto count = std::min(width, rows.count() - panel * width);
            rows.copy(panel * width, count, static_cast<To *>(lines));
            pack(static_cast<const To *>(lines), count, panel);
        }
    });
}

}  // namespace

Matrix<at::BFloat16>::Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team) {
    const WeightRows rows(weights, type);
    outputs_ = rows.count();
    pairs_ = rows.width() / 2;
    const auto panelSize = pairs_ * panels::width;
    panels_ = arena.take<Pair>(panels::count(outputs_) * panelSize);
    packPanels<at::BFloat16>(rows, panels::width, team, [&](const auto *lines, int64_t count, int64_t panel) {
        panels::pack(reinterpret_cast<const Pair *>(lines), count, pairs_, panels_ + panel * panelSize);
    });
}

void Matrix<at::BFloat16>::multiply(const at::BFloat16 *x, int64_t rows, panels::Target target, Team &team) const {
    const auto panelSize = pairs_ * panels::width;
    team.ranges(panels::count(outputs_), [&](int64_t begin, int64_t end, int) {
        for (auto p = begin; p < end; p++) {
            const auto first = p * panels::width;
            const auto *panel = panels_ + p * panelSize;
            panels::multiply(
                reinterpret_cast<const Pair *>(x), rows, pairs_, panel, std::min(panels::width, outputs_ - first),
                {target.memory + first, target.stride, target.adding}, p + 1 < end ? panel + panelSize : nullptr);
        }
    });
}

namespace {

bytes::Weight packedBytes(const WeightRows &rows, Arena &arena, Team &team) {
    const auto panelSize = bytes::panelSize(rows.width());
    auto *panels = arena.take<bytes::Word>(bytes::count(rows.count()) * panelSize);
    packPanels<float>(rows, bytes::width, team, [&](const auto *lines, int64_t count, int64_t panel) {
        bytes::pack(lines, count, rows.width(), panels + panel * panelSize);
    });
    return {panels, rows.count(), rows.width()};
}

widened::Weight packedWords(const WeightRows &rows, bool areHalves, Arena &arena, Team &team) {
    const auto format = areHalves ? widened::Format::halves : widened::Format::floats;
    const auto words = widened::words(rows.width(), format), panelSize = words * widened::width;
    auto *panels = arena.take<widened::Word>(widened::count(rows.count()) * panelSize);
    const auto pack = [&](const auto *lines, int64_t count, int64_t panel) {
        widened::pack(reinterpret_cast<const widened::Word *>(lines), count, words, panels + panel * panelSize);
    };
    if (areHalves) {
        packPanels<at::BFloat16>(rows, widened::width, team, pack);
    } else {
        packPanels<float>(rows, widened::width, team, pack);
    }
    return {panels, format, rows.count(), rows.width()};
}

/// By the function that lies beside the kind of weight.
template <typename Weight>
void multiplyPanels(
    const float *x, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    multiply(x, rows, weight, begin, end, target);
}

}  // namespace

Matrix<float>::Matrix(const std::vector<at::Tensor> &weights, at::ScalarType type, Arena &arena, Team &team) {
    const WeightRows rows(weights, type);
    if (type == at::kChar) {
        weight_ = packedBytes(rows, arena, team);
    } else {
        const bool areHalves = type == at::kBFloat16 || (rows.width() % 2 == 0 && rows.areHalves(team));
        weight_ = packedWords(rows, areHalves, arena, team);
    }
}

void Matrix<float>::multiply(const float *x, int64_t rows, panels::Target target, Team &team) const {
    static_assert(widened::width == bytes::width);
    team.ranges(widened::count(outputs()), [&](int64_t begin, int64_t end, int) {
        std::visit([&](const auto &weight) { multiplyPanels(x, rows, weight, begin, end, target); }, weight_);
    });
}

bool ctorch::multipliesPairs(at::ScalarType type) { return type == at::kBFloat16 && panels::areSupported(); }

namespace {

template <typename Element>
at::Tensor multipliedIn(
    const at::Tensor &rows, const std::vector<at::Tensor> &weights, at::ScalarType type, const at::Tensor &addend
) {
    Team team(std::max(1, at::get_num_threads()));
    Arena arena;
    const Matrix<Element> matrix(weights, type, arena, team);
    const auto x = rows.to(c10::CppTypeToScalarType<Element>::value).contiguous();
    auto out = addend.defined() ? addend.clone() : at::empty({rows.size(0), matrix.outputs()}, at::kFloat);
    matrix.multiply(
        elements<Element>(x), rows.size(0),
        {out.template data_ptr<float>(), matrix.outputs(), addend.defined()}, team);
    return out;
}

}  // namespace

at::Tensor ctorch::multiplied(
    const at::Tensor &rows, const std::vector<at::Tensor> &weights, at::ScalarType type, const at::Tensor &addend
) {
    return multipliesPairs(type) ? multipliedIn<at::BFloat16>(rows, weights, type, addend)
                                 : multipliedIn<float>(rows, weights, type, addend);
}
