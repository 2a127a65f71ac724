"""From measurements to rows, a table and bench.json."""

import json
import statistics
from dataclasses import dataclass, field

import goals

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
    precision: str = ""  # Heed's
    peer_precision: str = ""
    goal: float | None = None  # of the ratio
    most: float | None = None  # of Heed's own figure
    bound: float | None = None
    share: float | None = None  # of the bound, that is to be reached
    others: float = 0.0  # processors that other processes kept busy, at most

    @property
    def is_busy(self):
        return self.others > BUSY_PROCESSORS


def row(work, unit, heed, peer, peer_name, *, less_is_better=False, **more):
    """Compares two lists of values that were measured in turn."""
    ratios = [theirs / ours if less_is_better else ours / theirs for ours, theirs in zip(heed, peer)]
    ours, theirs = statistics.median(heed), statistics.median(peer)
    return Row(
        work=work, unit=unit, heed=ours, peer=peer_name, peer_value=theirs,
        ratio=theirs / ours if less_is_better else ours / theirs,
        spread=(max(ratios) - min(ratios)) / statistics.median(ratios), **more)


def rows(work, series, bound, processor):
    """The rows of a finished work against each peer: its own figure, and peak memory."""
    heed, goal = series["Heed"], goals.goal(work.name, processor.precision)
    for peer in work.peers:
        other = series[peer.name]
        shared = dict(
            precision=work.heed.precision(processor), peer_precision=peer.precision(processor),
            others=max(heed.others + other.others))
        yield row(
            work.name, work.unit, heed.values, other.values, peer.name, less_is_better=work.less_is_better,
            goal=goal.ratios.get(peer.name), most=goal.most, bound=bound, share=goal.share, **shared)
        yield row(
            f"{work.name}: peak memory", MEMORY_UNIT, megabytes(heed.peaks), megabytes(other.peaks), peer.name,
            less_is_better=True, goal=goal.memory.get(peer.name), **shared)


def megabytes(peaks):
    return [peak / MEGABYTE for peak in peaks]


def tables(found):
    """Speed, then memory."""
    of_memory = [row for row in found if row.unit == MEMORY_UNIT]
    others = [row for row in found if row.unit != MEMORY_UNIT]
    return f"{table(others)}\n\n{table(of_memory)}"


def table(found):
    """Markdown, a line a row."""
    head = [
        "work", "unit", "Heed", "in", "peer", "in", "peer's", "ratio", "spread", "goal", "roofline", "busy"]
    lines = [head, ["---"] * 2 + ["---:"] + ["---"] * 3 + ["---:"] * 6]
    lines += [_cells(row) for row in found]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row):
    return [
        row.work, row.unit, number(row.heed), row.precision, row.peer, row.peer_precision,
        number(row.peer_value), f"{row.ratio:.2f} ×", f"{row.spread:.0%}", _goal(row), _roofline(row),
        f"{row.others:.1f}" if row.is_busy else ""]


def _goal(row):
    ratio = [f"≥ {row.goal:.2g} ×"] if row.goal else []
    return "; ".join(ratio + ([f"≤ {row.most:g} {row.unit}"] if row.most else []))


def _roofline(row):
    if not row.bound:
        return ""
    share = f", goal {row.share:.0%}" if row.share else ""
    return f"{number(row.bound)} ({row.heed / row.bound:.0%}{share})"


def number(value):
    """Three digits that count."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def write(found, path):
    """bench.json: every row; `busy` where others kept the machine from being quiet."""
    listed = [
        {"work": row.work, "unit": row.unit, "heed": row.heed, "peer": row.peer, "peer_value": row.peer_value,
         "ratio": row.ratio, "spread": row.spread, "roofline": row.bound, "busy": row.is_busy,
         "precision": row.precision, "peer_precision": row.peer_precision}
        for row in found]
    path.write_text(json.dumps(listed, indent=1) + "\n")
