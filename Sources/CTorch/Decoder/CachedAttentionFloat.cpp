#include "../Kernels/Floats.h"

namespace ctorch {
namespace {

template <typename Element>
struct Step;

template <>
struct Step<float> {
    static constexpr int64_t depth = 1;

    static CTORCH_INLINE Floats multiplyAdd(Floats sum, const float *vector, const float *scalar) {
        return sum + Floats::load(vector) * Floats::all(*scalar);
    }
};

}  // namespace
}  // namespace ctorch

#include "CachedAttentionLoops.h"

namespace ctorch {
namespace {

template <>
void attendGroupFor<float>(const Pass<float> &pass, int64_t group, float *out, int64_t headSize) {
    vectorized<attendGroup<float>>(pass, group, out, headSize);
}

}  // namespace

template class CachedAttention<float>;

}  // namespace ctorch
