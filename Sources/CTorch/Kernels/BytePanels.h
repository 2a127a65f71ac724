/// Products of fp32 rows with weights in 8 bits, for every processor: a quarter of the memory of fp32, and both factors are rounded.
///
/// 32 neighbours of a row, of a weight or of states, share a scale, the largest of them over 127 (of weights rounded up to bf16), and
/// each is a whole number from −127 to 127 times the scale. Products of whole numbers add up exactly over a block, and the sums
/// are multiplied by both scales and added up in fp32: the numbers are the same on every processor but for what joining a product
/// and a sum saves in rounding. Rows that stay in fp32 are slower wherever bytes can be multiplied (docs/log.md).
///
/// 16 rows of a weight are turned into a panel, [blocks][8][16] words, a word being four neighbours of one row; its scales,
/// [blocks][16] in bf16, follow.
#pragma once

#include <cstdint>

#include "Panels.h"

namespace ctorch::bytes {

/// Four neighbours of one row.
using Word = uint32_t;

/// Outputs per panel.
constexpr int64_t width = 16;

/// Neighbours that share a scale, and the words that they fill.
constexpr int64_t blockInputs = 32, blockWords = blockInputs / 4;

inline int64_t count(int64_t outputs) { return (outputs + width - 1) / width; }

inline int64_t blocks(int64_t inputs) { return (inputs + blockInputs - 1) / blockInputs; }

/// Words of a panel before its scales.
inline int64_t scaleOffset(int64_t inputs) { return blocks(inputs) * blockWords * width; }

/// Words of a whole panel, whole cache lines of them.
inline int64_t panelSize(int64_t inputs) { return scaleOffset(inputs) + (blocks(inputs) + 1) / 2 * width; }

/// Turns `outputs` (at most 16) rows of `inputs` each into a panel. A block with a number that is not finite becomes NaN.
void pack(const float *weight, int64_t outputs, int64_t inputs, Word *panel);

/// A weight in panels, one behind the other.
struct Weight {
    const Word *panels;
    int64_t outputs, inputs;
};

/// `rows` rows of `states`, each of `weight.inputs`, against the panels `begin` ..< `end`. A row's sums do not depend on the rows
/// beside it.
void multiply(
    const float *states, int64_t rows, const Weight &weight, int64_t begin, int64_t end, panels::Target target);

}  // namespace ctorch::bytes
