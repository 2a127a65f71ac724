"""Measures what the machine can do at best: a large bf16 product, and reading memory."""

import json
import time

import torch

SIZE = 2048
READ_BYTES = 1 << 30


def best_seconds(work, repetitions):
    def seconds():
        started = time.perf_counter()
        work()
        return time.perf_counter() - started
    return min(seconds() for _ in range(repetitions))


left, right = (torch.randn(SIZE, SIZE, dtype=torch.bfloat16) for _ in range(2))
memory = torch.ones(READ_BYTES // 4)
print(json.dumps({
    "operations": 2 * SIZE**3 / best_seconds(lambda: left @ right, 30),
    "bandwidth": READ_BYTES / best_seconds(memory.sum, 10)}))
