#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "Boundary.h"
#include "Processor.h"

namespace ctorch {

std::atomic<int64_t> liveTensorCount{0};

std::string &lastError() {
    thread_local std::string message;
    return message;
}

namespace {
/// The first error of each open scope of this thread, innermost last; empty while nothing failed.
std::vector<std::string> &collectionScopes() {
    thread_local std::vector<std::string> scopes;
    return scopes;
}
}  // namespace

}  // namespace ctorch

using namespace ctorch;

const char *ctorch_last_error(void) { return lastError().c_str(); }

void ctorch_begin_collecting_errors(void) { collectionScopes().emplace_back(); }

const char *ctorch_end_collecting_errors(void) {
    thread_local std::string message;
    auto &scopes = collectionScopes();
    message.clear();
    if (!scopes.empty()) {
        message = std::move(scopes.back());
        scopes.pop_back();
    }
    return message.c_str();
}

bool ctorch_collect_last_error(void) {
    auto &scopes = collectionScopes();
    if (scopes.empty()) return false;
    if (scopes.back().empty()) scopes.back() = lastError();
    return true;
}

int64_t ctorch_live_tensor_count(void) { return liveTensorCount.load(std::memory_order_relaxed); }

const char *ctorch_built_version(void) { return TORCH_VERSION; }

const char *ctorch_running_version(void) {
    // `at::show_config` is the one place where the shared library itself reports its version.
    static const std::string version = [] {
        const std::string text = at::show_config();
        const std::string key = "TORCH_VERSION=";
        const auto start = text.find(key);
        if (start == std::string::npos) return std::string(TORCH_VERSION);
        return text.substr(start + key.size(), text.find_first_of(", \n", start) - start - key.size());
    }();
    return version.c_str();
}

ctorch_status ctorch_set_thread_count(int32_t count) {
    return guarded([&] { at::set_num_threads(count); });
}

int32_t ctorch_thread_count(void) { return at::get_num_threads(); }

void ctorch_tune_allocator(void) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

const char *ctorch_instructions(void) { return name(instructions); }

const char *ctorch_libtorch_instructions(void) {
    thread_local std::string capability;
    capability = at::get_cpu_capability();
    return capability.c_str();
}

bool ctorch_has_native_bfloat16(void) { return instructions >= Instructions::avx512bf16; }

ctorch_status ctorch_load_cuda(void) {
    return guarded([&] {
        if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
            const char *reason = dlerror();
            TORCH_CHECK(false, "no CUDA build of libtorch is on this machine (", reason ? reason : "unknown", ")");
        }
        TORCH_CHECK(at::detail::getCUDAHooks().hasCUDA(), "libtorch sees no CUDA device on this machine");
    });
}

int32_t ctorch_cuda_device_count(void) {
    int32_t count = 0;
    guarded([&] { count = at::detail::getCUDAHooks().deviceCount(); });
    return count;
}

bool ctorch_has_mps(void) {
    bool has = false;
    guarded([&] { has = at::hasMPS(); });
    return has;
}

bool ctorch_set_gradients_enabled(bool enabled) {
    const bool before = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(enabled);
    return before;
}
