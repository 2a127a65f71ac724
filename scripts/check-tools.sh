#!/usr/bin/env bash
# What a build needs from the system, or the command that brings it.
set -euo pipefail

if ! command -v swift >/dev/null; then
    echo "Swift 6.2 or later is needed, with swift on the PATH" >&2
    exit 69
fi

missing=()
if [ "$(uname -s)" = Darwin ]; then
    # zlib and SQLite come with the system.
    installs="brew install"
    [ -d "$(brew --prefix openssl@3 2>/dev/null)" ] || missing+=(openssl@3)
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python)
else
    installs="sudo apt-get install"
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists zlib 2>/dev/null || missing+=(zlib1g-dev)
    pkg-config --exists sqlite3 2>/dev/null || missing+=(libsqlite3-dev)
    pkg-config --exists 'libcrypto >= 1.1.1' 2>/dev/null || missing+=(libssl-dev)
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
fi
if [ ${#missing[@]} -gt 0 ]; then
    echo "needed first: $installs ${missing[*]}" >&2
    exit 69
fi
