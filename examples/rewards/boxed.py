#!/usr/bin/env python3
# A reward of your own in Python: 1 for an answer that ends "The answer is \boxed{…}" with what the row's column `answer`
# says, else 0; null, which teaches nothing, where the row has none. A line of JSON comes for each answer, and a line must go
# back before the next. It withstands `heed lint-reward --reward program:examples/rewards/boxed.py`.
import json, re, sys

for line in sys.stdin:
    row = json.loads(line)
    text, truth = row["completion"], row["columns"].get("answer")
    found = re.search(r"The answer is \\boxed\{([^{}]*)\}\.?\s*$", text)
    right = bool(found) and text.count("\\boxed") == 1 and found[1].strip() == str(truth)
    print(json.dumps({"id": row["id"], "reward": None if truth is None else int(right)}), flush=True)
