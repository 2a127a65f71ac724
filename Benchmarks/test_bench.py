"""Tests of what needs no measurement: `python3 -m unittest discover Benchmarks`."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import machine
import measuring
import results
import roofline
import works


class MachineTests(unittest.TestCase):
    def test_worked_time_leaves_out_idle_waiting_and_guests(self):
        # user nice system idle iowait irq softirq steal guest guest_nice, in hundredths of a second
        statistics = "cpu  100 20 30 99999 8888 4 5 6 70 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
        ticks = 100 + 20 + 30 + 4 + 5 + 6
        self.assertEqual(machine.worked_seconds(statistics), ticks / machine.TICKS_PER_SECOND)


class RooflineTests(unittest.TestCase):
    # Two layers of hidden size 8 with 2 heads of 4 and 1 key-value head, 16 wide inside; a vocabulary of 10.
    # Attention: query and output 8 × 8 each, key and value 8 × 4 each; feed-forward: three of 8 × 16.
    LAYERS, HEAD = 2 * (64 + 64 + 32 + 32 + 3 * 128), 80

    def model(self, **more):
        configuration = dict(
            hidden_size=8, num_attention_heads=2, num_key_value_heads=1, intermediate_size=16,
            num_hidden_layers=2, vocab_size=10, **more)
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump(configuration, file)
            file.flush()
            return roofline.Model.from_configuration(Path(file.name))

    def test_weights_of_a_configuration(self):
        self.assertEqual(self.model(), roofline.Model(layers=self.LAYERS, head=self.HEAD))
        self.assertEqual(self.model(head_dim=4), self.model())
        self.assertEqual(self.model().weights, 1232)

    def test_decoding_is_bound_by_memory_alone_and_by_products_together(self):
        model = roofline.Model(layers=900, head=100)
        limits = roofline.Limits(operations=40_000, bandwidth=2_000)
        # One sequence: 2,000 bytes take a second. 64: 128,000 operations take 3.2 s.
        self.assertAlmostEqual(roofline.decoding(1)(limits, model), 1)
        self.assertAlmostEqual(roofline.decoding(64)(limits, model), 20)
        # Before 10 steps of 3.2 s, 64 prompts of 25 tokens: 64 · 25 · 1,800 operations, 72 s.
        self.assertAlmostEqual(roofline.generating(25, 64, 10)(limits, model), 640 / (72 + 32))

    def test_training_and_prefill(self):
        model = roofline.Model(layers=900, head=100)
        limits = roofline.Limits(operations=72_000, bandwidth=1)
        self.assertAlmostEqual(roofline.prefill(limits, model), 40)
        self.assertAlmostEqual(roofline.full_training(limits, model), 12)
        self.assertAlmostEqual(roofline.adapter_training(limits, model), 18)
        self.assertAlmostEqual(roofline.preference_training(limits, model), 9)

    def test_group_training_adds_its_phases(self):
        model = roofline.Model(layers=900, head=100)
        limits = roofline.Limits(operations=60_000, bandwidth=1_000)
        # A prompt of 10 tokens: 10 · 1,800 operations, 0.3 s. Steps of 4 sequences read 2,000 bytes, 2 s each.
        # Training: (10 + 4 · 5) · 6,000 operations, 3 s.
        self.assertAlmostEqual(roofline.group_training(10, 4, 5)(limits, model), 4 * 5 / (0.3 + 5 * 2 + 3))


class ResultTests(unittest.TestCase):
    def test_ratio_of_medians_and_spread_of_the_repetitions(self):
        row = results.row("w", "tok/s", [30, 20, 40], [10, 10, 20], "peer")
        self.assertEqual((row.heed, row.peer_value, row.ratio), (30, 10, 3))
        # Ratios in turn: 3, 2, 2.
        self.assertEqual(row.spread, 0.5)

    def test_where_less_is_better_the_ratio_still_says_how_much_better(self):
        row = results.row("w", "s", [2], [6], "peer", less_is_better=True)
        self.assertEqual((row.ratio, row.spread), (3, 0))

    def test_busy_rows_are_marked_in_table_and_file(self):
        quiet = results.row("a", "tok/s", [200], [100], "p", goal=1.5, bound=400)
        busy = results.row("b", "s", [1], [2], "p", less_is_better=True, others=0.8)
        lines = results.table([quiet, busy]).splitlines()
        self.assertEqual(lines[2], "| a | tok/s | 200 | p | 100 | 2.00 × | 0% | ≥ 1.5 × | 400 (50%) |  |")
        self.assertTrue(lines[3].endswith("| 0.8 |"))
        with tempfile.TemporaryDirectory() as folder:
            results.write([quiet, busy], Path(folder) / "bench.json")
            found = json.loads((Path(folder) / "bench.json").read_text())
        self.assertEqual([row["busy"] for row in found], [False, True])
        self.assertEqual(
            {key: found[0][key] for key in ("work", "heed", "peer", "peer_value", "ratio", "spread")},
            {"work": "a", "heed": 200, "peer": "p", "peer_value": 100, "ratio": 2, "spread": 0})

    def test_a_work_gives_its_own_row_and_one_of_memory_for_each_peer(self):
        series = {
            "Heed": results.Series([10], [50_000_000], [0.0]),
            "TRL": results.Series([5], [200_000_000], [0.3]),
            "TRL, activations kept": results.Series([8], [300_000_000], [0.0])}
        work = next(work for work in works.ALL if work.name == "sft")
        own, memory, second, _ = results.rows(work, series, bound=40)
        self.assertEqual((second.peer, second.ratio), ("TRL, activations kept", 1.25))
        self.assertEqual((own.work, own.ratio, own.bound, own.is_busy), ("sft", 2, 40, True))
        self.assertEqual((memory.work, memory.heed, memory.ratio), ("sft: peak memory", 50, 4))
        speed, peaks = results.tables([own, memory]).split("\n\n")
        self.assertEqual((speed, peaks), (results.table([own]), results.table([memory])))

    def test_numbers_keep_three_digits(self):
        numbers = [results.number(value) for value in (1234.5, 45.67, 0.456)]
        self.assertEqual(numbers, ["1,234", "45.7", "0.46"])


class WorkTests(unittest.TestCase):
    def test_names_are_distinct_and_chosen_by_their_beginning(self):
        names = [work.name for work in works.ALL]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual([work.name for work in works.selected([])], names)
        self.assertEqual([work.name for work in works.selected(["sample-1"])], ["sample-1"])
        self.assertIn("sample-16", [work.name for work in works.selected(["sample"])])
        self.assertNotIn("small-sft", [work.name for work in works.selected(["sft"])])
        with self.assertRaisesRegex(works.UnknownWork, "no work is called 'sampling'.*sample-8"):
            works.selected(["sampling"])

    def test_the_rate_of_training_is_that_of_the_median_step_after_the_first(self):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            run.mkdir()
            # Steps of 9, 9, 2, 4, 2 and 3 seconds; the first two do not count.
            ends = [9, 18, 20, 24, 26, 29]
            (run / "metrics.jsonl").write_text("".join(f'{{"seconds": {end}}}\n' for end in ends))
            self.assertEqual(works.heed_training_rate(None, Path(folder)), works.STEP_TOKENS / 2.5)


class MeasuringTests(unittest.TestCase):
    def run_python(self, program):
        with tempfile.TemporaryDirectory() as folder:
            return measuring.run([sys.executable, "-c", program], None, Path(folder) / "errors.log")

    def test_output_and_peak_memory_of_the_child_alone(self):
        outcome = self.run_python("data = b'x' * 300_000_000; print(len(data))")
        self.assertEqual(outcome.output, "300000000\n")
        self.assertGreater(outcome.peak_bytes, 300_000_000)
        self.assertLess(self.run_python("pass").peak_bytes, 200_000_000)

    def test_a_program_is_kept_to_its_processors(self):
        with tempfile.TemporaryDirectory() as folder:
            outcome = measuring.run(
                [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"], None,
                Path(folder) / "errors.log", processors=1)
        self.assertEqual(outcome.output, "1\n")

    def test_a_failure_shows_what_the_program_said(self):
        with self.assertRaisesRegex(measuring.ProgramFailed, "(?s)ended with 3:.*no such model"):
            self.run_python("import sys; print('no such model', file=sys.stderr); sys.exit(3)")


if __name__ == "__main__":
    unittest.main()
