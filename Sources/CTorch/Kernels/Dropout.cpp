#include "Dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <mutex>

#include "Parallel.h"

using namespace ctorch;

namespace {

CTORCH_INLINE void dropRange(float *x, int64_t begin, int64_t end, const DropoutMask &mask) {
    forEachGroup(end - begin, [&](int64_t i, int64_t n) CTORCH_ALWAYS_INLINE {
        kept(Floats::load(x + begin + i, n), mask, begin + i).store(x + begin + i, n);
    });
}

}  // namespace

DropoutMask ctorch::drawnMask(double probability, const at::Generator &generator) {
    auto *source = at::check_generator<at::CPUGeneratorImpl>(generator);
    const std::lock_guard<std::mutex> lock(source->mutex_);
    return {source->random64(), static_cast<uint16_t>(std::lround(probability * 65536))};
}

at::Tensor ctorch::withoutDropped(const at::Tensor &x, const DropoutMask &mask) {
    const auto isKept = at::ones(x.sizes(), x.options().dtype(at::kFloat));
    auto *elements = isKept.data_ptr<float>();
    constexpr int64_t grain = 1 << 14;
    parallelRanges(isKept.numel(), grain, [&](int64_t begin, int64_t end, int) {
        vectorized<dropRange>(elements, begin, end, mask);
    });
    return x * isKept.to(x.scalar_type());
}
