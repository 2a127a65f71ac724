"""How much one repetition does, the same for all sides."""

from dataclasses import dataclass

# Operations a second below which a repetition does less: three of all works are to take 40 minutes at most.
SLOW = 220e9


@dataclass(frozen=True)
class Amount:
    new_tokens: int  # of a sampled answer
    steps: int  # of training, the first included, which does not count
    pretraining_steps: int  # after which it is measured what was learned


FULL, LESS = Amount(new_tokens=128, steps=4, pretraining_steps=60), Amount(
    new_tokens=64, steps=3, pretraining_steps=20)


def bearable(limits):
    """For a machine with these limits."""
    return LESS if limits.operations < SLOW else FULL
