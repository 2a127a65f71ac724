#include "BytePanels.h"

#include <array>
#include <utility>
#include <vector>

#include "ByteTiles.h"
#include "FloatTiles.h"

namespace ctorch::bytes {

namespace {

using Bits = Floats::Bits;
using Lanes = Floats::Lanes;
using Words = Floats::Words;

/// As whole numbers, magnitudes are in the order of what they stand for, and what is not finite comes last.
constexpr int32_t magnitude = 0x7fffffff, infinity = 0x7f800000;

/// Bytes in 32 bits each. A struct for the same reason as `Floats`.
struct Numbers {
    Words words;

    /// The nearest whole numbers, which are the lowest bits of a sum with 1.5 · 2²³.
    static CTORCH_INLINE Numbers nearest(Floats x) { return {(Words)(x.lanes + 12582912.0f) & 0xff}; }
};

/// Block by block, with an output in each lane.
CTORCH_INLINE void packPanel(const float *weight, int64_t outputs, int64_t inputs, Word *panel) {
    auto *scales = reinterpret_cast<c10::BFloat16 *>(panel + scaleOffset(inputs));
    for (int64_t block = 0; block < blocks(inputs); block++, panel += blockWords * width, scales += width) {
        Floats columns[blockInputs] = {};
        for (int64_t half = 0; half < 2; half++) {
            const auto first = block * blockInputs + half * width;
            const auto present = std::clamp<int64_t>(inputs - first, 0, width);
            auto *lines = reinterpret_cast<float *>(columns + half * width);
            transposeBlock(weight + first, inputs, outputs, present, lines, width);
        }
        Bits largest = {};
        for (const auto &column : columns) {
            largest = __builtin_elementwise_max(largest, (Bits)column.lanes & magnitude);
        }
        const Floats exact = {largest < infinity ? (Lanes)largest / 127 : Lanes{} + __builtin_nanf("")};
        const Floats scale = {(Lanes)(((Words)exact.lanes + 0xffff) & 0xffff0000)};
        scale.store(scales);
        for (int64_t word = 0; word < blockWords; word++) {
            Words line = {};
            for (int byte = 0; byte < 4; byte++) {
                line |= Numbers::nearest(columns[4 * word + byte] / scale).words << (8 * byte);
            }
            std::memcpy(panel + word * width, &line, sizeof(line));
        }
    }
}

CTORCH_INLINE void roundRow(const float *states, int64_t inputs, Block *blocks) {
    typedef uint8_t Bytes __attribute__((vector_size(16)));
    for (int64_t first = 0; first < inputs; first += blockInputs, blocks++) {
        Floats halves[2] = {};
        for (int64_t half = 0; half < 2; half++) {
            const auto left = std::clamp<int64_t>(inputs - first - half * width, 0, width);
            const auto *place = states + first + half * width;
            halves[half] = left == width ? Floats::load(place) : Floats::load(place, left);
        }
        const auto largest = __builtin_reduce_max(__builtin_elementwise_max(
            (Bits)halves[0].lanes & magnitude, (Bits)halves[1].lanes & magnitude));
        const auto size = __builtin_bit_cast(float, largest);
        blocks->scale = largest < infinity ? size / 127 : __builtin_nanf("");
        Bits sum = {};
        for (int64_t half = 0; half < 2; half++) {
            const auto numbers = Numbers::nearest(halves[half] * Floats::all(127 / size)).words;
            sum += (Bits)(numbers << 24) >> 24;
            const auto bytes = __builtin_convertvector(numbers, Bytes);
            std::memcpy(blocks->words + half * blockWords / 2, &bytes, sizeof(bytes));
        }
        blocks->correction = -128 * __builtin_reduce_add(sum);
    }
}

using TileFunction = void (*)(Tile);

constexpr int mostPanels = 4;

/// How many panels a tile of so many rows has beside each other. Few rows wait for memory, and read from several places.
template <typename Processor>
constexpr int panelsBeside(int64_t rows) {
    return static_cast<int>(std::min<int64_t>(mostPanels, Processor::sums / rows));
}

template <typename Processor, int rows, int panelCount>
constexpr TileFunction tileFunction() {
    if constexpr (panelCount <= panelsBeside<Processor>(rows)) {
        return Processor::template multiply<rows, panelCount>;
    } else {
        return nullptr;
    }
}

template <typename Processor, int... cells>
constexpr std::array<TileFunction, sizeof...(cells)> tileFunctions(std::integer_sequence<int, cells...>) {
    return {tileFunction<Processor, cells / mostPanels + 1, cells % mostPanels + 1>()...};
}

template <typename Processor>
void multiplyOn(
    const Block *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    static constexpr auto functions =
        tileFunctions<Processor>(std::make_integer_sequence<int, Processor::rows * mostPanels>());
    const auto blocks = bytes::blocks(weight.inputs), panelSize = bytes::panelSize(weight.inputs);
    const auto tileCount = (rows + Processor::rows - 1) / Processor::rows;
    const auto step = panelsBeside<Processor>((rows + tileCount - 1) / tileCount);
    for (auto p = begin; p < end; p += step) {
        const auto panelCount = std::min<int64_t>(step, end - p);
        const auto *panel = weight.panels + p * panelSize;
        for (int64_t tile = 0; tile < tileCount; tile++) {
            const auto first = rows * tile / tileCount, count = rows * (tile + 1) / tileCount - first;
            // Once is enough, and only the last tile leaves the next panels where the next one finds them.
            const bool fetchesNext = tile + 1 == tileCount && p + step < end;
            functions[static_cast<size_t>((count - 1) * mostPanels + panelCount - 1)]({
                states + first * blocks, blocks, panel, panelSize, scaleOffset(weight.inputs),
                fetchesNext ? panel + step * panelSize : panel, weight.outputs - p * width,
                {target.memory + first * target.stride + p * width, target.stride, target.adding},
            });
        }
    }
}

}  // namespace

void pack(const float *weight, int64_t outputs, int64_t inputs, Word *panel) {
    vectorized<packPanel>(weight, outputs, inputs, panel);
}

void multiply(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target
) {
    if (rows == 0) return;
    // Kept for the next product of the thread.
    thread_local std::vector<Block> rounded;
    const auto blocks = bytes::blocks(weight.inputs);
    rounded.resize(static_cast<size_t>(rows * blocks));
    for (int64_t row = 0; row < rows; row++) {
        vectorized<roundRow>(states + row * weight.inputs, weight.inputs, rounded.data() + row * blocks);
    }
#if defined(__x86_64__)
    if (instructions >= Instructions::avx512bf16) {
        return multiplyOn<Dot>(rounded.data(), rows, weight, begin, end, target);
    }
    if (instructions >= Instructions::avx2) {
        return multiplyOn<AVX2>(rounded.data(), rows, weight, begin, end, target);
    }
#endif
    multiplyOn<Portable>(rounded.data(), rows, weight, begin, end, target);
}

}  // namespace ctorch::bytes
