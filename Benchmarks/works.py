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
PROMPT_TOKENS, NEW_TOKENS = 64, 128


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
        bound=roofline.generating(PROMPT_TOKENS, sequences, NEW_TOKENS))


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

    def trl(*more):
        def command(environment, scratch):
            return environment.peer(
                script, "--model", model(environment), "--output", scratch,
                *training_options(environment, rows_file, batch_size, rank), *more)
        return command

    return Work(
        name, "tok/s", Contestant("Heed", heed, heed_training_rate),
        (Contestant("TRL", trl(), trl_training_rate, goal, memory_goal),
         Contestant("TRL, activations kept", trl("--keep-activations"), trl_training_rate)), bound=bound)


def group_training(name, answers, new_tokens, *, goal, memory_goal):
    """GRPO: each step one prompt and a group of answers to it; what counts is how many tokens of them it writes."""
    options = ["--batch-size", answers, "--max-steps", STEPS]

    def heed(environment, scratch):
        return [
            environment.heed, "grpo", "--model", environment.model, "--output", scratch / "run",
            "--prompts", environment.data / "prompts-16.jsonl", "--reward", "concise", *options,
            "--group-size", answers, "--max-new-tokens", new_tokens,
            "--no-shuffle", "--checkpoint-every", 0, "--precision", "bf16", "--quiet"]

    def trl(environment, scratch):
        return environment.peer(
            "trl_grpo", "--model", environment.model, "--output", scratch,
            "--train", environment.data / "prompts-16.jsonl", *options, "--max-length", new_tokens)

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
        (Contestant("TRL", trl, trl_rate, goal, memory_goal),),
        bound=roofline.group_training(PROMPT_TOKENS, answers, new_tokens))


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
    group_training("grpo", answers=8, new_tokens=64, goal=6, memory_goal=2),
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
