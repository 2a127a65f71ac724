#!/usr/bin/env bash
# Runs `--device cuda` on a machine without a GPU, on what Tools/pretended-cuda pretends: cuda-without-gpu.sh HEED
# Golden trajectories, the doctor and greedy answers find tensors of two devices in one operation, generators of another
# device and kernels of the CPU that are given CUDA's tensors. They say nothing of CUDA's own kernels and speed.
set -euo pipefail
HEED="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
cd "$(dirname "$0")/.."
libtorch="$PWD/.libtorch/${LIBTORCH_VERSION:-2.15.0}"
pretended=$(mktemp -d)
trap 'rm -rf "$pretended"' EXIT

c++ -std=c++20 -O1 -shared -fPIC -I"$libtorch/include" -I"$libtorch/include/torch/csrc/api/include" \
    Tools/pretended-cuda/libtorch_cuda.cpp -L"$libtorch/lib" -ltorch_cpu -lc10 -o "$pretended/libtorch_cuda.so"
export HEED OUT="$pretended/out" LIMIT=3600 LD_LIBRARY_PATH="$pretended${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
scripts/gpu-check.sh --device cuda sampling golden doctor
