"""Samples with transformers' `generate`, all prompts in one batch."""

import time

import sampling
from transformers import AutoModelForCausalLM, AutoTokenizer

TYPES = {"bf16": "bfloat16", "fp32": "float32"}


def main():
    options = sampling.arguments()
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    prompts = tokenizer(sampling.prompts(options.prompts), return_tensors="pt", add_special_tokens=False)
    prompts = prompts.to(options.device)

    started = time.perf_counter()
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=TYPES[options.precision]).to(options.device)
    loaded = time.perf_counter()
    # The whole distribution, and no token that ends an answer: every answer is as long as it may be.
    settings = dict(do_sample=True, temperature=1.0, top_k=0, top_p=1.0, pad_token_id=0)
    model.generation_config.eos_token_id = None
    if options.warm_up:
        model.generate(**prompts, max_new_tokens=options.warm_up, **settings)
    begun = time.perf_counter()
    sequences = model.generate(**prompts, max_new_tokens=options.new_tokens, **settings).cpu()
    ended = time.perf_counter()

    given = prompts.input_ids.numel()
    sampling.report(given, sequences.numel() - given, loaded - started, ended - begun)


main()
