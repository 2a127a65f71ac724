/// How a kernel's inner loop is compiled: once for any x86-64 and once each for AVX2 and AVX-512, chosen when loaded.
#pragma once

#if defined(__x86_64__)
#define CTORCH_VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CTORCH_VECTORIZED
#endif
