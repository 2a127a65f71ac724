"""Runs a program and measures it from outside."""

import os
import subprocess
import time
from dataclasses import dataclass

import machine

SECONDS_BEFORE = 0.5


class ProgramFailed(Exception):
    """A measured program did not end well; the message shows the end of what it said."""


@dataclass(frozen=True)
class Outcome:
    output: str
    seconds: float
    peak_bytes: int
    others: float  # processors that other processes kept busy, before or during the run


def run(command, environment, log, *, stdin=None, processors=None):
    """Runs a command alone, on as many processors as given, its error output in `log`."""
    def keep_to_processors():
        if processors:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])

    before = machine.load_of_others(SECONDS_BEFORE)
    meter = machine.LoadMeter()
    started = time.monotonic()
    with open(log, "w+", encoding="utf-8") as errors, open(stdin or os.devnull, "rb") as given:
        process = subprocess.Popen(
            command, env=environment, stdin=given, stdout=subprocess.PIPE, stderr=errors,
            preexec_fn=keep_to_processors)
        output = process.stdout.read().decode()
        process.stdout.close()
        # Of this one child, where getrusage would give the largest of all there have been.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode != 0:
            errors.seek(0)
            said = (output + errors.read()).strip()[-2000:]
            raise ProgramFailed(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{said}")
    return Outcome(
        output=output, seconds=seconds, peak_bytes=usage.ru_maxrss * 1024,
        others=max(before, meter.others(usage.ru_utime + usage.ru_stime)))
