/// A large array of zeros, in huge pages where the system has them: a step reads every weight once, and with small pages a good
/// part of its time would go into looking up addresses. The memory is handed out when it is first touched.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace ctorch {

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

}  // namespace ctorch
