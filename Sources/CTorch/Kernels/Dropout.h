/// Dropout as a function of a seed and an element's number: the same mask in every precision and on every processor, drawn again
/// where backward needs it rather than kept.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "Floats.h"

namespace ctorch {

/// Which elements of a matrix [n, width] are dropped, computed again from a seed wherever that is asked.
///
/// Two neighbouring elements, those of the pair with this number in the matrix, share 32 random bits, 16 each, the even one the
/// lower: the finalizer of a good integer hash (Wellons, "Prospecting for Hash Functions", 2018) of number and seed. An element
/// is dropped where its bits are below the threshold.
struct DropoutMask {
    uint64_t seed = 0;
    /// Chance in 65536ths that an element is dropped.
    uint16_t threshold = 0;
};

/// Of 16 pairs; a struct for the same reason as `Floats`.
struct PairBits {
    Floats::Words words;
};

/// The random bits of the pairs with these numbers.
CTORCH_INLINE PairBits randomBits(PairBits numbers, uint64_t seed) {
    auto bits = numbers.words + static_cast<uint32_t>(seed);
    bits = (bits ^ (bits >> 16)) * 0x7feb352du;
    bits ^= static_cast<uint32_t>(seed >> 32);
    bits = (bits ^ (bits >> 15)) * 0x846ca68bu;
    return {bits ^ (bits >> 16)};
}

/// 16 elements that begin at a position of the matrix, zeros in place of the dropped ones.
CTORCH_INLINE Floats kept(Floats x, const DropoutMask &mask, int64_t position) {
    using Words = Floats::Words;
    const Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Words elements = lanes + static_cast<uint32_t>(position & 1);
    const auto bits = randomBits({(elements >> 1) + static_cast<uint32_t>(position >> 1)}, mask.seed).words;
    const Words own = (bits >> ((elements & 1) << 4)) & 0xffff;
    return {own >= static_cast<uint32_t>(mask.threshold) ? x.lanes : Floats::Lanes{}};
}

/// A new mask, whose seed comes from a generator of the CPU.
DropoutMask drawnMask(double probability, const at::Generator &generator);

/// x [.., width] on the CPU with zeros in place of the elements that `mask` drops, as by the kernels that draw it themselves.
at::Tensor withoutDropped(const at::Tensor &x, const DropoutMask &mask);

}  // namespace ctorch
