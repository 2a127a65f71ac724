"""Tests of what needs no measurement: `python3 -m unittest discover Benchmarks`."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import amount
import goals
import machine
import measuring
import results
import roofline
import works
from environment import Environment
from processor import KINDS, Processor, UnknownProcessor


class MachineTests(unittest.TestCase):
    def test_worked_time_leaves_out_idle_waiting_and_guests(self):
        # user nice system idle iowait irq softirq steal guest guest_nice, in hundredths of a second
        statistics = "cpu  100 20 30 99999 8888 4 5 6 70 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
        ticks = 100 + 20 + 30 + 4 + 5 + 6
        self.assertEqual(machine.worked_seconds(statistics), ticks / machine.TICKS_PER_SECOND)


class ProcessorTests(unittest.TestCase):
    # As the kernel lists them: a Zen 3, a Skylake server, a Zen 4.
    ZEN3 = set("sse4_2 movbe f16c avx abm fma bmi1 avx2 bmi2".split())
    SKYLAKE = ZEN3 | set("avx512f avx512dq avx512cd avx512bw avx512vl".split())
    ZEN4 = SKYLAKE | {"avx512_bf16", "avx512_vnni"}

    def in_use(self, flags, **environment):
        return Processor.in_use(environment, flags)

    def test_the_kind_is_the_most_that_the_flags_allow_and_decides_the_precision(self):
        for flags, name, precision in [
            (set(), "generic", "fp32"), (self.ZEN3, "avx2", "fp32"), (self.ZEN3 - {"fma"}, "generic", "fp32"),
            (self.SKYLAKE, "avx512", "fp32"), (self.ZEN4, "avx512bf16", "bf16"),
            # Instructions of a kind are of no use without those before.
            (self.ZEN3 | {"avx512_bf16"}, "avx2", "fp32"),
        ]:
            found = self.in_use(flags)
            self.assertEqual((found.kind.name, found.precision), (name, precision))
            self.assertEqual((found.variables(), found.llama_cpp_options()), ({}, ["-DGGML_NATIVE=ON"]))

    def test_less_may_be_asked_for_and_holds_for_all_sides(self):
        confined = self.in_use(self.ZEN4, HEED_CPU="avx2")
        self.assertEqual((str(confined), confined.precision), ("avx2 by HEED_CPU", "fp32"))
        self.assertEqual(confined.variables(), {
            "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"})
        options = confined.llama_cpp_options()
        self.assertEqual(options[0], "-DGGML_NATIVE=OFF")
        self.assertLessEqual({"-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON"}, set(options))
        self.assertEqual(
            [option for option in options if "AVX512" in option],
            ["-DGGML_AVX512=OFF", "-DGGML_AVX512_VNNI=OFF", "-DGGML_AVX512_BF16=OFF"])
        self.assertNotIn("ON", "".join(self.in_use(self.ZEN4, HEED_CPU="generic").llama_cpp_options()))

    def test_more_than_there_is_and_what_is_nothing_are_refused(self):
        for wanted in ("avx512", "AVX2", ""):
            with self.assertRaisesRegex(UnknownProcessor, f"HEED_CPU is '{wanted}', expected .*generic, avx2;"):
                self.in_use(self.ZEN3, HEED_CPU=wanted)

    def test_the_kinds_are_those_of_the_kernels(self):
        source = Path(__file__).resolve().parent.parent / "Sources/CTorch/Processor.cpp"
        for kind in KINDS:
            self.assertIn(f'{{"{kind.name}", "{kind.libtorch}", "{kind.one_dnn}"', source.read_text())


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
        limits = roofline.Limits("bf16", operations=40_000, bandwidth=2_000)
        # One sequence: 2,000 bytes take a second. 64: 128,000 operations take 3.2 s.
        self.assertAlmostEqual(roofline.decoding(1)(limits, model), 1)
        self.assertAlmostEqual(roofline.decoding(64)(limits, model), 20)
        # Before 10 steps of 3.2 s, 64 prompts of 25 tokens: 64 · 25 · 1,800 operations, 72 s.
        self.assertAlmostEqual(roofline.generating(25, 64, 10)(limits, model), 640 / (72 + 32))

    def test_a_model_is_sampled_in_its_own_two_bytes_whatever_it_is_multiplied_in(self):
        model = roofline.Model(layers=900, head=100)
        rates = [
            roofline.decoding(1)(roofline.Limits(precision, 40_000, 2_000), model) for precision in ("bf16", "fp32")]
        self.assertEqual(rates, [1, 1])

    def test_training_and_prefill(self):
        model = roofline.Model(layers=900, head=100)
        limits = roofline.Limits("fp32", operations=72_000, bandwidth=1e9)
        self.assertAlmostEqual(roofline.prefill(limits, model), 40)
        self.assertAlmostEqual(roofline.full_training(50)(limits, model), 12)
        self.assertAlmostEqual(roofline.adapter_training(50)(limits, model), 18)
        self.assertAlmostEqual(roofline.preference_training(50)(limits, model), 9)

    def test_training_reads_its_weights_in_every_pass(self):
        model = roofline.Model(layers=900, head=100)
        # Three passes over 1,000 weights at 2,000 bytes a second: 1 s each in bf16, 2 s in fp32.
        for precision, seconds in (("bf16", 3), ("fp32", 6)):
            limits = roofline.Limits(precision, operations=1e12, bandwidth=2_000)
            self.assertAlmostEqual(roofline.full_training(50)(limits, model), 50 / seconds)

    def test_group_training_adds_its_phases(self):
        model = roofline.Model(layers=900, head=100)
        # A prompt of 10 tokens: 10 · 1,800 operations, 0.3 s. Steps of 4 sequences read 2,000 bytes, 2 s each;
        # in fp32 4,000 bytes, 4 s each. Training: 3 passes of (10 + 4 · 5) · 2,000 operations, 1 s each in
        # bf16; in fp32 each reads for 4 s.
        for precision, seconds in (("bf16", 0.3 + 5 * 2 + 3 * 2), ("fp32", 0.3 + 5 * 4 + 3 * 4)):
            limits = roofline.Limits(precision, operations=60_000, bandwidth=1_000)
            self.assertAlmostEqual(roofline.group_training(10, 4, 5)(limits, model), 4 * 5 / seconds)


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
        quiet = results.row(
            "a", "tok/s", [200], [100], "p", goal=1.5, bound=400, share=0.8, precision="fp32",
            peer_precision="q8_0")
        busy = results.row("b", "s", [1], [2], "p", less_is_better=True, most=0.5, others=0.8)
        lines = results.table([quiet, busy]).splitlines()
        self.assertEqual(
            lines[2],
            "| a | tok/s | 200 | fp32 | p | q8_0 | 100 | 2.00 × | 0% | ≥ 1.5 × | 400 (50%, goal 80%) |  |")
        self.assertTrue(lines[3].endswith("| ≤ 0.5 s |  | 0.8 |"))
        with tempfile.TemporaryDirectory() as folder:
            results.write([quiet, busy], Path(folder) / "bench.json")
            found = json.loads((Path(folder) / "bench.json").read_text())
        self.assertEqual([row["busy"] for row in found], [False, True])
        self.assertEqual(
            {key: found[0][key] for key in ("work", "heed", "peer", "peer_value", "ratio", "spread", "precision")},
            {"work": "a", "heed": 200, "peer": "p", "peer_value": 100, "ratio": 2, "spread": 0,
             "precision": "fp32"})

    def test_a_work_gives_its_own_row_and_one_of_memory_for_each_peer(self):
        series = {
            "Heed": results.Series([10], [50_000_000], [0.0]),
            "TRL": results.Series([5], [200_000_000], [0.3]),
            "TRL, activations kept": results.Series([8], [300_000_000], [0.0])}
        work = next(work for work in works.listed(amount.FULL) if work.name == "sft")
        own, memory, second, _ = results.rows(work, series, 40, Processor(KINDS[-1]))
        self.assertEqual((second.peer, second.ratio), ("TRL, activations kept", 1.25))
        self.assertEqual((own.work, own.ratio, own.bound, own.is_busy), ("sft", 2, 40, True))
        self.assertEqual((own.goal, own.precision, memory.goal, second.goal), (2.7, "bf16", 2, None))
        self.assertEqual((memory.work, memory.heed, memory.ratio), ("sft: peak memory", 50, 4))
        lesser, memory, *_ = results.rows(work, series, 40, Processor(KINDS[1]))
        self.assertEqual((lesser.goal, lesser.share, lesser.peer_precision), (1.7, 0.85, "fp32"))
        self.assertIsNone(memory.goal)
        speed, peaks = results.tables([own, memory]).split("\n\n")
        self.assertEqual((speed, peaks), (results.table([own]), results.table([memory])))

    def test_numbers_keep_three_digits(self):
        numbers = [results.number(value) for value in (1234.5, 45.67, 0.456)]
        self.assertEqual(numbers, ["1,234", "45.7", "0.46"])


class WorkTests(unittest.TestCase):
    def test_names_are_distinct_and_chosen_by_their_beginning(self):
        names = works.names()
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(works.chosen([]), names)
        self.assertEqual(works.chosen(["sample-1"]), ["sample-1"])
        self.assertIn("sample-16", works.chosen(["sample"]))
        self.assertNotIn("small-sft", works.chosen(["sft"]))
        with self.assertRaisesRegex(works.UnknownWork, "no work is called 'sampling'.*sample-8"):
            works.chosen(["sampling"])

    def test_all_sides_do_the_same_amount_which_is_less_on_a_slow_machine(self):
        slow, fast = (amount.bearable(roofline.Limits("fp32", rate, 1)) for rate in (1e11, 1e12))
        self.assertLess(slow.new_tokens, fast.new_tokens)
        self.assertLess(slow.steps, fast.steps)
        self.assertLess(slow.pretraining_steps, fast.pretraining_steps)
        self.assertGreater(slow.steps, works.WARM_UP_STEPS)
        for work in works.listed(slow):
            steps = slow.pretraining_steps if work.name == "pretrain-bits" else slow.steps
            for contestant in (work.heed, *work.peers):
                command = self.command(contestant)
                for option, number in [
                    ("--max-steps", steps), ("--new-tokens", slow.new_tokens),
                    ("--max-new-tokens", slow.new_tokens),
                ]:
                    if option in command and work.name not in ("prefill", "first-token", "grpo"):
                        self.assertEqual(command[command.index(option) + 1], number, work.name)

    def test_every_side_is_told_the_precision_that_its_row_names(self):
        for kind in (KINDS[1], KINDS[-1]):
            for work in works.listed(amount.FULL):
                for contestant in (work.heed, *work.peers):
                    command, precision = self.command(contestant, kind), contestant.precision(Processor(kind))
                    if contestant.name.startswith("llama.cpp"):
                        self.assertIn(Path(f"/bench/smollm2-135m-instruct-{precision}.gguf"), command)
                    elif precision:
                        self.assertEqual(command[command.index("--precision") + 1], precision)
                    else:
                        self.assertNotIn("--precision", command)

    def command(self, contestant, kind=KINDS[1]):
        return contestant.command(Environment(Path("/bench"), Path("/heed"), Processor(kind)), Path("/scratch"))

    def test_every_goal_is_of_a_work_and_a_peer(self):
        for of_kind in (goals.WITH_BFLOAT16, goals.WITHOUT_BFLOAT16):
            for name, goal in of_kind.items():
                work = next(work for work in works.listed(amount.FULL) if work.name == name)
                self.assertLessEqual({*goal.ratios, *goal.memory}, {peer.name for peer in work.peers})
                self.assertFalse(goal.share and not work.bound, name)

    def test_the_rate_of_training_is_that_of_the_median_step_after_the_first(self):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            run.mkdir()
            # Steps of 9, 2, 4, 2 and 3 seconds; the first does not count.
            ends = [9, 11, 15, 17, 20]
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
