#include "Team.h"

using namespace ctorch;

namespace {

/// About 30 microseconds: longer than the gaps inside a step, shorter than what a sleeping thread costs.
constexpr int patience = 1500;

inline void pauseBriefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Returns when `value` is no longer `old`.
void awaitChange(const std::atomic<uint32_t> &value, uint32_t old) {
    for (int i = 0; i < patience; i++) {
        if (value.load(std::memory_order_acquire) != old) return;
        pauseBriefly();
    }
    value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int size) {
    for (int thread = 1; thread < size; thread++) threads_.emplace_back([this, thread] { serve(thread); });
}

Team::~Team() {
    ends_ = true;
    meeting_.fetch_add(1, std::memory_order_release);
    meeting_.notify_all();
    for (auto &thread : threads_) thread.join();
}

void Team::meet(Job job, const void *argument) {
    job_ = job;
    argument_ = argument;
    unfinished_.store(static_cast<uint32_t>(threads_.size()), std::memory_order_relaxed);
    meeting_.fetch_add(1, std::memory_order_release);
    meeting_.notify_all();
    job(argument, 0);
    for (auto left = unfinished_.load(std::memory_order_acquire); left != 0;
         left = unfinished_.load(std::memory_order_acquire)) {
        awaitChange(unfinished_, left);
    }
}

void Team::serve(int thread) {
    for (uint32_t seen = 0;; seen++) {
        awaitChange(meeting_, seen);
        if (ends_) return;
        job_(argument_, thread);
        if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_all();
    }
}
