/// A decoder without gradients: everything between token ids and logits in loops of our own, without a tensor in between.
///
/// Every row is one token with a slot, which is the sequence it continues, and a position in it. Prompts, single steps, sequences
/// of different lengths and new ones in the place of finished ones are therefore one and the same call. Activations are fp32;
/// what is multiplied by a weight is rounded to the type that products are computed in.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "../include/CTorch.h"
#include "CachedAttention.h"
#include "Matrix.h"
#include "Team.h"

namespace ctorch {

/// The tokens of one forward pass. Rows of one slot are together, in order.
struct Rows {
    const int64_t *tokens, *slots, *positions;
    int64_t count;
    /// Indices of rows whose outputs are wanted, ascending.
    const int64_t *wanted;
    int64_t wantedCount;
};

/// A decoder, whatever its element type.
class Decoder {
public:
    virtual ~Decoder() = default;

    /// Puts a layer on top of those there are.
    virtual void append(const ctorch_decoder_layer &layer) = 0;
    /// Makes room for sequences; whatever was cached is gone.
    virtual void reserve(int64_t slots, int64_t capacity) = 0;
    /// Copies the first `length` tokens of one slot to another.
    virtual void copySlot(int64_t source, int64_t target, int64_t length) = 0;

    /// Runs the rows; → the logits of those that are wanted, [wanted, V] in fp32; without a head their last states, [wanted, H].
    virtual at::Tensor outputs(const Rows &rows) = 0;
};

/// A decoder without layers, whose weights are rounded to `type`, fp32, bf16 or int8. Where the processor does not multiply bf16,
/// and with weights in int8, everything else is fp32 but keys and values, which beside rounded weights are bf16.
std::unique_ptr<Decoder> makeDecoder(const ctorch_decoder_frame &frame, at::ScalarType type);

}  // namespace ctorch
