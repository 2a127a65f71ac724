/// Memory for the few tensors of a step that are as large as a vocabulary is wide.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

namespace ctorch {

/// An uninitialised tensor like `at::empty`, whose memory comes back to a pool of its own where it is large.
///
/// Such buffers come and go with every step. Between them the heap hands the hole that one has left to many small tensors,
/// finds no room for the next, and grows by a few hundred megabytes that nobody ever uses again.
at::Tensor emptyFromPool(at::IntArrayRef sizes, const at::TensorOptions &options);

}  // namespace ctorch
