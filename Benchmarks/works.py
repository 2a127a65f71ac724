"""What is measured: each work done by Heed's own command and by its peers, on the same rows.

A contestant is a command and a way to read its figure: of a sampling program tokens over the seconds of
generating, of a training program tokens over the median step after the first.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import roofline
from amount import FULL

ROWS, LENGTH = 4, 256
STEP_TOKENS = ROWS * LENGTH
PROMPT_TOKENS = 64
WARM_UP_STEPS = 1
WEIGHTS = "bf16"  # of Heed where it only answers


@dataclass(frozen=True)
class Contestant:
    name: str
    command: Callable  # (environment, scratch folder) -> arguments
    value: Callable  # (outcome, scratch folder) -> number
    weights: str | None = None  # what they are kept in, where that is no choice of precision; "": there are none
    processors: int | None = None  # that it may use; None: all
    stdin: Callable | None = None  # environment -> file

    def precision(self, processor):
        """What it computes in, on such a processor."""
        return processor.precision if self.weights is None else self.weights


@dataclass(frozen=True)
class Work:
    name: str
    unit: str
    heed: Contestant
    peers: tuple
    less_is_better: bool = False
    bound: Callable | None = None  # (limits, model) -> number, for the default model


# Sampling

def generation_rate(outcome, _):
    report = json.loads(outcome.output)
    return report["tokens"] / report["generating_seconds"]


def prefill_rate(outcome, _):
    report = json.loads(outcome.output)
    return report["prompt_tokens"] / report["generating_seconds"]


def heed_sample(model, prompts, new_tokens, slots):
    def command(environment, scratch):
        return [
            environment.heed, "sample", "--model", model(environment),
            "--prompts", environment.data / prompts, "--output", scratch / "answers.jsonl",
            "--max-new-tokens", new_tokens, "--slots", slots, "--ignore-eos",
            "--precision", WEIGHTS, "--quiet", "--json"]
    return command


def heed_answers(value, model, prompts, new_tokens, slots):
    """Its weights take two bytes on every processor."""
    return Contestant("Heed", heed_sample(model, prompts, new_tokens, slots), value, weights=WEIGHTS)


def default_model(environment):
    return environment.model


def small_model(environment):
    return environment.small_model


def transformers(value, model, prompts, new_tokens, *options):
    def command(environment, _):
        return environment.peer(
            "transformers_sample", "--model", model(environment), "--tokenizer", model(environment),
            "--precision", environment.processor.precision,
            "--prompts", environment.data / prompts, "--new-tokens", new_tokens, *options)
    return Contestant("transformers", command, value)


def llama_cpp(name, weights, value, prompts, new_tokens, *options):
    def command(environment, _):
        return environment.peer(
            "llama_cpp_sample", "--model", environment.gguf(weights), "--tokenizer", environment.model,
            "--prompts", environment.data / prompts, "--new-tokens", new_tokens, *options)
    return Contestant(name, command, value, weights)


def sampling_peers(value, prompts, new_tokens, *options):
    """Of the default model."""
    return (
        transformers(value, default_model, prompts, new_tokens, *options),
        llama_cpp("llama.cpp", "bf16", value, prompts, new_tokens, *options),
        llama_cpp("llama.cpp Q8_0", "q8_0", value, prompts, new_tokens, *options))


def sampling(sequences, amount):
    prompts = f"prompts-{sequences}.jsonl"
    return Work(
        f"sample-{sequences}", "tok/s",
        heed_answers(generation_rate, default_model, prompts, amount.new_tokens, sequences),
        sampling_peers(generation_rate, prompts, amount.new_tokens),
        bound=roofline.generating(PROMPT_TOKENS, sequences, amount.new_tokens))


def small_sampling(sequences, amount):
    prompts = f"small-prompts-{sequences}.jsonl"
    return Work(
        f"small-sample-{sequences}", "tok/s",
        heed_answers(generation_rate, small_model, prompts, amount.new_tokens, sequences),
        (transformers(generation_rate, small_model, prompts, amount.new_tokens),))


def prefill():
    prompts = "long-prompts.jsonl"
    return Work(
        "prefill", "tok/s", heed_answers(prefill_rate, default_model, prompts, 1, 8),
        sampling_peers(prefill_rate, prompts, 1), bound=roofline.prefill)


def first_token():
    """Heed's whole process, start to end; of a peer, loading and the first token, without its imports."""
    def whole(outcome, _):
        return outcome.seconds

    def inside(outcome, _):
        report = json.loads(outcome.output)
        return report["loading_seconds"] + report["generating_seconds"]

    prompts = "prompts-1.jsonl"
    return Work(
        "first-token", "s", heed_answers(whole, default_model, prompts, 1, 1),
        sampling_peers(inside, prompts, 1, "--warm-up", 0), less_is_better=True)


