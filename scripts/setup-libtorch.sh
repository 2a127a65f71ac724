#!/usr/bin/env bash
# Fetches libtorch once, checks its hash, and leaves it in .libtorch/VERSION with a pkg-config file.
# The library comes out of PyPI's `torch` wheel; on Linux two small CUDA libraries beside it satisfy the loader, GPU or not.
#   LIBTORCH_VERSION=2.11.0 scripts/setup-libtorch.sh                another supported version, in a folder of its own
#   LIBTORCH_PLATFORM="Linux aarch64" scripts/setup-libtorch.sh      that of another machine, as its `uname -sm` says, in
#                                                                    .libtorch/VERSION-Linux-aarch64
set -euo pipefail
cd "$(dirname "$0")/.."

version="${LIBTORCH_VERSION:-2.15.0}"
machine="$(uname -sm)"
platform="${LIBTORCH_PLATFORM:-$machine}"

case "$platform" in
    "Linux x86_64")
        tags=(manylinux_2_28_x86_64 manylinux_2_25_x86_64 manylinux2014_x86_64)
        libraries="libtorch_cpu.so libc10.so libgomp.so.1 libcudart.so.13 libcupti.so.13"
        cuda=(
            "nvidia-cuda-runtime==13.5.37 df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"
            "nvidia-cuda-cupti==13.5.25 9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650"
        ) ;;
    "Linux aarch64")
        tags=(manylinux_2_28_aarch64 manylinux_2_25_aarch64 manylinux2014_aarch64)
        libraries="libtorch_cpu.so libc10.so libgomp.so.1 libcudart.so.13 libcupti.so.13
            libarm_compute.so libarm_compute_graph.so libnvpl_blas_core.so.0 libnvpl_blas_lp64_gomp.so.0
            libnvpl_lapack_core.so.0 libnvpl_lapack_lp64_gomp.so.0"
        cuda=(
            "nvidia-cuda-runtime==13.5.37 de2dc5a7367974228b0a69588a9acc9340d3768bef1bf38bf0801eb08497cd2d"
            "nvidia-cuda-cupti==13.5.25 d7e4d908315461b6ecbdadfd3c403cc796ed218b293ad117568c947e811cff28"
        ) ;;
    "Darwin arm64")
        tags=(macosx_14_0_arm64)
        libraries="libtorch_cpu.dylib libc10.dylib libomp.dylib"
        cuda=() ;;
    *)
        echo "there is no libtorch for $platform: Heed needs Linux on x86_64 or aarch64, or macOS on arm64" >&2
        exit 69 ;;
esac
case "$version $platform" in
    "2.15.0 Linux x86_64") hash=48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e ;;
    "2.15.0 Linux aarch64") hash=58ce2ebfb3430941353109a85be63ee8e941da22f13daa2c43344eeb51c81e06 ;;
    "2.15.0 Darwin arm64") hash=e808b63d616a43b326e1a5677d45a2e5babe7a8ce27edb03ddb48e7dd9b6d663 ;;
    "2.11.0 Linux x86_64") hash=7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a ;;
    *)
        echo "libtorch $version is not supported on $platform:" \
            "choose LIBTORCH_VERSION=2.15.0, or on Linux x86_64 also 2.11.0" >&2
        exit 64 ;;
esac
packages=("torch==$version $hash" ${cuda[@]+"${cuda[@]}"})

folder="$PWD/.libtorch/$version"
if [ "$platform" != "$machine" ]; then folder+="-${platform// /-}"; fi
if [ -f "$folder/complete" ]; then exit 0; fi

python=python3
if ! "$python" -m pip --version >/dev/null 2>&1; then
    echo "pip is needed once, to fetch libtorch: apt-get install python3-pip" >&2
    exit 69
fi

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

staging="$folder.partial"
rm -rf "$staging"
mkdir -p "$staging/wheels" "$staging/lib"
for entry in "${packages[@]}"; do
    read -r package hash <<<"$entry"
    echo "fetching $package"
    "$python" -m pip download --quiet --no-deps --only-binary=:all: --disable-pip-version-check \
        --implementation cp --python-version 3.11 "${tags[@]/#/--platform=}" \
        --dest "$staging/wheels" "$package"
    name="${package%%==*}"
    wheel=$(echo "$staging/wheels/${name//-/_}"-*.whl)
    found=$(sha256 "$wheel")
    if [ "$found" != "$hash" ]; then
        echo "$package: the file that arrived is not the one that was pinned" \
            "(expected SHA-256 $hash, found $found); nothing was installed" >&2
        exit 65
    fi
done

echo "unpacking"
"$python" - "$staging" $libraries <<'PYTHON'
import glob, os, shutil, sys, zipfile
staging, libraries = sys.argv[1], set(sys.argv[2:])
has_gpu = shutil.which("nvidia-smi") is not None
for wheel in glob.glob(staging + "/wheels/*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            base = os.path.basename(name)
            if name.startswith("torch/include/") and base:
                target = os.path.join(staging, name.removeprefix("torch/"))
            elif base in libraries or (has_gpu and name.startswith("torch/lib/") and "cuda" in base):
                target = os.path.join(staging, "lib", base)
            else:
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
for path in glob.glob(staging + "/lib/*"):
    os.chmod(path, 0o755)
missing = libraries - set(os.listdir(staging + "/lib"))
if missing:
    sys.exit(f"the wheels lack {', '.join(sorted(missing))}; nothing was installed")
PYTHON
rm -rf "$staging/wheels"

# Loops of our own run on libgomp; on macOS on the system's threads.
case "$platform" in
    Linux*) threads="-l:libgomp.so.1" ;;
    *) threads="" ;;
esac
mkdir -p "$staging/pkgconfig"
cat >"$staging/pkgconfig/libtorch.pc" <<EOF
Name: libtorch
Description: PyTorch's C++ library
Version: $version
Cflags: -I$folder/include -I$folder/include/torch/csrc/api/include
Libs: -L$folder/lib -ltorch_cpu -lc10 $threads
EOF
touch "$staging/complete"
rm -rf "$folder"
mv "$staging" "$folder"
echo "libtorch $version is in ${folder#"$PWD/"}"
