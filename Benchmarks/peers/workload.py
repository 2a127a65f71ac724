"""Writes what is measured on: workload.py MODEL FOLDER.

A model that is not there is made, of the default one's shape and with random weights.
The texts are the documentation inside transformers' own sources, which the environment pins: English with
some code, the same everywhere. Prompts are windows of them that come out as an exact number of tokens.
"""

import json
import sys
from pathlib import Path

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from texts import documentation, write_rows

PROMPT, LONG_PROMPT, TEXT = 64, 512, 256
SEQUENCES = (1, 8, 16, 32)
TRAINING_ROWS = 64


def windows(tokenizer, ids, length):
    """Texts of exactly `length` tokens, one behind the other."""
    for start in range(0, len(ids) - length, length):
        text = tokenizer.decode(ids[start:start + length])
        if len(tokenizer.encode(text, add_special_tokens=False)) == length:
            yield text


def write_prompts(folder, prefix, tokenizer, ids):
    short, long = windows(tokenizer, ids, PROMPT), windows(tokenizer, ids, LONG_PROMPT)
    short = [{"prompt": next(short)} for _ in range(max(SEQUENCES))]
    for count in SEQUENCES:
        write_rows(folder / f"{prefix}prompts-{count}.jsonl", short[:count])
    write_rows(folder / f"{prefix}long-prompts.jsonl", [{"prompt": next(long)} for _ in range(8)])


def write_training_rows(folder, prefix, tokenizer, ids):
    """Texts a little longer than a row may be, so that each is cut to exactly its limit."""
    texts, prompts, answers = (windows(tokenizer, ids, length) for length in (TEXT + 16, PROMPT, TEXT))
    write_rows(folder / f"{prefix}texts.jsonl", [{"text": next(texts)} for _ in range(TRAINING_ROWS)])
    write_rows(folder / f"{prefix}comparisons.jsonl", [
        {"prompt": next(prompts), "chosen": " " + next(answers), "rejected": " " + next(answers)}
        for _ in range(TRAINING_ROWS)])


def train_tokenizer(texts, size):
    """Byte-level BPE of that many tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|endoftext|>")


# 6 million parameters; the default model's 135 million.
SMALL = dict(
    vocab_size=4096, hidden_size=256, intermediate_size=768, num_hidden_layers=6, num_attention_heads=8,
    num_key_value_heads=4, max_position_embeddings=2048)
SMOLLM2 = dict(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
    num_key_value_heads=3, max_position_embeddings=8192)


def write_random_model(folder, texts, shape):
    """A llama with random weights, and its tokenizer."""
    tokenizer = train_tokenizer(texts, shape["vocab_size"])
    transformers.set_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        **shape, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=0))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def main(model, folder):
    folder.mkdir()
    texts = list(documentation())
    if not model.exists():
        write_random_model(model, texts, SMOLLM2)
    # Each as a JSON string: a text may have many lines.
    (folder / "corpus.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    for prefix, tokenizer in [
        ("", AutoTokenizer.from_pretrained(model)),
        ("small-", write_random_model(folder / "small-model", texts[:4000], SMALL)),
    ]:
        ids = tokenizer.encode("\n\n".join(texts[:2000]), add_special_tokens=False)
        write_prompts(folder, prefix, tokenizer, ids)
        write_training_rows(folder, prefix, tokenizer, ids)


main(Path(sys.argv[1]), Path(sys.argv[2]))