# Training

def step_rate(step_seconds):
    return STEP_TOKENS / statistics.median(step_seconds[WARM_UP_STEPS:])


def metrics(scratch):
    return [json.loads(line) for line in (scratch / "run" / "metrics.jsonl").read_text().splitlines()]


def step_seconds(metrics):
    ends = [0.0] + [step["seconds"] for step in metrics]
    return [end - start for start, end in zip(ends, ends[1:])]


def heed_training_rate(_, scratch):
    return step_rate(step_seconds(metrics(scratch)))


def trl_training_rate(outcome, _):
    # The trainer prints its metrics too; the report is the last line.
    return step_rate(json.loads(outcome.output.splitlines()[-1])["step_seconds"])


def training(name, verb, script, rows_file, batch_size, amount, *, bound=None, rank=None, model=default_model):
    def options(environment):
        options = [
            "--train", environment.data / rows_file, "--batch-size", batch_size, "--max-length", LENGTH,
            "--max-steps", amount.steps, "--precision", environment.processor.precision]
        return options + (["--lora-rank", rank] if rank else [])

    def heed(environment, scratch):
        return [
            environment.heed, verb, "--model", model(environment), "--output", scratch / "run",
            *options(environment), *(["--lora-dropout", 0] if rank else []),
            "--no-shuffle", "--checkpoint-every", 0, "--quiet"]

    def trl(*more):
        def command(environment, scratch):
            return environment.peer(
                script, "--model", model(environment), "--output", scratch, *options(environment), *more)
        return command

    return Work(
        name, "tok/s", Contestant("Heed", heed, heed_training_rate),
        (Contestant("TRL", trl(), trl_training_rate),
         Contestant("TRL, activations kept", trl("--keep-activations"), trl_training_rate)), bound=bound)


def group_training(name, answers, new_tokens, amount):
    """GRPO: each step one prompt and a group of answers to it; what counts is how many tokens of them it writes."""
    def options(environment):
        return [
            "--batch-size", answers, "--max-steps", amount.steps, "--precision", environment.processor.precision]

    def heed(environment, scratch):
        return [
            environment.heed, "grpo", "--model", environment.model, "--output", scratch / "run",
            "--prompts", environment.data / "prompts-16.jsonl", "--reward", "concise", *options(environment),
            "--group-size", answers, "--max-new-tokens", new_tokens,
            "--no-shuffle", "--checkpoint-every", 0, "--quiet"]

    def trl(environment, scratch):
        return environment.peer(
            "trl_grpo", "--model", environment.model, "--output", scratch,
            "--train", environment.data / "prompts-16.jsonl", *options(environment), "--max-length", new_tokens)

    def rate(step_tokens, step_seconds):
        return sum(step_tokens[WARM_UP_STEPS:]) / sum(step_seconds[WARM_UP_STEPS:])

    def heed_rate(_, scratch):
        steps = metrics(scratch)
        return rate([answers * step["completions/mean_length"] for step in steps], step_seconds(steps))

    def trl_rate(outcome, _):
        report = json.loads(outcome.output.splitlines()[-1])
        return rate(report["step_tokens"], report["step_seconds"])

    return Work(
        name, "tok/s", Contestant("Heed", heed, heed_rate),
        (Contestant("TRL", trl, trl_rate),),
        bound=roofline.group_training(PROMPT_TOKENS, answers, new_tokens))


# Pre-training

PRETRAINING_ROWS = 16


def pretraining_rate(step_seconds):
    return PRETRAINING_ROWS * LENGTH / statistics.median(step_seconds[WARM_UP_STEPS:])


def pretraining(name, unit, steps, heed_value, peer_value, *, less_is_better=False):
    """The small model on packed documents, from the same random weights, by the same schedule."""
    def options(environment):
        return [
            "--model", environment.small_model, "--train", environment.texts / "documents.jsonl",
            "--eval", environment.texts / "held-out.jsonl", "--batch-size", PRETRAINING_ROWS,
            "--max-length", LENGTH, "--max-steps", steps, "--learning-rate", 1e-3,
            "--precision", environment.processor.precision]

    def heed(environment, scratch):
        return [
            environment.heed, "pretrain", *options(environment), "--output", scratch / "run",
            "--shards", scratch / "shards", "--no-shuffle", "--eval-every", steps, "--sample-tokens", 1,
            "--checkpoint-every", 0, "--quiet"]

    def peer(environment, _):
        return environment.peer("transformers_pretrain", *options(environment))

    return Work(
        name, unit, Contestant("Heed", heed, heed_value), (Contestant("PyTorch", peer, peer_value),),
        less_is_better=less_is_better)


