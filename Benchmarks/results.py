"""From measurements to rows, a table and bench.json."""

import json
import statistics
from dataclasses import dataclass, field

BUSY_PROCESSORS = 0.1
MEGABYTE = 1e6
MEMORY_UNIT = "MB"


@dataclass
class Series:
    """What one contestant reached in each repetition."""

    values: list = field(default_factory=list)
    peaks: list = field(default_factory=list)  # bytes
    others: list = field(default_factory=list)  # processors

    def add(self, value, outcome):
        self.values.append(value)
        self.peaks.append(outcome.peak_bytes)
        self.others.append(outcome.others)


@dataclass(frozen=True)
class Row:
    """Heed beside one peer in one work. The ratio says how many times better Heed is, whatever the unit."""

    work: str
    unit: str
    heed: float
    peer: str
    peer_value: float
    ratio: float
    spread: float  # of the repetitions' ratios: largest minus smallest, as a share of their median
    goal: float | None
    bound: float | None
    others: float  # processors that other processes kept busy, at most

    @property
    def is_busy(self):
        return self.others > BUSY_PROCESSORS


def row(work, unit, heed, peer, peer_name, *, less_is_better=False, goal=None, bound=None, others=0.0):
    """Compares two lists of values that were measured in turn."""
    ratios = [theirs / ours if less_is_better else ours / theirs for ours, theirs in zip(heed, peer)]
    ours, theirs = statistics.median(heed), statistics.median(peer)
    return Row(
        work=work, unit=unit, heed=ours, peer=peer_name, peer_value=theirs,
        ratio=theirs / ours if less_is_better else ours / theirs,
        spread=(max(ratios) - min(ratios)) / statistics.median(ratios),
        goal=goal, bound=bound, others=others)


def rows(work, series, bound):
    """The rows of a finished work against each peer: its own figure, and peak memory."""
    heed = series["Heed"]
    for peer in work.peers:
        other = series[peer.name]
        busy = max(heed.others + other.others)
        yield row(
            work.name, work.unit, heed.values, other.values, peer.name,
            less_is_better=work.less_is_better, goal=peer.goal, bound=bound, others=busy)
        yield row(
            f"{work.name}: peak memory", MEMORY_UNIT, megabytes(heed.peaks), megabytes(other.peaks), peer.name,
            less_is_better=True, goal=peer.memory_goal, others=busy)


def megabytes(peaks):
    return [peak / MEGABYTE for peak in peaks]


def tables(found):
    """Speed, then memory."""
    of_memory = [row for row in found if row.unit == MEMORY_UNIT]
    others = [row for row in found if row.unit != MEMORY_UNIT]
    return f"{table(others)}\n\n{table(of_memory)}"


def table(found):
    """Markdown, a line a row."""
    head = ["work", "unit", "Heed", "peer", "peer's", "ratio", "spread", "goal", "roofline", "busy"]
    lines = [head, ["---"] * 2 + ["---:"] + ["---"] + ["---:"] * 6]
    lines += [_cells(row) for row in found]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row):
    return [
        row.work, row.unit, number(row.heed), row.peer, number(row.peer_value), f"{row.ratio:.2f} ×",
        f"{row.spread:.0%}", f"≥ {row.goal:g} ×" if row.goal else "",
        f"{number(row.bound)} ({row.heed / row.bound:.0%})" if row.bound else "",
        f"{row.others:.1f}" if row.is_busy else ""]


def number(value):
    """Three digits that count."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def write(found, path):
    """bench.json: every row; `busy` where others kept the machine from being quiet."""
    listed = [
        {"work": row.work, "unit": row.unit, "heed": row.heed, "peer": row.peer, "peer_value": row.peer_value,
         "ratio": row.ratio, "spread": row.spread, "roofline": row.bound, "busy": row.is_busy}
        for row in found]
    path.write_text(json.dumps(listed, indent=1) + "\n")
