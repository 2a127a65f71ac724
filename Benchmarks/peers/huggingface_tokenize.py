"""Tokenizes the lines of a file with Hugging Face's `tokenizers`: huggingface_tokenize.py MODEL FILE.

The clock runs over the encoding alone, which takes a thread for each processor that the process may use.
"""

import json
import sys
import time
from pathlib import Path

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(str(Path(sys.argv[1]) / "tokenizer.json"))
texts = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
started = time.perf_counter()
encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
seconds = time.perf_counter() - started
print(json.dumps({"tokens": sum(map(len, encoded)), "seconds": seconds}))
