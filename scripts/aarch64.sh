#!/usr/bin/env bash
# The kernels on ARM: builds CTorch and Tests/KernelChecks for it and runs the checks, which hold every fused operation against
# plain libtorch, values and gradients, in fp32 and bf16.
#   scripts/aarch64.sh             Linux: cross-compiled, and run by qemu as two kinds of processor
#   scripts/aarch64.sh --macos     macOS: compiled and linked; there is nothing here that could run it
#   scripts/aarch64.sh --native    the processor at hand, on every path that it has (HEED_CPU)
#
# Needs a clang with lld (Swift's), make and Python's pip; Linux also Debian's qemu-user and g++-aarch64-linux-gnu, for the C and C++
# libraries. Fetches the platform's libtorch to .libtorch (400 MB there), and for macOS zig's wheel (100 MB), which brings the
# system's headers. What is built is kept in .build-aarch64, so that only what changed is compiled again. The first time takes
# about ten minutes of two processors, a run by qemu one.
set -euo pipefail
cd "$(dirname "$0")/.."
version=2.15.0
cache="$PWD/.build-aarch64"

# Names what is missing, with the command that brings it.
need() { # COMMAND-OR-FOLDER PACKAGE
    if command -v "$1" >/dev/null || [ -d "$1" ]; then return; fi
    echo "$1 is needed: sudo apt-get install $2" >&2
    exit 69
}

build() { # PLATFORM LIBTORCH COMPILER LINKING
    LIBTORCH_VERSION=$version LIBTORCH_PLATFORM="$1" scripts/setup-libtorch.sh
    make --silent --jobs "$(nproc)" --file Tests/KernelChecks/Makefile \
        OUT="$cache/${1// /-}" LIBTORCH="$2" COMPILER="$3" LINKING="$4"
}

# What ARM's libraries ask of the kernel beside the processor's registers: qemu shows them the files of this machine, and
# one of them, cpuinfo, ends the process over the processor that it finds there.
emulated_system() {
    local root="$cache/system" core
    mkdir -p "$root/proc"
    ln -sfn /usr/aarch64-linux-gnu/lib "$root/lib"
    for core in 0 1; do
        printf 'processor\t: %d\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\n' "$core"
        printf 'CPU variant\t: 0x1\nCPU part\t: 0xd40\nCPU revision\t: 1\n\n'
        mkdir -p "$root/sys/devices/system/cpu/cpu$core/regs/identification"
        echo 0x00000000411fd401 >"$root/sys/devices/system/cpu/cpu$core/regs/identification/midr_el1"
    done >"$root/proc/cpuinfo"
    echo "$root"
}

linux() {
    need clang++ clang
    need ld.lld lld
    need qemu-aarch64 qemu-user
    need /usr/aarch64-linux-gnu/include/c++ g++-aarch64-linux-gnu
    local libtorch="$PWD/.libtorch/$version-Linux-aarch64" system
    build "Linux aarch64" "$libtorch" "clang++ --target=aarch64-linux-gnu" \
        "-fuse-ld=lld -l:libgomp.so.1 -Wl,--allow-shlib-undefined -Wl,-rpath,$libtorch/lib"
    system=$(emulated_system)
    # Without bf16 libtorch warns of it, with a page of its own frames.
    as() { qemu-aarch64 -L "$system" -cpu "$1" "$cache/Linux-aarch64/kernel-checks" 2>&1 | sed '/^\[W/,/^ (function/d'; }
    echo "== as a Neoverse N1" && as neoverse-n1
    echo "== as a processor with SVE of 256 bits and bf16" && as max,pauth-impdef=on,sve-max-vq=2
    echo "== the same, HEED_CPU=generic" && HEED_CPU=generic as max,pauth-impdef=on,sve-max-vq=2
}

macos() {
    if [ ! -d "$cache/zig" ]; then
        python3 -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
            --target "$cache/zig" --requirement /dev/stdin \
            <<<"ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54"
    fi
    # Its headers, its C++ library and what it knows of the system's libraries.
    local libtorch="$PWD/.libtorch/$version-Darwin-arm64"
    build "Darwin arm64" "$libtorch" "$cache/zig/ziglang/zig c++ -target aarch64-macos.14.0" "-Wl,-rpath,$libtorch/lib"
    echo "compiled and linked for macOS 14 on arm64; not run"
}

native() {
    need clang++ clang
    need ld.lld lld
    local libtorch="$PWD/.libtorch/$version" path status
    build "$(uname -sm)" "$libtorch" clang++ "-fuse-ld=lld -l:libgomp.so.1 -Wl,-rpath,$libtorch/lib"
    for path in generic avx2 avx512 avx512bf16; do
        echo "== HEED_CPU=$path"
        status=0
        HEED_CPU=$path "$cache/$(uname -sm | tr ' ' -)/kernel-checks" || status=$?
        # What the processor lacks ends with 64.
        if [ "$status" != 0 ] && { [ "$status" != 64 ] || [ "$path" = generic ]; }; then exit "$status"; fi
    done
}

case "${1:-}" in
    "") linux ;;
    --macos) macos ;;
    --native) native ;;
    *) sed -n '/^#   /s/^#   //p' "$0" >&2 && exit 64 ;;
esac
