"""Measures what the machine can do at best: a large product, and reading memory: limits.py bf16|fp32."""

import json
import sys
import time

import torch

SIZE = 2048
READ_BYTES = 1 << 30
TYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def best_seconds(work, repetitions):
    def seconds():
        started = time.perf_counter()
        work()
        return time.perf_counter() - started
    return min(seconds() for _ in range(repetitions))


def products(left, right):
    """PyTorch's own way, and oneDNN's with a packed matrix: in fp32 either may be the faster."""
    yield lambda: left @ right
    if torch.backends.mkldnn.is_available():
        packed = torch.ops.mkldnn._reorder_linear_weight(right, SIZE)
        yield lambda: torch.ops.mkldnn._linear_pointwise(left, packed, None, "none", [], "")


precision = sys.argv[1]
left, right = (torch.randn(SIZE, SIZE, dtype=TYPES[precision]) for _ in range(2))
memory = torch.ones(READ_BYTES // 4)
print(json.dumps({
    "precision": precision,
    "operations": 2 * SIZE**3 / min(best_seconds(product, 20) for product in products(left, right)),
    "bandwidth": READ_BYTES / best_seconds(memory.sum, 10)}))
