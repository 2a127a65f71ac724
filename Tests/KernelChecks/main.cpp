/// Every fused operation of CTorch against plain libtorch in fp64: values and gradients, in fp32 and bf16. A line an operation;
/// ends with status 1 where one is off. `scripts/aarch64.sh` builds it, for ARM and for the processor at hand.
#include <cstdio>

#include "Check.h"

int main() {
    ctorch_tune_allocator();
    checks::expectSuccess(ctorch_set_thread_count(2));
    std::printf(
        "kernels: %s; libtorch %s: %s\n", ctorch_instructions(), ctorch_running_version(), ctorch_libtorch_instructions());
    checks::checkBoundary();
    checks::checkLayers();
    checks::checkAdapters();
    checks::checkAttention();
    checks::checkHead();
    checks::checkDrawing();
    checks::checkOptimizer();
    checks::checkDecoder();
    std::printf("%s\n", checks::Check::failures == 0 ? "all agree" : "some do not agree");
    return checks::Check::failures == 0 ? 0 : 1;
}
