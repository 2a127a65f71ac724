#include "../Kernels/Floats.h"

namespace ctorch {
namespace {

template <typename Element, typename Cached>
struct Step;

/// Keys and values in fp32, or in bf16, which is widened in registers.
template <typename Cached>
struct Step<float, Cached> {
    static constexpr int64_t depth = 1;
    /// With AVX2 a sum of 16 is two registers.
    static constexpr int sums = 6;

    static CTORCH_INLINE Floats multiplyAdd(Floats sum, const Cached *vector, const float *scalar) {
        return ctorch::multiplyAdd(Floats::load(vector), Floats::all(*scalar), sum);
    }
};

}  // namespace
}  // namespace ctorch

#include "CachedAttentionLoops.h"

namespace ctorch {
namespace {

template <typename Cached>
void attendGroupFor(const Pass<float, Cached> &pass, int64_t group, float *out, int64_t headSize) {
    vectorized<attendGroup<float, Cached>>(pass, group, out, headSize);
}

}  // namespace

template class CachedAttention<float, float>;
template class CachedAttention<float, c10::BFloat16>;

}  // namespace ctorch
