/// A few threads that meet often: a decode step joins them two hundred times, each time for tens of microseconds of work.
///
/// libtorch's own pool either sleeps between two meetings, which costs as much as the work, or spins without end, which stalls
/// as soon as another process wants a core. These threads spin for a moment and then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace ctorch {

class Team {
public:
    /// The calling thread is one of `size`.
    explicit Team(int size);
    ~Team();
    Team(const Team &) = delete;
    Team &operator=(const Team &) = delete;

    int size() const { return static_cast<int>(threads_.size()) + 1; }

    /// Calls `body(thread)`, which must not throw, on every thread and returns when all are done.
    template <typename Body>
    void run(const Body &body) {
        if (threads_.empty()) return body(0);
        meet([](const void *job, int thread) { (*static_cast<const Body *>(job))(thread); }, &body);
    }

    /// Splits 0 ..< count into one range per thread and calls `body(begin, end, thread)` for those that are not empty.
    template <typename Body>
    void ranges(int64_t count, const Body &body) {
        run([&](int thread) {
            const auto begin = count * thread / size(), end = count * (thread + 1) / size();
            if (begin < end) body(begin, end, thread);
        });
    }

private:
    using Job = void (*)(const void *, int);

    void meet(Job job, const void *argument);
    void serve(int thread);

    Job job_ = nullptr;
    const void *argument_ = nullptr;
    /// Counts the meetings.
    std::atomic<uint32_t> meeting_{0};
    std::atomic<uint32_t> unfinished_{0};
    std::atomic<bool> ends_{false};
    std::vector<std::thread> threads_;
};

}  // namespace ctorch
