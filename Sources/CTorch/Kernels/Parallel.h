/// Loops of our own over libtorch's threads.
///
/// `at::parallel_for` in a header runs serially unless the including file is compiled with OpenMP, which a Swift package
/// cannot ask for. libgomp is loaded anyway, and this is the call that a compiler makes for `#pragma omp parallel`. The
/// library that macOS has in its place is loaded under a name that nothing can be linked to; the system's own threads do.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#if defined(__APPLE__)
#include <dispatch/dispatch.h>
#else
extern "C" {
void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_num_threads(void);
int omp_get_thread_num(void);
int omp_in_parallel(void);
}
#endif

namespace ctorch {

#if defined(__APPLE__)

inline bool isOnOneOfManyThreads() { return false; }

/// Calls `body(thread, threads)` for as many threads as are wanted.
template <typename Body>
void onThreads(int64_t wanted, const Body &body) {
    struct Call {
        int64_t threads;
        const Body &body;
    } call{wanted, body};
    dispatch_apply_f(
        static_cast<size_t>(wanted), DISPATCH_APPLY_AUTO, &call, [](void *data, size_t thread) {
            const auto &call = *static_cast<const Call *>(data);
            call.body(static_cast<int64_t>(thread), call.threads);
        });
}

#else

inline bool isOnOneOfManyThreads() { return omp_in_parallel(); }

/// Calls `body(thread, threads)` on as many threads as are wanted, or on fewer.
template <typename Body>
void onThreads(int64_t wanted, const Body &body) {
    GOMP_parallel(
        [](void *body) { (*static_cast<const Body *>(body))(omp_get_thread_num(), omp_get_num_threads()); },
        const_cast<Body *>(&body), static_cast<unsigned>(wanted), 0);
}

#endif

/// Splits 0 ..< count into one range per thread and calls `body(begin, end, thread)`, which must not throw. At most one
/// thread works per `grain` items. The split depends on the number of threads only, so results repeat.
template <typename Body>
void parallelRanges(int64_t count, int64_t grain, const Body &body) {
    const auto wanted = std::min<int64_t>(at::get_num_threads(), count / std::max<int64_t>(1, grain));
    if (wanted <= 1 || isOnOneOfManyThreads()) {
        if (count > 0) body(int64_t(0), count, 0);
        return;
    }
    onThreads(wanted, [&](int64_t thread, int64_t threads) {
        body(count * thread / threads, count * (thread + 1) / threads, static_cast<int>(thread));
    });
}

/// Calls `body(task)`, which must not throw, for every task once; a thread that is done takes the next one. For tasks whose
/// results do not depend on each other.
template <typename Body>
void parallelTasks(int64_t count, const Body &body) {
    std::atomic<int64_t> next{0};
    parallelRanges(std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t, int64_t, int) {
        for (auto task = next++; task < count; task = next++) body(task);
    });
}

}  // namespace ctorch
