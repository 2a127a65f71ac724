#!/usr/bin/env bash
# Fetches libtorch once, checks its hash, and leaves it in .libtorch/VERSION with a pkg-config file.
# The library comes out of PyPI's `torch` wheel; two small CUDA libraries beside it satisfy the loader, GPU or not.
#   LIBTORCH_VERSION=2.11.0 scripts/setup-libtorch.sh      another supported version, in a folder of its own
set -euo pipefail
cd "$(dirname "$0")/.."

version="${LIBTORCH_VERSION:-2.15.0}"
case "$version" in
    2.15.0)
        packages=(
            "torch==2.15.0 48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e"
            "nvidia-cuda-runtime==13.5.37 df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"
            "nvidia-cuda-cupti==13.5.25 9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650"
        ) ;;
    2.11.0)
        packages=(
            "torch==2.11.0 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
            "nvidia-cuda-runtime==13.5.37 df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"
            "nvidia-cuda-cupti==13.5.25 9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650"
        ) ;;
    *)
        echo "libtorch $version is not supported: choose LIBTORCH_VERSION=2.15.0 or 2.11.0" >&2
        exit 64 ;;
esac
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "no libtorch is pinned for $(uname -sm): Heed runs on Linux x86_64 so far" >&2
    exit 69
fi

folder="$PWD/.libtorch/$version"
if [ -f "$folder/complete" ]; then exit 0; fi

python=python3
if ! "$python" -m pip --version >/dev/null 2>&1; then
    echo "pip is needed once, to fetch libtorch: apt-get install python3-pip" >&2
    exit 69
fi

staging="$folder.partial"
rm -rf "$staging"
mkdir -p "$staging/wheels" "$staging/lib"
for entry in "${packages[@]}"; do
    read -r package hash <<<"$entry"
    echo "fetching $package"
    "$python" -m pip download --quiet --no-deps --only-binary=:all: --disable-pip-version-check \
        --implementation cp --python-version 3.11 \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
        --dest "$staging/wheels" "$package"
    name="${package%%==*}"
    wheel=$(echo "$staging/wheels/${name//-/_}"-*.whl)
    if ! echo "$hash  $wheel" | sha256sum --check --status; then
        echo "$package: the file that arrived is not the one that was pinned" \
            "(expected SHA-256 $hash, found $(sha256sum "$wheel" | cut -d' ' -f1)); nothing was installed" >&2
        exit 65
    fi
done

echo "unpacking"
"$python" - "$staging" <<'PYTHON'
import glob, os, shutil, sys, zipfile
staging = sys.argv[1]
has_gpu = shutil.which("nvidia-smi") is not None
libraries = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.13"}
for wheel in glob.glob(staging + "/wheels/*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            base = os.path.basename(name)
            if name.startswith("torch/include/") and base:
                target = os.path.join(staging, name.removeprefix("torch/"))
            elif base in libraries or base.startswith("libcupti.so.") or (
                has_gpu and name.startswith("torch/lib/") and "cuda" in base
            ):
                target = os.path.join(staging, "lib", base)
            else:
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
for path in glob.glob(staging + "/lib/*"):
    os.chmod(path, 0o755)
PYTHON
rm -rf "$staging/wheels"

mkdir -p "$staging/pkgconfig"
cat >"$staging/pkgconfig/libtorch.pc" <<EOF
Name: libtorch
Description: PyTorch's C++ library
Version: $version
Cflags: -I$folder/include -I$folder/include/torch/csrc/api/include
Libs: -L$folder/lib -ltorch_cpu -lc10 -l:libgomp.so.1
EOF
touch "$staging/complete"
rm -rf "$folder"
mv "$staging" "$folder"
echo "libtorch $version is in .libtorch/$version"