def pretraining_works(amount):
    def report(outcome):
        return json.loads(outcome.output.splitlines()[-1])

    return [
        pretraining(
            "pretrain", "tok/s", amount.steps,
            lambda _, scratch: pretraining_rate(step_seconds(metrics(scratch))),
            lambda outcome, _: pretraining_rate(report(outcome)["step_seconds"])),
        pretraining(
            "pretrain-bits", "bits/byte", amount.pretraining_steps,
            lambda _, scratch: metrics(scratch)[-1]["eval_bits_per_byte"],
            lambda outcome, _: report(outcome)["bits_per_byte"], less_is_better=True)]


# Tokenizing

LEARNED_TOKENS = 8192


def learning_tokens(processors):
    """A byte-level BPE: Heed's whole process; of `tokenizers`, the learning alone."""
    def texts(environment):
        return environment.texts / "documents.jsonl"

    def heed(environment, scratch):
        return [
            environment.heed, "tokenizer", "train", "--train", texts(environment), "--vocab-size", LEARNED_TOKENS,
            "--special-tokens", "<|endoftext|>", "--output", scratch / "tokenizer", "--quiet"]

    def peer(environment, _):
        return environment.peer("huggingface_train_tokenizer", texts(environment), LEARNED_TOKENS)

    return Work(
        f"tokenizer-train-{processors}", "s",
        Contestant("Heed", heed, lambda outcome, _: outcome.seconds, weights="", processors=processors),
        (Contestant(
            "tokenizers", peer, lambda outcome, _: json.loads(outcome.output)["seconds"], weights="",
            processors=processors),),
        less_is_better=True)


def tokenizing(processors):
    """Heed's whole process, the ids written out; of `tokenizers`, the encoding alone."""
    def corpus(environment):
        return environment.data / "corpus.jsonl"

    def heed(environment, _):
        return [environment.heed, "tokenizer", "encode", "--model", environment.model]

    def peer(environment, _):
        return environment.peer("huggingface_tokenize", environment.model, corpus(environment))

    return Work(
        f"tokenize-{processors}", "s",
        Contestant("Heed", heed, lambda outcome, _: outcome.seconds, weights="", stdin=corpus, processors=processors),
        (Contestant(
            "tokenizers", peer, lambda outcome, _: json.loads(outcome.output)["seconds"], weights="",
            processors=processors),),
        less_is_better=True)


def listed(amount):
    """Every work, a repetition of which does so much."""
    return [
        *(sampling(sequences, amount) for sequences in (1, 8, 16, 32)),
        prefill(),
        first_token(),
        training(
            "sft", "sft", "trl_sft", "texts.jsonl", ROWS, amount, bound=roofline.full_training(STEP_TOKENS)),
        training(
            "lora", "sft", "trl_sft", "texts.jsonl", ROWS, amount, bound=roofline.adapter_training(STEP_TOKENS),
            rank=16),
        training(
            "dpo", "dpo", "trl_dpo", "comparisons.jsonl", ROWS // 2, amount,
            bound=roofline.preference_training(STEP_TOKENS)),
        group_training("grpo", answers=8, new_tokens=64, amount=amount),
        small_sampling(32, amount),
        training("small-sft", "sft", "trl_sft", "small-texts.jsonl", ROWS, amount, model=small_model),
        *pretraining_works(amount),
        tokenizing(1),
        tokenizing(2),
        learning_tokens(1),
        learning_tokens(2),
    ]


def names():
    return [work.name for work in listed(FULL)]


class UnknownWork(Exception):
    """A name that no work has or begins with."""


def chosen(beginnings):
    """The names that are given, and those that go on from them: `sample` is `sample-1`, `sample-8`, …; all of none."""
    def matches(name, beginning):
        return name == beginning or name.startswith(f"{beginning}-")

    for beginning in beginnings:
        if not any(matches(name, beginning) for name in names()):
            raise UnknownWork(f"no work is called '{beginning}'; there are: {', '.join(names())}")
    return [
        name for name in names()
        if not beginnings or any(matches(name, beginning) for beginning in beginnings)]
