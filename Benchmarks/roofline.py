"""Bounds that the machine sets: how fast each work can be, by products and memory measured in the run."""

import json
from dataclasses import dataclass

BYTES_PER_WEIGHT = 2  # bf16


@dataclass(frozen=True)
class Limits:
    """Both measured, not read from a data sheet."""

    operations: float  # floating-point operations a second of a large bf16 product
    bandwidth: float  # bytes a second read from memory


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


def decoding(sequences):
    """A step reads all weights once and multiplies them with a row a sequence."""

    def bound(limits, model):
        reading = model.weights * BYTES_PER_WEIGHT / limits.bandwidth
        multiplying = 2 * model.weights * sequences / limits.operations
        return sequences / max(reading, multiplying)

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


def full_training(limits, model):
    """Forward, gradient of the activations, gradient of the weights."""
    return limits.operations / (6 * model.weights)


def adapter_training(limits, model):
    """As in full training, without the gradient of the weights."""
    return limits.operations / (4 * model.weights)


def preference_training(limits, model):
    """Full training, and a forward pass of the reference."""
    return limits.operations / (8 * model.weights)


def group_training(prompt, answers, new_tokens):
    """A prompt read once, its answers decoded together, and full training on prompt and answers."""

    def bound(limits, model):
        reading = prompt / prefill(limits, model)
        decoding_seconds = answers * new_tokens / decoding(answers)(limits, model)
        training = (prompt + answers * new_tokens) / full_training(limits, model)
        return answers * new_tokens / (reading + decoding_seconds + training)

    return bound
