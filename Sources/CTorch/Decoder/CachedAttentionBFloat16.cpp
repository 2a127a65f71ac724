#include <algorithm>
#include <cmath>
#include <cstring>

#include "../Kernels/Floats.h"
#include "CachedAttention.h"

#if defined(__x86_64__)

#include <immintrin.h>

// Everything below is compiled for processors with the bf16 dot product, and called on no others (`panels::areSupported`).
// What other files share is included above: compiled in here it could end up in their hands.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)

namespace ctorch {
namespace {

template <typename Element, typename Cached>
struct Step;

template <>
struct Step<c10::BFloat16, c10::BFloat16> {
    static constexpr int64_t depth = 2;
    static constexpr int sums = 16;

    static CTORCH_INLINE Floats multiplyAdd(Floats sum, const c10::BFloat16 *vector, const c10::BFloat16 *scalar) {
        int32_t pair;
        std::memcpy(&pair, scalar, sizeof(pair));
        const auto factors = (__m512bh)_mm512_loadu_si512(vector);
        return {(Floats::Lanes)_mm512_dpbf16_ps((__m512)sum.lanes, factors, (__m512bh)_mm512_set1_epi32(pair))};
    }
};

}  // namespace
}  // namespace ctorch

#include "CachedAttentionLoops.h"

namespace ctorch {
namespace {

void attendGroupFor(
    const Pass<c10::BFloat16, c10::BFloat16> &pass, int64_t group, c10::BFloat16 *out, int64_t headSize
) {
    attendGroup(pass, group, out, headSize);
}

}  // namespace

template class CachedAttention<c10::BFloat16, c10::BFloat16>;

}  // namespace ctorch

#pragma clang attribute pop

#endif
