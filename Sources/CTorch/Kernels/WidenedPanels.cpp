#include "WidenedPanels.h"

#include <algorithm>
#include <array>
#include <utility>

#include "Floats.h"

namespace ctorch::widened {

namespace {

/// How a line of 16 words becomes `depth` lines of 16 weights.
struct FloatWords {
    static constexpr int depth = 1;

    static CTORCH_INLINE Floats load(const Word *line, int) { return Floats::load(reinterpret_cast<const float *>(line)); }
};

struct HalfWords {
    static constexpr int depth = 2;

    static CTORCH_INLINE Floats load(const Word *line, int half) {
        Floats::Words words;
        std::memcpy(&words, line, sizeof(words));
        return {(Floats::Lanes)(half == 0 ? words << 16 : words & 0xffff0000)};
    }
};

/// A tile's part of a product: the rows of `states` and the first of its panels.
struct Tile {
    const float *states;
    int64_t inputs;
    const Word *panel;
    int64_t panelSize;
    /// What is fetched into the cache meanwhile.
    const Word *next;
    /// Outputs from the first panel's on.
    int64_t outputs;
    panels::Target target;
};

// Loops over sums are unrolled by order: a sum whose index is not a constant would have to lie in memory.

/// Adds one weight of each output times one state of each row. What is fewer stays in registers meanwhile.
template <int rows, int panelCount, typename LoadWeight, typename LoadState>
CTORCH_INLINE void addProducts(
    Floats (&sums)[rows][panelCount], const LoadWeight &loadWeight, const LoadState &loadState
) {
    if constexpr (rows <= panelCount + 1) {
        Floats states[rows];
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) states[row] = loadState(row);
#pragma clang loop unroll(full)
        for (int p = 0; p < panelCount; p++) {
            const auto weight = loadWeight(p);
#pragma clang loop unroll(full)
            for (int row = 0; row < rows; row++) sums[row][p] = multiplyAdd(weight, states[row], sums[row][p]);
        }
    } else {
        Floats weights[panelCount];
#pragma clang loop unroll(full)
        for (int p = 0; p < panelCount; p++) weights[p] = loadWeight(p);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const auto state = loadState(row);
#pragma clang loop unroll(full)
            for (int p = 0; p < panelCount; p++) sums[row][p] = multiplyAdd(weights[p], state, sums[row][p]);
        }
    }
}

