/// Memory that kernels work in.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace ctorch {

/// Uninitialised memory that begins on a cache line.
template <typename T>
class Buffer {
public:
    explicit Buffer(int64_t count)
        : memory_(static_cast<T *>(std::aligned_alloc(64, (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64))) {
    }

    operator T *() const { return memory_.get(); }

private:
    struct Free {
        void operator()(T *memory) const { std::free(memory); }
    };
    std::unique_ptr<T[], Free> memory_;
};

}  // namespace ctorch
