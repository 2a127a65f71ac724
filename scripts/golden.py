#!/usr/bin/env python3
"""Follows TRL's golden trajectories through heed's verbs, on any device and without Swift: golden.py --heed PROGRAM.

Each case of Tests/Fixtures/golden is run with its hyperparameters as --config and compared metric by metric, by the
rule of Tests/TestSupport/GoldenTrajectory.swift: 20 times the spread among correct implementations, which the case
has recorded, and 2e-6 of the value; gradient norms 1e-5 of it. Ends with the number of cases that part from TRL's.
"""

import argparse
import concurrent.futures
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "Tests/Fixtures/golden"
VERBS = {
    "sft": "sft", "reward": "reward", "dpo": "dpo", "kto": "kto", "orpo": "orpo", "cpo": "cpo", "grpo": "grpo",
    "rloo": "grpo"}

SPREADS = 20
RELATIVE, RELATIVE_GRADIENT = 2e-6, 1e-5
# TRL averages these logits over padding too.
OVER_PADDING = {"logits/chosen", "logits/rejected"}
IGNORED = {"orpo": OVER_PADDING, "cpo": OVER_PADDING}
# The spread is listed for some metrics only; these are made of the same numbers as those listed.
SAME_SOURCE = {
    "rewards/chosen": ["rewards/margins"], "rewards/rejected": ["rewards/margins"],
    "logps/rejected": ["logps/chosen"], "logits/chosen": ["entropy"], "logits/rejected": ["entropy"],
    "min_reward": ["margin", "mean_reward"], "max_reward": ["margin", "mean_reward"],
    "policy_loss": ["loss"], "log_odds_chosen": ["log_odds_ratio", "logps/chosen"],
    "sampling/importance_sampling_ratio/max": ["grad_norm"]}


def main():
    options = parse()
    cases = [case for method in VERBS for case in sorted(GOLDEN.glob(f"{method}/*/expected.json"))]
    cases = [case for case in cases if not options.cases or name(case).startswith(tuple(options.cases))]
    for case in filter(has_two_rewards, cases):
        print(f"skip {name(case)}: a replay learns from one recorded reward, GroupTrajectoryTests from two")
    cases = [case for case in cases if not has_two_rewards(case)]
    broken = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, problems in zip(cases, pool.map(lambda case: follow(case, options), cases)):
            broken += bool(problems)
            print(f"{'FAIL' if problems else 'ok  '} {name(case)}", *problems[:5], sep="\n       ", flush=True)
    print(f"golden: {len(cases) - broken} of {len(cases)} trajectories follow TRL's on {options.device}")
    return min(broken, 100)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="METHOD or METHOD/CASE, such as dpo (default: all)")
    parser.add_argument("--heed", type=Path, default=ROOT / ".build/release/heed", help="the program")
    parser.add_argument("--device", default="cpu", help="as heed's --device (default: cpu)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at once (default: 2)")
    return parser.parse_args()


def name(case):
    return str(case.parent.relative_to(GOLDEN))


def has_two_rewards(case):
    return len(json.loads(case.read_text())["hyperparameters"].get("reward_columns", [])) > 1


def follow(case, options):
    """What is wrong with a case, a line each."""
    expected = json.loads(case.read_text())
    method = name(case).split("/")[0]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        configuration = scratch / "trl.yaml"
        configuration.write_text(json.dumps(settings(method, expected["hyperparameters"])))
        run = subprocess.run(
            [options.heed.resolve(), VERBS[method], "--config", configuration, "--output", scratch / "run",
             "--device", options.device, "--precision", "fp32", "--threads", "1", "--no-shuffle",
             "--checkpoint-every", "0", "--quiet"],
            capture_output=True, text=True)
        if run.returncode != 0:
            return [f"status {run.returncode}: {(run.stdout + run.stderr).strip()[-500:]}"]
        found = [json.loads(line) for line in (scratch / "run/metrics.jsonl").read_text().splitlines()]
    return list(differences(expected, found, IGNORED.get(method, set())))


def settings(method, hyperparameters):
    """The case's settings with the paths of this machine and without what describes its recording."""
    found = {key: value for key, value in hyperparameters.items() if key not in (
        "prepared_rows", "reward_columns", "sampler_correction_active")}
    if "dataset" in found:
        found["dataset"] = str(GOLDEN / method / found["dataset"])
    if "rollouts" in found:
        found["replay"] = str(GOLDEN / "grpo" / found.pop("rollouts"))
    if method == "rloo":
        found["loss_type"] = "rloo"
    model, _, adapter = found.get("model", "tiny-reward" if method == "reward" else "tiny-llama").partition(" + ")
    found["model"] = str(GOLDEN / model)
    if adapter:
        found["init_adapter"] = str(GOLDEN / "sft/lora_init")
    reference = {"tiny-llama-ref": "tiny-llama-ref", "adapter disabled": model}.get(found.pop("ref_model", None))
    if reference:
        found["ref_model"] = str(GOLDEN / reference)
    return found


def differences(expected, found, ignored):
    if len(found) != len(expected["steps"]):
        yield f"{len(found)} steps, expected {len(expected['steps'])}"
    for step, metrics in zip(expected["steps"], found):
        for metric, wanted in step.items():
            if metric == "step" or metric in ignored:
                continue
            value, allowed = metrics.get(metric), tolerance(expected, metric, wanted)
            # Written so that NaN is a difference.
            if value is None or not abs(value - wanted) <= allowed:
                yield f"step {step['step']} {metric}: found {value}, expected {wanted} ± {allowed:.2g}"


def tolerance(expected, metric, wanted):
    noise = max((
        expected["observed_noise"][kind][listed]["max_abs"]
        for kind in ("float32_eager_attention", "float64_weights") if kind in expected["observed_noise"]
        for listed in [metric, *SAME_SOURCE.get(metric, [])] if listed in expected["observed_noise"][kind]), default=0)
    basic = SPREADS * noise + RELATIVE * max(1, abs(wanted))
    return max(basic, RELATIVE_GRADIENT * abs(wanted)) if metric == "grad_norm" else basic


if __name__ == "__main__":
    sys.exit(main())