template <typename Words, int rows, int panelCount>
CTORCH_INLINE void multiplyTile(Tile tile) {
    Floats sums[rows][panelCount] = {};
    for (int64_t input = 0; input < tile.inputs; input += Words::depth) {
        const auto offset = input / Words::depth * width;
#pragma clang loop unroll(full)
        for (int p = 0; p < panelCount; p++) __builtin_prefetch(tile.next + p * tile.panelSize + offset, 0, 2);
#pragma clang loop unroll(full)
        for (int part = 0; part < Words::depth; part++) {
            // Words are loaded again for their second part: kept, they would take registers from sums.
            asm volatile("" ::: "memory");
            addProducts<rows, panelCount>(
                sums,
                [&](int p) CTORCH_ALWAYS_INLINE {
                    return Words::load(tile.panel + p * tile.panelSize + offset, part);
                },
                [&](int row) CTORCH_ALWAYS_INLINE {
                    return Floats::all(tile.states[row * tile.inputs + input + part]);
                });
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
#pragma clang loop unroll(full)
        for (int p = 0; p < panelCount; p++) {
            auto *out = tile.target.memory + row * tile.target.stride + p * width;
            const auto put = [&](int64_t n) CTORCH_ALWAYS_INLINE {
                (tile.target.adding ? Floats::load(out, n) + sums[row][p] : sums[row][p]).store(out, n);
            };
            const auto left = tile.outputs - p * width;
            if (left >= width) {
                put(width);
            } else {
                put(left);
            }
        }
    }
}

/// Rows become columns. Every step moves the highest bit of the row's number to the lowest of the column's, and the other way.
CTORCH_INLINE void transpose(Floats::Words (&lines)[width]) {
    constexpr int half = width / 2;
    for (int step = 0; step < 4; step++) {
        Floats::Words next[width];
        for (int i = 0; i < half; i++) {
            const auto a = lines[i], b = lines[i + half];
            next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            next[2 * i + 1] =
                __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        std::memcpy(lines, next, sizeof(next));
    }
}

CTORCH_INLINE void packPanel(const Word *weight, int64_t outputs, int64_t words, Word *panel) {
    forEachGroup(words, [&](int64_t first, int64_t n) CTORCH_ALWAYS_INLINE {
        Floats::Words lines[width] = {};
        for (int64_t row = 0; row < outputs; row++) {
            std::memcpy(&lines[row], weight + row * words + first, sizeof(Word) * static_cast<size_t>(n));
        }
        transpose(lines);
        std::memcpy(panel + first * width, lines, sizeof(lines[0]) * static_cast<size_t>(n));
    });
}

using TileFunction = void (*)(Tile);

constexpr int mostPanels = 6;

// Kinds of processors: how many rows their tiles have and how many panels' sums of a row altogether, so that these stay in
// registers, and how a tile is compiled for them.

#if defined(__x86_64__)

struct AVX512 {
    static constexpr int rows = 8, sums = 16;
    template <auto function>
    static constexpr TileFunction compiled = forAVX512<function, Tile>;
};

struct AVX2 {
    static constexpr int rows = 6, sums = 6;
    template <auto function>
    static constexpr TileFunction compiled = forAVX2<function, Tile>;
};

struct Baseline {
    static constexpr int rows = 3, sums = 3;
    template <auto function>
    static constexpr TileFunction compiled = function;
};

#else

struct Baseline {
    static constexpr int rows = 6, sums = 6;
    template <auto function>
    static constexpr TileFunction compiled = function;
};

#endif

/// How many panels a tile of so many rows has beside each other. Few rows wait for memory, and read from several places.
template <typename Processor>
constexpr int panelsBeside(int rows) {
    return std::min(mostPanels, Processor::sums / rows);
}

template <typename Processor, typename Words, int rows, int panelCount>
constexpr TileFunction tileFunction() {
    if constexpr (panelCount <= panelsBeside<Processor>(rows)) {
        return Processor::template compiled<multiplyTile<Words, rows, panelCount>>;
    } else {
        return nullptr;
    }
}

template <typename Processor, typename Words, int... cells>
constexpr std::array<TileFunction, sizeof...(cells)> tileFunctions(std::integer_sequence<int, cells...>) {
    return {tileFunction<Processor, Words, cells / mostPanels + 1, cells % mostPanels + 1>()...};
}

template <typename Processor, typename Words>
void multiplyBy(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    static constexpr auto functions =
        tileFunctions<Processor, Words>(std::make_integer_sequence<int, Processor::rows * mostPanels>());
    const auto panelSize = words(weight.inputs, weight.format) * width;
    const auto tileCount = (rows + Processor::rows - 1) / Processor::rows;
    const auto step = panelsBeside<Processor>(static_cast<int>((rows + tileCount - 1) / tileCount));
    for (auto p = begin; p < end; p += step) {
        const auto panelCount = std::min<int64_t>(step, end - p);
        const auto *panel = weight.panels + p * panelSize;
        for (int64_t tile = 0; tile < tileCount; tile++) {
            const auto first = rows * tile / tileCount, count = rows * (tile + 1) / tileCount - first;
            // Once is enough, and only the last tile leaves the next panels where the next one finds them.
            const bool fetchesNext = tile + 1 == tileCount && p + step < end;
            functions[static_cast<size_t>((count - 1) * mostPanels + panelCount - 1)]({
                states + first * weight.inputs, weight.inputs, panel, panelSize,
                fetchesNext ? panel + step * panelSize : panel, weight.outputs - p * width,
                {target.memory + first * target.stride + p * width, target.stride, target.adding},
            });
        }
    }
}

template <typename Processor>
void multiplyOn(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    if (weight.format == Format::halves) {
        multiplyBy<Processor, HalfWords>(states, rows, weight, begin, end, target);
    } else {
        multiplyBy<Processor, FloatWords>(states, rows, weight, begin, end, target);
    }
}

}  // namespace

void pack(const Word *weight, int64_t outputs, int64_t words, Word *panel) {
    vectorized<packPanel>(weight, outputs, words, panel);
}

void multiply(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    if (rows == 0) return;
#if defined(__x86_64__)
    if (instructions >= Instructions::avx512) return multiplyOn<AVX512>(states, rows, weight, begin, end, target);
    if (instructions >= Instructions::avx2) return multiplyOn<AVX2>(states, rows, weight, begin, end, target);
#endif
    multiplyOn<Baseline>(states, rows, weight, begin, end, target);
}

}  // namespace ctorch::widened
