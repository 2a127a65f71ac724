"""Tests of the load test's own arithmetic: `python3 -m unittest discover Benchmarks`."""

import asyncio
import random
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import label_load
from label_store import Counts, LabelStore
from label_web import Item


class FigureTests(unittest.TestCase):
    def test_percentiles_are_values_that_were_measured(self):
        values = list(range(200, 0, -1))
        shares = (0.5, 0.95, 0.99, 1)
        self.assertEqual([label_load.percentile(values, share) for share in shares], [100, 190, 198, 200])
        self.assertEqual(label_load.percentile([7], 0.5), 7)

    def test_table(self):
        lines = label_load.table({"submit": [0.001, 0.003], "fetch next": [0.0125]}).splitlines()
        self.assertEqual(lines[2:], [
            "| fetch next | 1 | 12.5 | 12.5 | 12.5 | 12.5 |", "| submit | 2 | 1.0 | 3.0 | 3.0 | 3.0 |"])

    def test_requests_that_met_the_dead_server_are_counted_apart(self):
        found = label_load.Measurements(outage=[(10, 12)])
        for started, ended, attempts in [(8, 9, 1), (9, 11, 1), (11, 13, 2), (12.5, 13, 1), (13, 14, 3)]:
            found.note("submit", started, ended, attempts)
        self.assertEqual((found.seconds["submit"], found.retried), ([1, 0.5], 2))


class ForgetfulConnection:
    """A server that loses every other reply, before or after it has done what it was asked."""

    def __init__(self, items):
        self.items = list(range(items))
        self.judged = {}
        self.calls = 0
        self.closed = 0

    def close(self):
        self.closed += 1

    def lose(self):
        self.calls += 1
        if self.calls % 2:
            raise ConnectionResetError

    async def next_item(self, project):
        self.lose()
        return Item(assignment=self.items[0], revision=0, letters=("A", "B")) if self.items else None

    async def submit(self, item, request, side):
        if request not in self.judged:
            self.judged[request] = item.assignment
            self.items.remove(item.assignment)
        self.lose()


class PersonTests(unittest.TestCase):
    def test_the_same_request_is_sent_until_there_is_a_reply(self):
        connection, found = ForgetfulConnection(5), label_load.Measurements()
        pause, label_load.PAUSE_SECONDS = label_load.PAUSE_SECONDS, 0
        try:
            person = label_load.Person(connection, 1, 1e-6, random.Random(1), found)
            asyncio.run(person.work(time.monotonic() + 60))
        finally:
            label_load.PAUSE_SECONDS = pause
        self.assertEqual(found.acknowledged, connection.judged)
        self.assertEqual(sorted(connection.judged.values()), list(range(5)))
        self.assertEqual((person.judged, found.retried), (5, connection.closed))


class StoreTests(unittest.TestCase):
    def counts(self, rows, acknowledged):
        """rows: (request number, assignment, item, annotator)"""
        with tempfile.TemporaryDirectory() as folder:
            store = LabelStore(Path(folder) / "store.sqlite")
            with store.connected() as database, database:
                database.execute("CREATE TABLE assignments (id, project, item, annotator)")
                database.execute("CREATE TABLE judgments (request, assignment)")
                for request, assignment, item, annotator in rows:
                    database.execute("INSERT INTO assignments VALUES (?, 1, ?, ?)", (assignment, item, annotator))
                    database.execute(
                        "INSERT INTO judgments VALUES (?, ?)", (uuid.UUID(int=request).bytes, assignment))
            return store.counts(1, {str(uuid.UUID(int=key)): value for key, value in acknowledged.items()})

    def test_what_is_there_is_clean(self):
        found = self.counts([(1, 10, 100, 1), (2, 11, 101, 2)], {1: 10, 2: 11})
        self.assertEqual(found, Counts(lost=0, doubled=0, unknown=0, shared=0))
        self.assertTrue(found.is_clean)

    def test_every_way_to_go_wrong_is_counted(self):
        lost = self.counts([(1, 10, 100, 1)], {1: 10, 2: 11})
        self.assertEqual(lost, Counts(lost=1, doubled=0, unknown=0, shared=0))
        unknown = self.counts([(1, 10, 100, 1), (2, 11, 101, 1)], {1: 10})
        self.assertEqual(unknown, Counts(lost=0, doubled=0, unknown=1, shared=0))
        shared = self.counts([(1, 10, 100, 1), (2, 11, 100, 2)], {1: 10, 2: 11})
        self.assertEqual(shared, Counts(lost=0, doubled=0, unknown=0, shared=1))
        self.assertFalse(shared.is_clean)

    def test_responses_are_rows_of_their_own(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "responses.jsonl"
            LabelStore.write_responses(file, 50, random.Random(1))
            self.assertEqual(len(set(file.read_text().splitlines())), 50)


if __name__ == "__main__":
    unittest.main()
