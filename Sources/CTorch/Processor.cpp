#include "Processor.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>

using namespace ctorch;

namespace {

struct Level {
    const char *name;
    /// The same for libtorch's own kernels, oneDNN and oneMKL, as their environment variables spell it.
    const char *capability, *oneDNN, *oneMKL;
};

/// In the order of `Instructions`.
constexpr Level levels[] = {
#if defined(__x86_64__)
    {"generic", "default", "SSE41", "SSE4_2"},
    {"avx2", "avx2", "AVX2", "AVX2"},
    {"avx512", "avx512", "AVX512_CORE", "AVX512"},
    {"avx512bf16", "avx512", "AVX512_CORE_BF16", "AVX512_E3"},
#elif defined(__aarch64__)
    {"generic", "default", "ADVANCED_SIMD", nullptr},
#else
    {"generic", "default", "DEFAULT", nullptr},
#endif
};

Instructions found() {
#if defined(__x86_64__)
    // Before `main` nobody may have asked yet.
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("x86-64-v3")) return Instructions::generic;
    if (!__builtin_cpu_supports("x86-64-v4")) return Instructions::avx2;
    const bool hasPairs = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
    return hasPairs ? Instructions::avx512bf16 : Instructions::avx512;
#else
    return Instructions::generic;
#endif
}

/// A wrong value ends the process: it would run other kernels than those that somebody wants to see, and before `main` there
/// is nobody to throw at.
[[noreturn]] void refuse(const char *wanted, Instructions best) {
    constexpr int usage = 64;
    constexpr auto count = std::size(levels);
    std::string names;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) names += i + 1 < count ? ", " : " or ";
        names += levels[i].name;
    }
    std::fprintf(
        stderr, "Error: HEED_CPU is '%s', expected %s, at most this processor's %s; unset it to use that\n", wanted,
        names.c_str(), name(best));
    _exit(usage);
}

/// libtorch and its libraries read their variables at their first operation. (On AMD's processors oneMKL takes its kernels for AVX2
/// whatever it is told.)
Instructions chosen() {
    const auto best = found();
    const char *wanted = std::getenv("HEED_CPU");
    if (wanted == nullptr) return best;
    for (int level = 0; level <= static_cast<int>(best); level++) {
        if (std::strcmp(wanted, levels[level].name) != 0) continue;
        setenv("ATEN_CPU_CAPABILITY", levels[level].capability, 1);
        setenv("ONEDNN_MAX_CPU_ISA", levels[level].oneDNN, 1);
        if (levels[level].oneMKL != nullptr) setenv("MKL_ENABLE_INSTRUCTIONS", levels[level].oneMKL, 1);
        return static_cast<Instructions>(level);
    }
    refuse(wanted, best);
}

}  // namespace

const Instructions ctorch::instructions = chosen();

const char *ctorch::name(Instructions instructions) { return levels[static_cast<int>(instructions)].name; }
