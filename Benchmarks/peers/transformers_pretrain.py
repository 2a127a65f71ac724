"""Trains a small model on packed documents with PyTorch and transformers, as `heed pretrain` does.

Documents are laid end to end and cut into rows; attention stays within each by a mask, positions begin again, and the
first token of a document or piece is not scored. AdamW in fp32 under autocast, a rate that falls over the last part.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, get_wsd_schedule

parser = argparse.ArgumentParser()
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--train", type=Path, required=True)
parser.add_argument("--eval", type=Path, required=True)
parser.add_argument("--batch-size", type=int, required=True)
parser.add_argument("--max-length", type=int, required=True)
parser.add_argument("--max-steps", type=int, required=True)
parser.add_argument("--learning-rate", type=float, required=True)
parser.add_argument("--precision", choices=("bf16", "fp32"), required=True)
options = parser.parse_args()

SEPARATOR = 0
tokenizer = AutoTokenizer.from_pretrained(options.model)
model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)


def texts(path):
    return [json.loads(line)["text"] for line in path.read_text().splitlines()]


def tokens(text):
    return [SEPARATOR] + tokenizer.encode(text, add_special_tokens=False)


def rows():
    """Tokens, positions and the number of the document of every token, row by row."""
    stream, wanted = [], options.max_steps * options.batch_size * options.max_length
    for number, text in enumerate(texts(options.train)):
        stream += [(token, number) for token in tokens(text)]
        if len(stream) >= wanted:
            break
    for start in range(0, wanted, options.max_length):
        row = stream[start:start + options.max_length]
        positions, last = [], None
        for _, number in row:
            positions.append(positions[-1] + 1 if number == last else 0)
            last = number
        yield [token for token, _ in row], positions, [number for _, number in row]


def losses(ids, positions, documents):
    """Of every token that has one before it in its document, summed, and how many there are."""
    same = documents[:, :, None] == documents[:, None, :]
    mask = (same & torch.ones_like(same).tril())[:, None]
    with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
        logits = model(ids, attention_mask=mask, position_ids=positions).logits
    scored = positions[:, 1:] > 0
    found = torch.nn.functional.cross_entropy(logits[:, :-1][scored].float(), ids[:, 1:][scored], reduction="sum")
    return found, int(scored.sum())


def bits_per_byte():
    bits, byte_count = 0.0, 0
    with torch.no_grad():
        for text in texts(options.eval):
            ids = torch.tensor([tokens(text)[:model.config.max_position_embeddings]])
            positions = torch.arange(ids.shape[1])[None]
            bits += losses(ids, positions, torch.zeros_like(ids))[0].item() / math.log(2)
            byte_count += len(text.encode())
    return bits / byte_count


decayed = [weight for weight in model.parameters() if weight.dim() == 2]
others = [weight for weight in model.parameters() if weight.dim() != 2]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
    lr=options.learning_rate, betas=(0.9, 0.95))
warmup, decay = math.ceil(0.02 * options.max_steps), math.ceil(0.65 * options.max_steps)
schedule = get_wsd_schedule(
    optimizer, warmup, decay, num_training_steps=options.max_steps, decay_type="linear")
packed = [torch.tensor(column) for column in zip(*rows())]
step_seconds = []
for step in range(options.max_steps):
    started = time.perf_counter()
    batch = slice(step * options.batch_size, (step + 1) * options.batch_size)
    loss, count = losses(*(column[batch] for column in packed))
    (loss / count).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()
    step_seconds.append(time.perf_counter() - started)
print(json.dumps({"step_seconds": step_seconds, "bits_per_byte": bits_per_byte()}))
