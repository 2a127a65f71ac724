"""What is measured: each work done by Heed's own command and by its peers, on the same rows, in bf16.

A contestant is a command and a way to read its figure: of a sampling program tokens over the seconds of
generating, of a training program tokens over the median step after the first ones.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import roofline

ROWS, LENGTH = 4, 256
STEPS, WARM_UP_STEPS = 6, 2
STEP_TOKENS = ROWS * LENGTH
NEW_TOKENS = 128


@dataclass(frozen=True)
class Contestant:
    name: str
    command: Callable  # (environment, scratch folder) -> arguments
    value: Callable  # (outcome, scratch folder) -> number
    goal: float | None = None  # how many times better Heed is to be
    memory_goal: float | None = None
    processors: int | None = None  # that it may use; None: all
    stdin: Callable | None = None  # environment -> file


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
            "--max-new-tokens", new_tokens, "--slots", slots, "--ignore-eos", "--precision", "bf16",
            "--quiet", "--json"]
    return command


def peer_sample(script, model, tokenizer, prompts, new_tokens, *options):
    def command(environment, _):
        return environment.peer(
            script, "--model", model(environment), "--tokenizer", tokenizer(environment),
            "--prompts", environment.data / prompts, "--new-tokens", new_tokens, *options)
    return command


def default_model(environment):
    return environment.model


def small_model(environment):
    return environment.small_model


def gguf(environment):
    return environment.gguf


def sampling_work(name, prompts, new_tokens, slots, value, *, goals, model=default_model, bound=None):
    """Heed, transformers and, for the default model, llama.cpp."""
    peers = [("transformers", "transformers_sample", model)]
    if model is default_model:
        peers.append(("llama.cpp", "llama_cpp_sample", gguf))
    return Work(
        name, "tok/s", Contestant("Heed", heed_sample(model, prompts, new_tokens, slots), value),
        tuple(
            Contestant(peer, peer_sample(script, weights, model, prompts, new_tokens), value, goals.get(peer))
            for peer, script, weights in peers),
        bound=bound)


def sampling(sequences, **goals):
    return sampling_work(
        f"sample-{sequences}", f"prompts-{sequences}.jsonl", NEW_TOKENS, sequences, generation_rate,
        goals={"transformers": goals.get("transformers"), "llama.cpp": goals.get("llama")},
        bound=roofline.decoding(sequences))


def small_sampling(sequences, goal):
    return sampling_work(
        f"small-sample-{sequences}", f"small-prompts-{sequences}.jsonl", NEW_TOKENS, sequences,
        generation_rate, goals={"transformers": goal}, model=small_model)


def prefill():
    return sampling_work(
        "prefill", "long-prompts.jsonl", 1, 8, prefill_rate, goals={}, bound=roofline.prefill)


def first_token():
    """Heed's whole process, start to end; of a peer, loading and the first token, without its imports."""
    def whole(outcome, _):
        return outcome.seconds

    def inside(outcome, _):
        report = json.loads(outcome.output)
        return report["loading_seconds"] + report["generating_seconds"]

    prompts = "prompts-1.jsonl"
    peers = [
        ("transformers", "transformers_sample", default_model), ("llama.cpp", "llama_cpp_sample", gguf)]
    return Work(
        "first-token", "s", Contestant("Heed", heed_sample(default_model, prompts, 1, 1), whole),
        tuple(
            Contestant(name, peer_sample(script, model, default_model, prompts, 1, "--warm-up", 0), inside)
            for name, script, model in peers),
        less_is_better=True)


# Training

def step_rate(step_seconds):
    return STEP_TOKENS / statistics.median(step_seconds[WARM_UP_STEPS:])


def heed_training_rate(_, scratch):
    lines = (scratch / "run" / "metrics.jsonl").read_text().splitlines()
    ends = [0.0] + [json.loads(line)["seconds"] for line in lines]
    return step_rate([end - start for start, end in zip(ends, ends[1:])])


def trl_training_rate(outcome, _):
    # The trainer prints its metrics too; the report is the last line.
    return step_rate(json.loads(outcome.output.splitlines()[-1])["step_seconds"])


def training_options(environment, rows_file, batch_size, rank):
    options = [
        "--train", environment.data / rows_file, "--batch-size", batch_size, "--max-length", LENGTH,
        "--max-steps", STEPS]
    return options + (["--lora-rank", rank] if rank else [])


def training(name, verb, script, rows_file, batch_size, *, goal, memory_goal, bound=None, rank=None,
             model=default_model):
    def heed(environment, scratch):
        return [
            environment.heed, verb, "--model", model(environment), "--output", scratch / "run",
            *training_options(environment, rows_file, batch_size, rank),
            *(["--lora-dropout", 0] if rank else []),
            "--no-shuffle", "--checkpoint-every", 0, "--precision", "bf16", "--quiet"]

    def trl(environment, scratch):
        return environment.peer(
            script, "--model", model(environment), "--output", scratch,
            *training_options(environment, rows_file, batch_size, rank))

    return Work(
        name, "tok/s", Contestant("Heed", heed, heed_training_rate),
        (Contestant("TRL", trl, trl_training_rate, goal, memory_goal),), bound=bound)


# Tokenizing

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
        Contestant("Heed", heed, lambda outcome, _: outcome.seconds, stdin=corpus, processors=processors),
        (Contestant(
            "tokenizers", peer, lambda outcome, _: json.loads(outcome.output)["seconds"], goal=1,
            processors=processors),),
        less_is_better=True)


ALL = [
    sampling(1, llama=1.2),
    *(sampling(sequences, transformers=6, llama=2.3) for sequences in (8, 16, 32)),
    sampling(64),
    prefill(),
    first_token(),
    training(
        "sft", "sft", "trl_sft", "texts.jsonl", ROWS, goal=2.7, memory_goal=2, bound=roofline.full_training),
    training(
        "lora", "sft", "trl_sft", "texts.jsonl", ROWS, goal=3, memory_goal=2, bound=roofline.adapter_training,
        rank=16),
    training(
        "dpo", "dpo", "trl_dpo", "comparisons.jsonl", ROWS // 2, goal=2.7, memory_goal=2,
        bound=roofline.preference_training),
    small_sampling(32, goal=15),
    training(
        "small-sft", "sft", "trl_sft", "small-texts.jsonl", ROWS, goal=2.5, memory_goal=2, model=small_model),
    tokenizing(1),
    tokenizing(2),
]


def names():
    return [work.name for work in ALL]


class UnknownWork(Exception):
    """A name that no work has or begins with."""


def selected(chosen):
    """The works called so, and those whose names go on from it: `sample` is `sample-1`, `sample-8`, …"""
    def matches(work, name):
        return work.name == name or work.name.startswith(f"{name}-")

    for name in chosen:
        if not any(matches(work, name) for work in ALL):
            raise UnknownWork(f"no work is called '{name}'; there are: {', '.join(names())}")
    return [work for work in ALL if not chosen or any(matches(work, name) for name in chosen)]
