#include "Check.h"

using at::Tensor;

namespace checks {

/// What a compiler, a C++ library and a loader of their own could break: exceptions, threads, handles.
void checkBoundary() {
    Check check("errors, threads, handles", at::kFloat, {0, 0});
    const auto before = ctorch_live_tensor_count();
    const auto x = normal({4, 6}, 70), other = normal({5, 7}, 71);
    ctorch_tensor out = nullptr;
    check.holds(ctorch_matmul(handle(x), handle(other), &out) == 1, "a product that cannot be is no error");
    check.holds(std::string(ctorch_last_error()).find("4x6") != std::string::npos, "an error does not say the shape");
    check.holds(!ctorch_is_defined(out), "what failed has a result");
    ctorch_tensor_free(out);
    check.holds(ctorch_live_tensor_count() == before, "tensors are left over");

    const auto many = normal({500, 128}, 72), weight = normal({128}, 73);
    const auto run = [&] { return made([&](auto *out) { return ctorch_rms_norm(handle(many), handle(weight), 0, out); }); };
    const auto threads = ctorch_thread_count();
    expectSuccess(ctorch_set_thread_count(1));
    const auto alone = run();
    expectSuccess(ctorch_set_thread_count(3));
    check.holds(at::equal(alone, run()), "three threads give other numbers than one");
    expectSuccess(ctorch_set_thread_count(threads));
}

}  // namespace checks
