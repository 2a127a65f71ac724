/// Which of two ways to the same numbers is the faster one just now.
#pragma once

#include <array>
#include <chrono>

namespace ctorch {

class FasterWay {
public:
    /// Calls one of two functions: the one that was faster lately, now and then the other one, to know when that changes.
    template <typename First, typename Second>
    void run(const First &first, const Second &second) {
        const auto way = choice();
        const auto start = Clock::now();
        if (way == 0) {
            first();
        } else {
            second();
        }
        const std::chrono::duration<double> taken = Clock::now() - start;
        // One long wait says little, a few say that the machine has become busy.
        auto &seconds = seconds_[way];
        seconds = seconds == 0 ? taken.count() : 0.75 * seconds + 0.25 * taken.count();
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr unsigned probeInterval = 24;

    /// Of each way, a moving average; 0 before the first call.
    std::array<double, 2> seconds_ = {};
    unsigned calls_ = 0;

    size_t choice() {
        if (seconds_[0] == 0 || seconds_[1] == 0) return seconds_[0] == 0 ? 0 : 1;
        const size_t best = seconds_[0] <= seconds_[1] ? 0 : 1;
        return ++calls_ % probeInterval == 0 ? 1 - best : best;
    }
};

}  // namespace ctorch
