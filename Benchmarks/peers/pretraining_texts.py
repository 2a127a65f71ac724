"""Writes texts to learn from, and some that are held out: pretraining_texts.py FOLDER.

They are the documentation inside transformers' own sources, a document a docstring, as rows of JSON Lines.
"""

import sys
from pathlib import Path

from texts import documentation, write_rows

HELD_OUT = 40  # one of so many

folder = Path(sys.argv[1])
folder.mkdir()
rows = [{"text": text} for text in documentation()]
write_rows(folder / "documents.jsonl", [row for number, row in enumerate(rows) if number % HELD_OUT])
write_rows(folder / "held-out.jsonl", rows[::HELD_OUT][:100])
