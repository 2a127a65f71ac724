/// Products of fp32 rows with weights in fp32 or in bf16, which is widened in registers: for every processor, and with fp32 sums.
///
/// 16 rows of a weight are turned into a panel, [words][16], so that neighbouring outputs lie in neighbouring lanes. A word is an
/// fp32, or two neighbouring bf16 of one row: half the memory for the same numbers. A tile of rows against one panel or several
/// beside each other keeps its sums in registers, as many as the processor has.
#pragma once

#include <cstdint>

#include "Panels.h"

namespace ctorch::widened {

/// 32 bits of one row of a weight.
using Word = uint32_t;

/// What a word holds.
enum class Format { floats, halves };

/// Outputs per panel.
constexpr int64_t width = 16;

inline int64_t count(int64_t outputs) { return (outputs + width - 1) / width; }

/// Words of a row of `inputs`, an even number in halves.
inline int64_t words(int64_t inputs, Format format) { return format == Format::halves ? inputs / 2 : inputs; }

/// Turns `outputs` (at most 16) rows of `words` each into a panel; outputs that are missing become zeros.
void pack(const Word *weight, int64_t outputs, int64_t words, Word *panel);

/// A weight in panels, one behind the other.
struct Weight {
    const Word *panels;
    Format format;
    int64_t outputs, inputs;
};

/// `rows` rows of `states`, each of `weight.inputs`, against the panels `begin` ..< `end`. Every sum is taken in the order of the
/// inputs, whatever the format and the rows beside it.
void multiply(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target);

}  // namespace ctorch::widened
