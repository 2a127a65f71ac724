"""What the programs that sample share: their arguments, and what they print for the benchmark to read."""

import argparse
import json
from pathlib import Path


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--new-tokens", type=int, required=True)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16", help="of products, if it can choose")
    # Tokens sampled before the clock starts; 0: none.
    parser.add_argument("--warm-up", type=int, default=4)
    parser.add_argument("--device", default="cpu", help="where it runs, as PyTorch calls it")
    return parser.parse_args()


def prompts(path):
    return [json.loads(line)["prompt"] for line in path.read_text().splitlines()]


def report(prompt_tokens, tokens, loading_seconds, seconds):
    print(json.dumps({
        "prompt_tokens": prompt_tokens, "tokens": tokens, "loading_seconds": loading_seconds,
        "generating_seconds": seconds}))
