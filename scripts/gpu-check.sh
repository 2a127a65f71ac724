#!/usr/bin/env bash
# What Heed does on a machine with CUDA and PyTorch 2.11, without Swift and without a network, in less than ten minutes:
#   make portable                                  where Swift is; then carry the working tree and .build-portable/heed.tar.xz
#   OUT=/tmp/out scripts/gpu-check.sh              there; --device cpu tries all of it without a GPU
# A step that fails says so and the next one follows; $OUT has what each of them said, and speeds.json. Ends with the number
# of failed steps. Names of steps choose some of them. HEED is a program to take in place of the carried one, PYTHON the one
# with PyTorch, WORKS="sample-1 sft" some of the works of Benchmarks/device.py, LIMIT other seconds than 560.
set -uo pipefail
cd "$(dirname "$0")/.."

device=cuda
if [ "${1:-}" = --device ]; then
    device="$2"
    shift 2
fi
steps="${*:-program sampling golden doctor speeds doctor-large}"
out="${OUT:?is to name the folder for what comes back}"
limit="${LIMIT:-560}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
python="${PYTHON:-python3}"
heed="${HEED:-$work/run}"
golden=Tests/Fixtures/golden
export HEED_HOME="$work/home" HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
failed=0

# step NAME SHARE FUNCTION: runs a function for at most that many percent of the time, or what is left of it.
step() {
    local name="$1" share=$(($2 * limit / 100)) left=$((limit - SECONDS)) began=$SECONDS status=124 verdict
    [[ " $steps " == *" $name "* ]] || return
    seconds=$((share < left ? share : left))
    if [ "$seconds" -gt 0 ]; then
        timeout --kill-after=5 "$seconds" bash -c "$3" 2>&1 | tee "$out/$name.log"
        status=${PIPESTATUS[0]}
    fi
    case $status in
        0) verdict=ok ;;
        124 | 137) verdict="FAILED: no time left" ;;
        *) verdict="FAILED: status $status" ;;
    esac
    [ "$status" = 0 ] || failed=$((failed + 1))
    echo "== $name: $verdict, $((SECONDS - began)) s" | tee -a "$out/summary.txt"
}

# The machine, and the program with the libtorch of its Python.
program() {
    uname -srm && nproc
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "no nvidia-smi"
    "$python" -c 'import sys, torch; print(sys.version.split()[0], torch.__version__, torch.cuda.is_available())'
    mkdir -p "$work/heed" && tar -xJf .build-portable/heed.tar.xz -C "$work/heed" || return
    # PyTorch's libraries, and beside it those of CUDA.
    local libraries
    libraries=$("$python" -c 'import glob, torch
torch = torch.__path__[0]
print(":".join([f"{torch}/lib", *glob.glob(f"{torch}/../nvidia/*/lib")]))') || return
    cat >"$work/run" <<RUN
#!/usr/bin/env bash
export LD_LIBRARY_PATH="$work/heed/lib:$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$work/heed/heed" "\$@"
RUN
    chmod +x "$work/run"
    "$work/run" --version
}

# Of the most probable tokens: the device writes the answers that the CPU writes.
sampling() {
    local model place status=0
    for model in tiny-llama tiny-qwen2 tiny-qwen3; do
        for place in cpu "$device"; do
            "$heed" sample --model "$golden/$model" --prompts "$golden/dpo/preference_plain.jsonl" --greedy --quiet --force \
                --max-new-tokens 32 --precision fp32 --device "$place" --output "$work/$model.$place" || return
        done
        "$python" - "$model" "$work/$model.cpu" "$work/$model.$device" <<'PYTHON' || status=1
import json, sys

def answers(path):
    return [response["tokens"] for line in open(path) for response in json.loads(line)["responses"]]

model, ours, theirs = sys.argv[1], *map(answers, sys.argv[2:])
same = sum(a == b for a, b in zip(ours, theirs))
print(f"{model}: {same} of {len(ours)} greedy answers are those of the CPU")
sys.exit(not 0 < len(ours) == len(theirs) == same)
PYTHON
    done
    return $status
}

trajectories() { "$python" scripts/golden.py --heed "$heed" --device "$device" --jobs "$((($(nproc) + 1) / 2))"; }

doctor() {
    local model precision status=0
    for model in tiny-llama tiny-qwen2 tiny-qwen3; do
        for precision in fp32 bf16; do
            "$heed" doctor --model "$golden/$model" --device "$device" --precision $precision --quiet || status=1
        done
    done
    return $status
}

speeds() {
    local status
    # shellcheck disable=SC2086
    "$python" Benchmarks/device.py --device "$device" --heed "$heed" --scratch "$work/speeds" \
        --seconds $((seconds - 45)) ${WORKS:-}
    status=$?
    cp "$work/speeds/speeds.json" "$out/" || status=1
    return $status
}

# The doctor on a model of the default one's size, which `speeds` has made.
doctor_large() {
    local precision status=0
    for precision in bf16 fp32; do
        "$heed" doctor --model "$work/speeds/model" --device "$device" --precision $precision --quiet || status=1
    done
    return $status
}

# timeout starts programs, not functions of this shell.
export -f program sampling trajectories doctor doctor_large speeds
export work python device golden out seconds heed

: >"$out/summary.txt"
step program 10 program
step sampling 15 sampling
step golden 40 trajectories
step doctor 15 doctor
step speeds $((100 - 15 - 100 * SECONDS / limit)) speeds
step doctor-large 15 doctor_large
echo "gpu-check: $failed steps failed on $device, $SECONDS s" | tee -a "$out/summary.txt"
exit "$failed"
