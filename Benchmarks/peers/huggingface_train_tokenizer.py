"""Learns a byte-level BPE with Hugging Face's `tokenizers`: huggingface_train_tokenizer.py FILE SIZE.

The clock runs over the learning alone, which takes a thread for each processor that the process may use.
"""

import json
import sys
import time
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

texts = [json.loads(line)["text"] for line in Path(sys.argv[1]).read_text().splitlines()]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = trainers.BpeTrainer(
    vocab_size=int(sys.argv[2]), special_tokens=["<|endoftext|>"], show_progress=False,
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
started = time.perf_counter()
tokenizer.train_from_iterator(texts, trainer)
print(json.dumps({"seconds": time.perf_counter() - started, "tokens": tokenizer.get_vocab_size()}))
