/// Products of bf16 factors with fp32 sums: what `vdpbf16ps` does, adding to each of 16 fp32 sums the products of two pairs of
/// bf16.
///
/// 48 rows of a weight are turned into a panel, [K/2][48] pairs, so that neighbouring outputs lie in neighbouring lanes; 8 rows
/// of states against a panel are 24 vector registers of sums. A panel stays in the cache while all rows pass.
#pragma once

#include <cstdint>

namespace ctorch::panels {

/// A pair of neighbouring bf16 of one row.
using Pair = uint32_t;

/// Outputs per panel.
constexpr int64_t width = 48;

/// Whether the processor has the instruction. Nothing else here may be called without it.
bool areSupported();

inline int64_t count(int64_t outputs) { return (outputs + width - 1) / width; }

/// Turns `outputs` (at most 48) rows of `pairs` each into a panel; outputs that are missing become zeros.
void pack(const Pair *weight, int64_t outputs, int64_t pairs, Pair *panel);

/// Where products go: row r, output o at `memory[r · stride + o]`.
struct Target {
    float *memory;
    int64_t stride;
    /// Added to what is there instead of replacing it.
    bool adding;
};

/// `rows` rows of `states`, each of `pairs`, against a panel of `outputs`. A row's sums do not depend on the rows beside it.
/// The panel at `next`, if there is one, is fetched into the cache meanwhile.
void multiply(
    const Pair *states, int64_t rows, int64_t pairs, const Pair *panel, int64_t outputs, Target target, const Pair *next);

}  // namespace ctorch::panels
