/// Large arrays of zeros, in huge pages where the system has them: a step reads every weight once, and with small pages a good
/// part of its time would go into looking up addresses. The memory is handed out when it is first touched.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace ctorch {

/// One array.
template <typename T>
class Memory {
public:
    Memory() = default;

    explicit Memory(int64_t count) {
        constexpr size_t hugePage = size_t(2) << 20;
        const auto bytes = static_cast<size_t>(count) * sizeof(T);
        if (bytes == 0) return;
        const auto slack = bytes >= hugePage ? hugePage : 0;
        mapped_ = bytes + slack;
        mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapping_ == MAP_FAILED) {
            mapping_ = nullptr;
            throw std::bad_alloc();
        }
        auto start = reinterpret_cast<uintptr_t>(mapping_);
        if (slack > 0) start = (start + hugePage - 1) / hugePage * hugePage;
        elements_ = reinterpret_cast<T *>(start);
#if defined(MADV_HUGEPAGE)
        if (slack > 0) madvise(elements_, bytes, MADV_HUGEPAGE);
#endif
    }

    ~Memory() {
        if (mapping_ != nullptr) munmap(mapping_, mapped_);
    }

    Memory(Memory &&other) noexcept { *this = std::move(other); }
    Memory &operator=(Memory &&other) noexcept {
        std::swap(mapping_, other.mapping_);
        std::swap(mapped_, other.mapped_);
        std::swap(elements_, other.elements_);
        return *this;
    }

    T *get() const { return elements_; }

private:
    void *mapping_ = nullptr;
    size_t mapped_ = 0;
    T *elements_ = nullptr;
};

/// Many arrays that go together. Most weights are smaller than a huge page, and each in a mapping of its own would have none.
class Arena {
public:
    /// `count` zeros that live as long as the arena and begin on a cache line.
    template <typename T>
    T *take(int64_t count) {
        constexpr int64_t line = 64;
        const auto bytes = (count * static_cast<int64_t>(sizeof(T)) + line - 1) / line * line;
        if (bytes > left_) {
            left_ = std::max(bytes, blockSize);
            blocks_.emplace_back(left_);
            next_ = blocks_.back().get();
        }
        auto *array = reinterpret_cast<T *>(next_);
        next_ += bytes;
        left_ -= bytes;
        return array;
    }

private:
    static constexpr int64_t blockSize = int64_t(64) << 20;
    std::vector<Memory<std::byte>> blocks_;
    std::byte *next_ = nullptr;
    int64_t left_ = 0;
};

}  // namespace ctorch
