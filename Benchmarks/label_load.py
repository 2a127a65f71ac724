#!/usr/bin/env python3
"""Many people labelling at once, and a server that is killed in the middle: `make bench-label`.

Starts `heed label` on a new store and lets people answer items on connections of their own, each thinking for a
while between items. Half-way the server gets SIGKILL and starts again; whoever had no reply sends the same request
again. In the end every acknowledged judgment is looked for in the SQLite file. The table gives the time from a
request to its reply at the client; requests that met the dead server are counted apart.
"""

import argparse
import asyncio
import math
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import machine
from label_store import LabelStore
from label_web import Connection, Refused, free_port

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MILLISECONDS = 100  # what the 99th percentile is to stay under
PAUSE_SECONDS = 0.2  # before a request is sent again


@dataclass
class Measurements:
    """What all people saw together."""

    seconds: dict = field(default_factory=lambda: defaultdict(list))  # of replies, by kind of request
    retried: int = 0  # requests that were sent more than once
    acknowledged: dict = field(default_factory=dict)  # request identifier -> assignment
    outage: list = field(default_factory=list)  # (from, to) of the server's death, by the monotonic clock

    def note(self, kind, started, ended, attempts):
        touched = any(start < ended and started < end for start, end in self.outage)
        if attempts > 1:
            self.retried += 1
        elif not touched:
            self.seconds[kind].append(ended - started)


class Person:
    """Fetches an item, thinks, answers, and so on; what is in flight when the server dies is sent again."""

    def __init__(self, connection, project, think, chance, measurements):
        self.connection = connection
        self.project = project
        self.think = think
        self.chance = chance
        self.measurements = measurements
        self.judged = 0

    async def work(self, until):
        # People do not begin in step.
        await asyncio.sleep(self.chance.uniform(0, self.think))
        while time.monotonic() < until:
            item = await self.reliably("fetch next", lambda: self.connection.next_item(self.project))
            if item is None:
                return
            thought = self.chance.expovariate(1 / self.think)
            if time.monotonic() + thought > until:
                return
            await asyncio.sleep(thought)
            request = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            side = self.chance.randrange(2)
            await self.reliably("submit", lambda: self.connection.submit(item, request, side))
            self.measurements.acknowledged[request] = item.assignment
            self.judged += 1

    async def reliably(self, kind, send):
        """Sends until there is a reply."""
        attempts = 0
        while True:
            attempts += 1
            started = time.monotonic()
            try:
                reply = await send()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                self.connection.close()
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.measurements.note(kind, started, time.monotonic(), attempts)
            return reply


class Server:
    """`heed label`, which can be killed and started again on the same port and store."""

    def __init__(self, heed, store, port, log):
        self.command = [heed, "label", "--store", store, "--port", str(port)]
        self.port = port
        self.log = log
        self.process = None

    async def start(self, *more):
        self.process = await asyncio.create_subprocess_exec(
            *map(str, self.command), *map(str, more), stdin=asyncio.subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        while True:
            if self.process.returncode is not None:
                raise Refused(f"the server ended with {self.process.returncode}; see {self.log.name}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.02)

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self):
        self.process.terminate()
        await self.process.wait()


async def measure(options, folder):
    port = free_port()
    responses = folder / "responses.jsonl"
    LabelStore.write_responses(responses, options.items, random.Random(options.seed))
    measurements = Measurements()
    with open(folder / "server.log", "ab") as log:
        server = Server(options.heed, folder / "feedback.sqlite", port, log)
        await server.start("--responses", responses)
        store = LabelStore(folder / "feedback.sqlite")
        project, tokens = await store.prepared(options.items, options.people)
        people = [
            Person(
                Connection(port, token), project, options.think, random.Random(f"{options.seed} {index}"),
                measurements)
            for index, token in enumerate(tokens)]
        usage = os.times()
        started = time.monotonic()
        until = started + options.seconds
        await asyncio.gather(
            *(person.work(until) for person in people), interrupt(server, options.seconds / 2, measurements))
        elapsed = time.monotonic() - started
        client = os.times()
        await server.stop()
    client_share = (client.user + client.system - usage.user - usage.system) / elapsed
    return measurements, store.counts(project, measurements.acknowledged), elapsed, client_share


async def interrupt(server, after, measurements):
    """Kills the server once and starts it again."""
    await asyncio.sleep(after)
    died = time.monotonic()
    # A reply may be on its way while the signal is; the outage ends when the new server takes connections.
    measurements.outage.append((died, math.inf))
    await server.kill()
    await server.start()
    measurements.outage[-1] = (died, time.monotonic())


def percentile(values, share):
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(seconds):
    """Markdown: percentiles in milliseconds, a line a kind of request."""
    lines = ["| request | replies | p50 ms | p95 ms | p99 ms | longest ms |", "| --- |" + " ---: |" * 5]
    for kind, values in sorted(seconds.items()):
        figures = [percentile(values, share) * 1000 for share in (0.5, 0.95, 0.99, 1)]
        lines.append(f"| {kind} | {len(values):,} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
    return "\n".join(lines)


def report(options, measurements, counts, elapsed, client_share):
    """Prints what was found; whether it is as it should be."""
    judged = len(measurements.acknowledged)
    away = sum(end - start for start, end in measurements.outage)
    print(f"{machine.description()}; {options.people} people on {options.items:,} items for {elapsed:.0f} s, "
          f"thinking {options.think:g} s on average: {judged / elapsed:.0f} judgments/s; "
          f"the client used {client_share:.1f} processors\n")
    print(table(measurements.seconds))
    print(f"\nkilled once, away for {away:.1f} s, {measurements.retried} requests sent again; "
          f"{judged:,} judgments acknowledged, {counts.lost} lost, {counts.doubled} doubled, "
          f"{counts.unknown} that nobody was told of, {counts.shared} items given to two people")
    slow = [kind for kind, values in measurements.seconds.items()
            if percentile(values, 0.99) * 1000 > LIMIT_MILLISECONDS]
    for kind in slow:
        print(f"{kind}: the 99th percentile is over {LIMIT_MILLISECONDS} ms")
    return counts.is_clean and not slow


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", type=Path, default=ROOT / ".build/release/heed", help="the binary to measure")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--think", type=float, default=5, help="seconds between items, on average")
    parser.add_argument("--seconds", type=float, default=60, help="how long people work")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="heed-label-") as folder:
        found = asyncio.run(measure(options, Path(folder)))
        return report(options, *found)


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except Refused as error:
        sys.exit(f"label_load: {error}")
