#!/usr/bin/env bash
# A disk that is full while sample, sft, ppo and label import write: full-disk.sh HEED. However little room there is, a
# verb that needs more ends with status 74 and one line, what it leaves is whole or absent, and the same command resumes
# once there is space. Needs to mount a small tmpfs (root, or user namespaces); where it may not, it says so and passes.
set -euo pipefail
heed="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
if [ "${2:-}" != mounted ]; then
    for isolate in "unshare --mount" "unshare --mount --map-root-user"; do
        if $isolate mount -t tmpfs tmpfs /mnt 2>/dev/null; then exec $isolate "$0" "$heed" mounted; fi
    done
    echo "full-disk: skipped, as no tmpfs can be mounted here (neither as root nor in a user namespace)"
    exit 0
fi
cd "$(dirname "$0")/.."
golden="$PWD/Tests/Fixtures/golden"
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/disk"
mount -t tmpfs -o size=16m tmpfs "$work/disk"
disk="$work/disk"
export HEED_HOME="$work/home"

fail() { echo "full-disk: $*"; exit 1; }

# Leaves this many KiB free.
fill() {
    rm -rf "${disk:?}"/* "$disk"/.[!.]*
    local available
    available=$(df --output=avail -k "$disk" | tail -1)
    head -c $(((available - $1) * 1024)) /dev/zero >"$disk/filler"
}

# Runs a command that writes to a path on the full disk: done, or refused as it should be.
refused() {
    local status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ $status = 0 ] && return 1
    [ $status = 74 ] || fail "status $status instead of 74: $* ($(tail -1 "$work/err"))"
    [ "$(grep -c '^error: ' "$work/err")" = 1 ] || fail "expected one line of error: $(cat "$work/err")"
    grep -qE "No space left|enough space" "$work/err" || fail "the error does not name the cause: $(cat "$work/err")"
    ! grep -q '\.partial' "$work/err" || fail "the error names a hidden file: $(cat "$work/err")"
}

done_well() { "$@" >"$work/out" 2>"$work/err" || fail "failed ($?): $* ($(tail -1 "$work/err"))"; }

# Every checkpoint and final model in $1 has all its files, and the weights that it has in $2, which kept the last two.
whole_models() {
    local folder name like file
    for folder in "$1"/checkpoint-* "$1"/final; do
        [ -e "$folder" ] || continue
        name=$(basename "$folder")
        like=$([ "$name" = final ] && echo final || echo checkpoint-4)
        for file in "$2/$like"/*; do
            [ -s "$folder/$(basename "$file")" ] || fail "$folder has no $(basename "$file")"
        done
        [ -e "$2/$name" ] || continue
        for file in "$folder"/*.safetensors; do
            cmp -s "$file" "$2/$name/$(basename "$file")" || fail "$file has other weights"
        done
    done
}

for number in 1 2 3 4 5 6 7 8; do
    echo "{\"prompt\": \"Question $number?\", \"completion\": \" Answer $number.\"}"
done >"$work/rows.jsonl"
computing=(--device cpu --precision fp32 --threads 1 --quiet)

refusals=0
sample=("$heed" sample --model "$golden/tiny-llama" --prompts "$work/rows.jsonl" --n 2 --max-new-tokens 24 --slots 1
    "${computing[@]}")
done_well "${sample[@]}" --output "$work/whole.jsonl"
for room in 0 4 16; do
    fill $room
    if refused "${sample[@]}" --output "$disk/rows.jsonl"; then
        refusals=$((refusals + 1))
        [ ! -e "$disk/rows.jsonl" ] || fail "an unfinished rows.jsonl has its name"
        rm "$disk/filler"
        done_well "${sample[@]}" --output "$disk/rows.jsonl"
    fi
    cmp -s "$work/whole.jsonl" "$disk/rows.jsonl" || fail "sample: other rows after a full disk ($room KiB)"
done
[ $refusals -gt 0 ] || fail "sample: the disk was never full"

lora=(--lora-rank 4 --batch-size 4 --max-steps 4 --checkpoint-every 1 "${computing[@]}")
for verb in sft ppo; do
    train=("$heed" "$verb" --model "$golden/tiny-llama" "${lora[@]}")
    if [ $verb = sft ]; then
        train+=(--train "$work/rows.jsonl")
    else
        train+=(--prompts "$work/rows.jsonl" --reward-model "$golden/tiny-reward" --rollout-batch 4 --ppo-epochs 1
            --max-new-tokens 8)
    fi
    done_well "${train[@]}" --output "$work/$verb"
    refusals=0
    for room in 0 8 64 200 400; do
        fill $room
        run="$disk/run"
        if refused "${train[@]}" --output "$run"; then
            refusals=$((refusals + 1))
            [ ! -e "$run/final" ] || fail "$verb: a final model although the disk was full"
            whole_models "$run" "$work/$verb"
            rm "$disk/filler"
            resume=()
            [ ! -e "$run" ] || resume=(--resume)
            done_well "${train[@]}" --output "$run" "${resume[@]}"
        fi
        whole_models "$run" "$work/$verb"
        [ -e "$run/final" ] || fail "$verb: no final model"
        steps=$(wc -l <"$run/metrics.jsonl")
        [ "$steps" = 4 ] || fail "$verb: $steps steps in metrics.jsonl"
    done
    [ $refusals -gt 1 ] || fail "$verb: the disk was full $refusals times only"
done
# A store of judgments: what was acknowledged before stays as it was, and nothing of what did not fit is in it.
python3 - "$work" <<'ROWS'
import json, sys
for name, count in ("first", 20), ("second", 400):
    with open(f"{sys.argv[1]}/{name}.jsonl", "w") as file:
        for row in range(count):
            answers = {"chosen": f"better {row} " + "word " * 500, "rejected": f"worse {row} " + "word " * 500}
            file.write(json.dumps({"prompt": f"{name} question {row}?", **answers}) + "\n")
ROWS
add() { "$heed" label import "$work/$1.jsonl" --project disk --store "$2"; }
rows() {
    rm -f "$work/$2"
    done_well "$heed" label export --store "$1" --format trl --output "$work/$2"
}
done_well add first "$work/whole.sqlite"
rows "$work/whole.sqlite" rows-first.jsonl
done_well add second "$work/whole.sqlite"
rows "$work/whole.sqlite" rows-both.jsonl
[ "$(wc -l <"$work/rows-both.jsonl")" = 420 ] || fail "label import: $(wc -l <"$work/rows-both.jsonl") rows of 420"
refusals=0
for room in 0 1000; do
    fill 8000
    store="$disk/feedback.sqlite"
    done_well add first "$store"
    head -c $((($(df --output=avail -k "$disk" | tail -1) - room) * 1024)) /dev/zero >"$disk/more"
    if refused add second "$store"; then
        refusals=$((refusals + 1))
        rm "$disk/more"
        rows "$store" rows-found.jsonl
        cmp -s "$work/rows-first.jsonl" "$work/rows-found.jsonl" || fail "label import: half an import is in ($room KiB)"
        done_well add second "$store"
    fi
    rows "$store" rows-found.jsonl
    cmp -s "$work/rows-both.jsonl" "$work/rows-found.jsonl" || fail "label import: other judgments ($room KiB)"
done
[ $refusals -gt 1 ] || fail "label import: the disk was full $refusals times only"
echo "full-disk: all well"
