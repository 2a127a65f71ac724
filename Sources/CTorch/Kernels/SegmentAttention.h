/// Causal attention of packed sequences, with a backward of its own.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace ctorch {

/// How the rows of a batch divide into sequences.
struct Segments {
    std::vector<int64_t> lengths;
    /// For each sequence the number of an earlier one whose rows it sees before its own, or −1; that one has none itself.
    std::vector<int64_t> prefixes;
};

/// Whether there is a kernel for heads [N, H, D] on the CPU: where D fits the tiles, in fp32, and in bf16 where the processor has
/// the instruction.
bool hasFusedAttention(const at::Tensor &queries);

/// Queries [N, H, D], keys and values [N, KV, D] → [N, H, D], for queries that `hasFusedAttention`. A scale of 0 stands for 1/√D.
at::Tensor fusedSegmentAttention(
    const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values, const Segments &segments, double scale);

}  // namespace ctorch
