#!/usr/bin/env bash
# The verbs on a tiny model, as a user would call them: smoke.sh HEED. No network, a few seconds.
set -euo pipefail
heed="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
cd "$(dirname "$0")/.."
golden="Tests/Fixtures/golden"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HEED_HOME="$work/home"

step() { echo "smoke: $*"; }

# Fails unless a command prints a text.
expect() {
    local text="$1" found
    shift
    found=$("$@" 2>&1) || { echo "failed ($?): $*"; echo "$found"; exit 1; }
    grep -qF -- "$text" <<<"$found" || { echo "expected '$text' from: $*"; echo "$found"; exit 1; }
}

step help
expect "SUBCOMMANDS" "$heed" help
expect "smollm2-135m-instruct" "$heed" models list

step a model
expect "llama" "$heed" models show "$golden/tiny-llama"

step what must hold of it
expect "14 of 14 invariants hold" "$heed" doctor --model "$golden/tiny-llama" --device cpu --precision fp32

step text to ids and back
echo 'The capital of France' | "$heed" tokenizer encode --model "$golden/tiny-llama" >"$work/ids.jsonl"
expect '"The capital of France"' "$heed" tokenizer decode --model "$golden/tiny-llama" <"$work/ids.jsonl"
echo '[{"role":"user","content":"Hi"}]' >"$work/chat.jsonl"
expect 'assistant' "$heed" tokenizer template --generation-prompt --model "$golden/tiny-llama" <"$work/chat.jsonl"

step a reward of our own
expect "✓ shotgun" "$heed" lint-reward --reward program:examples/rewards/boxed.py --device cpu

step mistakes
if "$heed" tokenizer encode --model "$work/nowhere" </dev/null 2>"$work/error"; then
    echo "a missing model was not noticed"
    exit 1
fi
grep -q "no such file or folder" "$work/error"

step a full disk
scripts/full-disk.sh "$heed"
echo "smoke: all well"
