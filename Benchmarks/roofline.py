"""Bounds that the machine sets: how fast each work can be, by products and memory measured in the run."""

import json
from dataclasses import dataclass

WEIGHT_BYTES = {"bf16": 2, "fp32": 4}
# Models come in bf16, whatever they are multiplied in: who samples needs to read no more of a weight.
SAMPLED_WEIGHT_BYTES = WEIGHT_BYTES["bf16"]


@dataclass(frozen=True)
class Limits:
    """All measured, not read from a data sheet."""

    precision: str  # of the products
    operations: float  # floating-point operations a second of a large product
    bandwidth: float  # bytes a second read from memory

    @property
    def trained_weight_bytes(self):
        """Weights that change are multiplied in full: rounded for bf16 products, as they are in fp32."""
        return WEIGHT_BYTES[self.precision]


@dataclass(frozen=True)
class Model:
    """Weights that take part in products, each costing two operations a token."""

    layers: int
    head: int

    @property
    def weights(self):
        return self.layers + self.head

    @classmethod
    def from_configuration(cls, path):
        configuration = json.loads(path.read_text())
        hidden = configuration["hidden_size"]
        heads = configuration["num_attention_heads"]
        key_value_heads = configuration.get("num_key_value_heads", heads)
        head_size = configuration.get("head_dim") or hidden // heads
        attention = 2 * hidden * head_size * (heads + key_value_heads)
        feed_forward = 3 * hidden * configuration["intermediate_size"]
        layers = configuration["num_hidden_layers"] * (attention + feed_forward)
        return cls(layers=layers, head=configuration["vocab_size"] * hidden)


def pass_seconds(limits, model, rows, weight_bytes):
    """All weights are read once and multiplied with every row."""
    return max(model.weights * weight_bytes / limits.bandwidth, 2 * model.weights * rows / limits.operations)


def decoding(sequences, weight_bytes=SAMPLED_WEIGHT_BYTES):
    """A pass a step, with a row a sequence."""

    def bound(limits, model):
        return sequences / pass_seconds(limits, model, sequences, weight_bytes)

    return bound


def generating(prompt, sequences, new_tokens):
    """Prompts read, then a token of each sequence in every step."""

    def bound(limits, model):
        reading = sequences * prompt / prefill(limits, model)
        decoded = sequences * new_tokens
        return decoded / (reading + decoded / decoding(sequences)(limits, model))

    return bound


def prefill(limits, model):
    """The head is needed for the last token alone."""
    return limits.operations / (2 * model.layers)


def training(rows, passes):
    """Steps of so many tokens: a pass forward, one for the gradient of the activations, one for that of the weights."""

    def bound(limits, model):
        return rows / (passes * pass_seconds(limits, model, rows, limits.trained_weight_bytes))

    return bound


def full_training(rows):
    return training(rows, passes=3)


def adapter_training(rows):
    """Without the gradient of the weights."""
    return training(rows, passes=2)


def preference_training(rows):
    """Full training, and a pass of the reference."""
    return training(rows, passes=4)


def group_training(prompt, answers, new_tokens):
    """A prompt read once, its answers decoded together, and full training on prompt and answers."""

    def bound(limits, model):
        written = answers * new_tokens
        reading = prompt / prefill(limits, model)
        decoding_seconds = written / decoding(answers, limits.trained_weight_bytes)(limits, model)
        learned = prompt + written
        return written / (reading + decoding_seconds + learned / full_training(learned)(limits, model))

    return bound
