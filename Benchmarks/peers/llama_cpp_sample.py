"""Decodes with llama.cpp, all prompts in one batch.

It is given the next tokens and draws none: the model alone is measured.
"""

import os
import time

import llama_cpp as llama
import sampling
from tokenizers import Tokenizer


class Batch:
    """Rows of (token, sequence, position) for one call of `llama_decode`."""

    def __init__(self, capacity):
        self.rows = llama.llama_batch_init(capacity, 0, 1)
        self.rows.n_tokens = 0

    def add(self, token, sequence, position, wants_logits):
        row = self.rows.n_tokens
        self.rows.token[row] = token
        self.rows.pos[row] = position
        self.rows.n_seq_id[row] = 1
        self.rows.seq_id[row][0] = sequence
        self.rows.logits[row] = wants_logits
        self.rows.n_tokens += 1

    def decode(self, context):
        status = llama.llama_decode(context, self.rows)
        if status != 0:
            raise RuntimeError(f"llama_decode: {status}")
        llama.llama_synchronize(context)
        self.rows.n_tokens = 0


def load(path, sequences, length):
    model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
    settings = llama.llama_context_default_params()
    settings.n_ctx = sequences * length
    settings.n_batch = sequences * length
    settings.n_seq_max = sequences
    settings.n_threads = settings.n_threads_batch = os.cpu_count()
    context = llama.llama_init_from_model(model, settings)
    if not context:
        raise RuntimeError(f"llama.cpp cannot use {path}")
    return context


def generate(context, prompts, new_tokens):
    batch = Batch(sum(map(len, prompts)))
    llama.llama_memory_clear(llama.llama_get_memory(context), True)
    for sequence, prompt in enumerate(prompts):
        for position, token in enumerate(prompt):
            batch.add(token, sequence, position, position == len(prompt) - 1)
    batch.decode(context)
    for step in range(new_tokens - 1):
        for sequence, prompt in enumerate(prompts):
            batch.add(prompt[step % len(prompt)], sequence, len(prompt) + step, True)
        batch.decode(context)


def main():
    options = sampling.arguments()
    tokenizer = Tokenizer.from_file(str(options.tokenizer / "tokenizer.json"))
    texts = sampling.prompts(options.prompts)
    prompts = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]

    started = time.perf_counter()
    # llama.cpp gives each sequence a multiple of 256 positions.
    length = -(-(max(map(len, prompts)) + options.new_tokens) // 256) * 256
    context = load(options.model, len(prompts), length)
    loaded = time.perf_counter()
    if options.warm_up:
        generate(context, prompts, options.warm_up)
    begun = time.perf_counter()
    generate(context, prompts, options.new_tokens)
    ended = time.perf_counter()

    tokens = len(prompts) * options.new_tokens
    sampling.report(sum(map(len, prompts)), tokens, loaded - started, ended - begun)


main()
