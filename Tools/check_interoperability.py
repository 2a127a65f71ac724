#!/usr/bin/env python3
"""Proves that what Heed writes loads in transformers and PEFT and means the same there.

    Tools/check_interoperability.py .build/release/heed MODEL_FOLDER [...]

A folder holds a model in Hugging Face layout or a PEFT adapter. For each, a few texts are scored by `heed score --precision
fp32` and by transformers in float32, token by token; tokenizers are compared on the way. An adapter is also merged by
`heed models merge`, and the merged model in transformers held against the adapter in PEFT. Needs torch, transformers and peft
(any recent versions); Heed itself never does.
"""
import json
import os
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "In 1969, 3 people flew to the Moon; two walked on it. ¿Verdad? 你好 👍",
    "def add(a, b):\n    return a + b\n",
]
TOLERANCE = 1e-3


def load(folder):
    adapter = os.path.join(folder, "adapter_config.json")
    if not os.path.exists(adapter):
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    from peft import PeftModel

    with open(adapter) as file:
        base = json.load(file)["base_model_name_or_path"]
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, folder).eval()


def heed_scores(heed, folder):
    with tempfile.TemporaryDirectory() as scratch:
        data, output = os.path.join(scratch, "data.jsonl"), os.path.join(scratch, "scores.jsonl")
        with open(data, "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in TEXTS)
        command = [heed, "score", "--model", folder, "--data", data, "--output", output, "--precision", "fp32", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(output) as file:
            return [json.loads(line) for line in file]


def log_probabilities(model, ids):
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return logits[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def verdict(worst, what):
    print(f"{'ok' if worst < TOLERANCE else 'DIFFERS'}  {what}: largest difference of a token's log-probability {worst:.2e}")
    return worst < TOLERANCE


def check(heed, folder):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), load(folder)
    worst = 0.0
    for text, row in zip(TEXTS, heed_scores(heed, folder)):
        ids = tokenizer(text + tokenizer.eos_token)["input_ids"]
        if ids != row["tokens"]:
            raise SystemExit(f"{folder}: tokens differ for {text!r}: transformers {ids}, heed {row['tokens']}")
        difference = log_probabilities(model, ids) - torch.tensor(row["logprobs"])
        worst = max(worst, difference.abs().max().item())
    good = verdict(worst, folder)
    if os.path.exists(os.path.join(folder, "adapter_config.json")):
        good = check_merged(heed, folder, tokenizer, model) and good
    return good


def check_merged(heed, folder, tokenizer, adapted):
    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "merged")
        subprocess.run([heed, "models", "merge", folder, output, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        if AutoTokenizer.from_pretrained(output)(TEXTS)["input_ids"] != tokenizer(TEXTS)["input_ids"]:
            raise SystemExit(f"{folder}: the merged model's tokenizer differs")
        merged, worst = load(output), 0.0
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            difference = log_probabilities(merged, ids) - log_probabilities(adapted, ids)
            worst = max(worst, difference.abs().max().item())
        return verdict(worst, f"{folder} merged")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    results = [check(sys.argv[1], folder) for folder in sys.argv[2:]]
    sys.exit(0 if all(results) else 1)
