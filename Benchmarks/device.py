#!/usr/bin/env python3
"""Heed on one device beside the peers that this Python has, without a network: device.py [WORK …].

For a machine with an accelerator. A model of the default one's shape is made, with random weights. A peer
that is not installed is said to be missing, and one that fails does not end the rest.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import amount
import bench
import measuring
import results
import works
from environment import Environment
from processor import KINDS, Processor

WORKS = ["sample-1", "sample-8", "sample-32", "sft", "lora", "dpo", "grpo"]
MODULES = {
    "transformers": "transformers", "TRL": "trl", "TRL, activations kept": "trl", "llama.cpp": "llama_cpp",
    "llama.cpp Q8_0": "llama_cpp"}


@dataclass(frozen=True)
class DeviceEnvironment(Environment):
    """Where nothing can be fetched: this Python's own packages, and a model that is made here."""

    device: str

    @property
    def python(self):
        return sys.executable

    @property
    def model(self):
        return self.folder / "model"

    def peer(self, script, *arguments):
        return [*super().peer(script, *arguments), "--device", self.device]

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            script = Path(__file__).resolve().parent / "peers/workload.py"
            self._run("writing a model and texts", [self.python, script, self.model, self.data])


def main():
    options = parse()
    started = time.monotonic()
    chosen = works.chosen(options.works or WORKS)
    # An accelerator multiplies bf16 itself, as the last kind of processor does.
    processor = Processor.in_use() if options.device == "cpu" else Processor(KINDS[-1])
    environment = DeviceEnvironment(
        folder=options.scratch.resolve(), heed=options.heed.resolve(), processor=processor,
        device=options.device)
    environment.prepare()
    found, failures = [], 0
    for work in works.listed(amount.FULL):
        if work.name not in chosen:
            continue
        figures = {}
        for contestant in [work.heed, *work.peers]:
            if not is_installed(contestant):
                figures[contestant.name] = "not installed"
            elif time.monotonic() - started > options.seconds:
                figures[contestant.name] = "no time left"
            else:
                figures[contestant.name] = measured(contestant, environment)
            failures += figures[contestant.name] == "FAILED"
        found.append({"work": work.name, "unit": work.unit, "figures": figures})
        print(line(work, figures), flush=True)
    (environment.folder / "speeds.json").write_text(json.dumps(found, indent=1) + "\n")
    return failures


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", help=f"default: {', '.join(WORKS)}")
    parser.add_argument("--device", default="cuda", help="cuda or cpu (default: cuda)")
    parser.add_argument("--heed", type=Path, default=bench.ROOT / ".build/release/heed", help="the program")
    parser.add_argument(
        "--scratch", type=Path, required=True, help="where the model, texts and speeds.json go")
    parser.add_argument(
        "--seconds", type=float, default=3600, help="after which nothing more is started (default: 3600)")
    return parser.parse_args()


def is_installed(contestant):
    module = MODULES.get(contestant.name)
    return module is None or importlib.util.find_spec(module) is not None


def measured(contestant, environment):
    """The figure of one run, or FAILED with what it said on standard error."""
    own = ["--device", environment.device] if contestant.name == "Heed" else []
    with tempfile.TemporaryDirectory(dir=environment.folder) as scratch:
        scratch = Path(scratch)
        command = [str(argument) for argument in [*contestant.command(environment, scratch), *own]]
        try:
            outcome = measuring.run(command, environment.variables(), environment.folder / "errors.log")
            return contestant.value(outcome, scratch)
        except Exception as error:  # whatever one of them does, the others are measured
            bench.say(f"{contestant.name}: {error}")
            return "FAILED"


def line(work, figures):
    """One row of text: the work, and every contestant with its figure and Heed's ratio to it."""
    heed = figures["Heed"]

    def cell(name, figure):
        if isinstance(figure, str):
            return f"{name}: {figure}"
        ratio = "" if name == "Heed" or isinstance(heed, str) else f" ({heed / figure:.2f} ×)"
        return f"{name}: {results.number(figure)} {work.unit}{ratio}"

    return f"{work.name:<12} " + " · ".join(cell(name, figure) for name, figure in figures.items())


if __name__ == "__main__":
    sys.exit(main())
