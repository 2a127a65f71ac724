#include "LargeBuffers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/accumulate.h>
#include <sys/mman.h>

#include <map>
#include <mutex>
#include <vector>

namespace {

/// Below it the heap does well.
constexpr size_t smallestPooled = size_t(16) << 20;

/// Blocks that nobody uses, by their size, a power of two: pages that were never written take no memory.
std::map<size_t, std::vector<void *>> freeBlocks;
std::mutex poolMutex;

void *map(size_t size) {
    void *start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TORCH_CHECK_WITH(OutOfMemoryError, start != MAP_FAILED, "no memory for ", size, " bytes");
#ifdef MADV_HUGEPAGE
    madvise(start, size, MADV_HUGEPAGE);
#endif
    return start;
}

void *take(size_t size) {
    const std::lock_guard<std::mutex> lock(poolMutex);
    auto &blocks = freeBlocks[size];
    if (blocks.empty()) return map(size);
    void *start = blocks.back();
    blocks.pop_back();
    return start;
}

void giveBack(void *start, size_t size) {
    const std::lock_guard<std::mutex> lock(poolMutex);
    freeBlocks[size].push_back(start);
}

}  // namespace

at::Tensor ctorch::emptyFromPool(at::IntArrayRef sizes, const at::TensorOptions &options) {
    const auto bytes = static_cast<size_t>(c10::multiply_integers(sizes)) * options.dtype().itemsize();
    if (options.device() != at::kCPU || bytes < smallestPooled) return at::empty(sizes, options);
    size_t size = smallestPooled;
    while (size < bytes) size *= 2;
    void *start = take(size);
    return at::from_blob(start, sizes, [size](void *block) { giveBack(block, size); }, options);
}
