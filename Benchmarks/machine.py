"""The machine: how busy others keep it, what it can do, and a process that keeps it busy on purpose."""

import contextlib
import os
import platform
import subprocess
import sys
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of the first line of /proc/stat in which no one worked: idle and iowait. Guests are in user time.
IDLE_FIELDS = (3, 4)
FIRST_GUEST_FIELD = 8


def worked_seconds(statistics):
    """Processor seconds that were worked since the start of the machine, those taken by its host included."""
    fields = [int(field) for field in statistics.splitlines()[0].split()[1:]][:FIRST_GUEST_FIELD]
    return sum(ticks for index, ticks in enumerate(fields) if index not in IDLE_FIELDS) / TICKS_PER_SECOND


class LoadMeter:
    """Counts the processors that others kept busy since it was made."""

    def __init__(self):
        self.started = time.monotonic()
        self.own = time.process_time()
        self.worked = worked_seconds(_read("/proc/stat"))

    def others(self, child_seconds=0.0):
        """Processors kept busy by neither this process nor the child that worked `child_seconds`."""
        worked = worked_seconds(_read("/proc/stat")) - self.worked
        own = time.process_time() - self.own
        elapsed = max(time.monotonic() - self.started, 1 / TICKS_PER_SECOND)
        return max(0.0, (worked - own - child_seconds) / elapsed)


def load_of_others(seconds):
    """Processors that others keep busy while this process sleeps."""
    meter = LoadMeter()
    time.sleep(seconds)
    return meter.others()


@contextlib.contextmanager
def busy_process():
    """One process that never waits, as a browser or a compiler beside the measurement."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def description():
    """The processor's name and count, and the kernel."""
    lines = _read("/proc/cpuinfo").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} × {names[0] if names else platform.machine()}, Linux {platform.release()}"


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
