/// Which instructions this process uses: the one place that asks the processor, and that every kernel with more than one way
/// asks.
#pragma once

namespace ctorch {

/// Each has all of those before it: what every processor of its kind has, SSE2 on x86-64 and NEON on ARM; x86-64-v3;
/// x86-64-v4; `vdpbf16ps` and, which every processor with it has, `vpdpbusd`.
enum class Instructions { generic, avx2, avx512, avx512bf16 };

/// What the processor has; less where the environment variable HEED_CPU names less. Set before `main`.
extern const Instructions instructions;

/// Its name, as HEED_CPU spells it.
const char *name(Instructions instructions);

}  // namespace ctorch
