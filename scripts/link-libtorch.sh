#!/usr/bin/env bash
# Puts links to libtorch's libraries beside the built programs, which look for them there: link-libtorch.sh VERSION FOLDER
set -euo pipefail
libraries="$(cd "$(dirname "$0")/.." && pwd)/.libtorch/$1/lib"
mkdir -p "$2"
ln -sfn "$libraries"/* "$2"/
