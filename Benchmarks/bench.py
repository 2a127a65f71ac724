#!/usr/bin/env python3
"""Heed and its peers, measured in turn on this machine: `make bench`, or `bench.py [WORK …]`.

Every repetition runs Heed and each peer of a work once, as processes of their own; medians are compared, and
the spread of the repetitions' ratios tells how far to trust them. bench.json has every figure.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import amount
import machine
import measuring
import results
import works
from environment import Environment
from processor import Processor, UnknownProcessor
from roofline import SAMPLED_WEIGHT_BYTES, Limits, Model

ROOT = Path(__file__).resolve().parent.parent


def main():
    options = parse()
    chosen = works.chosen(options.works)
    environment = Environment(
        folder=options.scratch.resolve(), heed=options.heed.resolve(), processor=Processor.in_use())
    environment.prepare()
    started = time.monotonic()
    with machine.busy_process() if options.busy else contextlib.nullcontext():
        limits = measure_limits(environment)
        model = Model.from_configuration(environment.model / "config.json")
        each = amount.bearable(limits)
        found = []
        for work in works.listed(each):
            if work.name in chosen:
                series = measure(work, environment, options.repetitions)
                bound = work.bound and work.bound(limits, model)
                found += results.rows(work, series, bound, environment.processor)
    print(heading(environment.processor, limits, each, options, time.monotonic() - started))
    report(found, options)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", help=f"default: all of {', '.join(works.names())}")
    parser.add_argument("--repetitions", type=int, default=3, help="of every work (default: 3)")
    parser.add_argument("--busy", action="store_true", help="with one busy process beside the measurements")
    parser.add_argument(
        "--heed", type=Path, default=ROOT / ".build/release/heed", help="the binary to measure")
    parser.add_argument(
        "--scratch", type=Path, default=Path(os.environ.get("HEED_BENCH", ROOT / ".bench")),
        help="where peers, models and bench.json are kept (default: $HEED_BENCH or .bench)")
    return parser.parse_args()


def measure_limits(environment):
    outcome = measuring.run(
        environment.peer("limits", environment.processor.precision), environment.variables(),
        environment.folder / "errors.log")
    return Limits(**json.loads(outcome.output))


def measure(work, environment, repetitions):
    """What Heed and each peer reached, by name, measured in turn."""
    contestants = [work.heed, *work.peers]
    series = {contestant.name: results.Series() for contestant in contestants}
    for repetition in range(repetitions):
        for contestant in contestants:
            value, outcome = measure_once(contestant, environment)
            series[contestant.name].add(value, outcome)
            say(f"{work.name} {repetition + 1}/{repetitions}: {contestant.name} "
                f"{results.number(value)} {work.unit}{busy_note(outcome.others)}")
    return series


def busy_note(others):
    return f", while others kept {others:.1f} processors busy" if others > results.BUSY_PROCESSORS else ""


def measure_once(contestant, environment):
    with tempfile.TemporaryDirectory(dir=environment.folder) as scratch:
        scratch = Path(scratch)
        outcome = measuring.run(
            [str(argument) for argument in contestant.command(environment, scratch)],
            environment.variables(), environment.folder / "errors.log",
            stdin=contestant.stdin and contestant.stdin(environment), processors=contestant.processors)
        return contestant.value(outcome, scratch), outcome


def heading(processor, limits, each, options, seconds):
    """What the figures hold for."""
    busy = "; one busy process beside" if options.busy else ""
    less = "" if each == amount.FULL else ", less than on faster machines"
    return (
        f"{machine.description()}, {processor}; "
        f"medians of {options.repetitions}, {seconds / 60:.0f} min in all{busy}\n"
        f"A repetition: {each.new_tokens} new tokens of a sampled answer, {each.steps} training steps{less}\n"
        f"Rooflines: {limits.precision} products {limits.operations / 1e9:.0f} GFLOP/s, "
        f"memory {limits.bandwidth / 1e9:.0f} GB/s; "
        f"a weight is read in {SAMPLED_WEIGHT_BYTES} bytes where a model is sampled as it is, "
        f"in {limits.trained_weight_bytes} where it is trained\n")


def report(found, options):
    print(results.tables(found))
    if any(row.is_busy for row in found):
        print("\nThe machine was busy: the last column counts the processors that other processes used.")
    path = options.scratch / "bench.json"
    results.write(found, path)
    say(f"wrote {path}")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (measuring.ProgramFailed, works.UnknownWork, UnknownProcessor) as error:
        sys.exit(f"bench: {error}")
