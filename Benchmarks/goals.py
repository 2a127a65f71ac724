"""What Heed is to reach on each kind of machine, in one run on a quiet one."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """Of one work. Ratios say how many times better than a peer Heed is to be, by the peer's name."""

    ratios: dict = field(default_factory=dict)
    memory: dict = field(default_factory=dict)  # ratios of peak memory
    share: float | None = None  # of the roofline
    most: float | None = None  # in the work's unit, where less is better


HALF = {"TRL": 2}

EVERYWHERE = {
    "first-token": Goal(most=0.5),
    "tokenize-1": Goal({"tokenizers": 1}),
    "tokenize-2": Goal({"tokenizers": 1}),
    "tokenizer-train-1": Goal({"tokenizers": 1}),
    "tokenizer-train-2": Goal({"tokenizers": 1}),
}

WITH_BFLOAT16 = EVERYWHERE | {
    "sample-1": Goal({"llama.cpp": 1.2}),
    **{f"sample-{sequences}": Goal({"transformers": 5, "llama.cpp": 2.3}) for sequences in (8, 16, 32)},
    "sft": Goal({"TRL": 2.7}, HALF),
    "lora": Goal({"TRL": 3}, HALF),
    "dpo": Goal({"TRL": 2.7}, HALF),
    "grpo": Goal({"TRL": 6}, HALF),
    "small-sample-32": Goal({"transformers": 15}),
    "small-sft": Goal({"TRL": 2.5}, HALF),
    "pretrain": Goal({"PyTorch": 2.5}, {"PyTorch": 1 / 0.6}),
}

NEAR_LLAMA_CPP = {"llama.cpp": 1 / 1.3}

WITHOUT_BFLOAT16 = EVERYWHERE | {
    "sample-1": Goal({"llama.cpp": 1.5}, NEAR_LLAMA_CPP, share=0.8),
    **{
        f"sample-{sequences}": Goal({"transformers": 2.6, "llama.cpp": 1.8}, NEAR_LLAMA_CPP, share=0.7)
        for sequences in (8, 16, 32)},
    "prefill": Goal(share=0.85),
    "sft": Goal({"TRL": 1.7}, share=0.85),
    "lora": Goal({"TRL": 2.2}, HALF, share=0.8),
}


def goal(work, precision):
    """Of the work with this name, where processors are fastest in this precision."""
    return (WITH_BFLOAT16 if precision == "bf16" else WITHOUT_BFLOAT16).get(work, Goal())
