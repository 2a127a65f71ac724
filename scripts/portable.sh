#!/usr/bin/env bash
# Builds Heed for a machine that has PyTorch and no Swift: .build-portable/heed.tar.xz, which takes its libtorch from there.
#   LD_LIBRARY_PATH=heed/lib:$(python3 -c 'import torch; print(torch.__path__[0])')/lib heed/heed --version
set -euo pipefail
cd "$(dirname "$0")/.."
export LIBTORCH_VERSION="${LIBTORCH_VERSION:-2.11.0}"
libtorch="$PWD/.libtorch/$LIBTORCH_VERSION"
scripts/check-tools.sh
scripts/setup-libtorch.sh
export PKG_CONFIG_PATH="$libtorch/pkgconfig:${PKG_CONFIG_PATH:-}"

folder=.build-portable
swift build --scratch-path "$folder" -c release -debug-info-format none --static-swift-stdlib --product heed

# What the program loads, but for the system's C and C++ libraries and libtorch with its own.
staging="$folder/heed"
rm -rf "$staging"
mkdir -p "$staging/lib"
strip -o "$staging/heed" "$folder/release/heed"
LD_LIBRARY_PATH="$libtorch/lib" ldd "$staging/heed" | awk '$3 ~ /^\// { print $3 }' |
    grep -vE "^$libtorch/|/lib(c|m|dl|rt|pthread|util|resolv|stdc\+\+|gcc_s|gomp|cudart|cupti)\.so" |
    xargs -r cp -L -t "$staging/lib"
tar -C "$staging" -cJf "$folder/heed.tar.xz" lib heed
echo "for PyTorch $LIBTORCH_VERSION: $folder/heed.tar.xz, $(du -h "$folder/heed.tar.xz" | cut -f1), with" "$staging"/lib/*
