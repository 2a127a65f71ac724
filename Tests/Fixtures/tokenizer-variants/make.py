"""Writes expected.json: the ids that Hugging Face's `tokenizers` (0.23.3) gives with variants of the tiny tokenizer.

A variant is a set of changes to golden/tiny-llama/tokenizer.json; the tests apply the same changes.
"""

import copy
import json
import pathlib
import random

from tokenizers import Tokenizer

here = pathlib.Path(__file__).parent
tiny = json.loads((here.parent / "golden/tiny-llama/tokenizer.json").read_text())

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(use_regex):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": use_regex}


def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def added(id, content, **flags):
    token = dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return token | flags


size = len(tiny["model"]["vocab"])
frame = {
    "type": "Sequence",
    "processors": [
        byte_level(True),
        {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]}},
        },
    ],
}
# Words that no merges lead to: they are found only where merges are ignored.
unmerged = {"Ġunmerged": size, "ä½ł": size + 1, "!?!": size + 2}
variants = {
    "gpt2": {"pre_tokenizer": byte_level(True)},
    "digit runs": {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": False}, byte_level(True))},
    "qwen2": {"pre_tokenizer": sequence(split(QWEN2), byte_level(False)), "normalizer": {"type": "NFC"}},
    "llama3": {
        "pre_tokenizer": sequence(split(LLAMA3), byte_level(False)),
        "post_processor": frame,
        "model": {"ignore_merges": True, "vocab": tiny["model"]["vocab"] | unmerged},
    },
    "added tokens": {
        "normalizer": {"type": "NFC"},
        "added_tokens": tiny["added_tokens"]
        + [
            added(size, "<L>", lstrip=True, special=True),
            added(size + 1, "<R>", rstrip=True),
            added(size + 2, "<LR>", lstrip=True, rstrip=True),
            added(size + 3, "word", single_word=True),
            added(size + 4, "wordword"),
            added(size + 5, "<L>x", normalized=True),
            added(size + 6, "cafe\u0301", normalized=True),
            added(size + 7, "日本"),
            added(size + 8, "  "),
            added(size + 9, "    "),
        ],
    },
}

texts = [
    "", " ", "\n", "Hello, world!", "don't DON'T we'll WE'LL I'ſx 'Sam 'tis", "it's 've 'VE 'd'm're", "a'b ''s '",
    "1 12 123 1234 12345678 ٣٤٥٦ ½²Ⅷ①", "x  1", "a   42 b", "\n  7", "1,234.5e-10", "ab12cd345ef",
    "  leading", "trailing  ", "a  b   c", "\t\tx", " \n ", "\n\n", "a\n\nb", "a \n b", "  \r\n \n  x", "end\n", "a\r\nb",
    "!!\n\nx", "!!! \n!", " !?!", "x!?!", "==\r\n==", "a\x0bb\x0cc\x85d", "a\u00a0b\u2003c\u2028d\u3000e", "a\u200bb\ufeffc",
    "naïve café cafe\u0301 e\u0301 \u0301", "Å \u212b a\u0323\u0302 \u1112\u1161\u11ab 한국어", "\u0344 ﬁ ſ K",
    "x\u1ac8\u1bf2 \ua82c\u0301 a\u0327\u0301", "привет Ελλάδα العربية हिन्दी ไทย", "你好 你 日本語日本 𠮷野家", "👍 👍🏽 👨\u200d👩\u200d👧 🇩🇪 𝒳",
    " unmerged unmerged !?!", "<|im_start|>user\nhi<|im_end|>\n", "<|im_end|><|im_start|>", "<|im_", "a<|endoftext|>1",
    "a  <L>  b", "a  <R>  b", "a  <LR>  b", "<L><R> <LR> <L>x", "  <L>  <L>  ", "word words wordword _word word_ word. éword",
    "a     b         c", "\x00\x07\x1b[0m\x7f\ue000\U0010ffff", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "the the the lighthouse keeper thethethe " * 3,
]
random.seed(1)
pieces = sum((text.split(" ") for text in texts if text), []) + [" ", "  ", "\n", "\t", "'", "7", "x", "é", "漢"]
texts += ["".join(random.choice(pieces) for _ in range(random.randint(2, 7))) for _ in range(60)]

result = []
for name, changes in variants.items():
    file = copy.deepcopy(tiny)
    for key, value in changes.items():
        file[key] = file[key] | value if key == "model" else value
    tokenizer = Tokenizer.from_str(json.dumps(file))
    ids = [tokenizer.encode(text).ids for text in texts]
    tokenizer.encode_special_tokens = True
    ordinary = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    result.append({"name": name, "changes": changes, "ids": ids, "ordinary_ids": ordinary})
    if "model" in changes:  # The vocabulary is in the other fixture already.
        result[-1]["changes"] = changes | {"model": {"ignore_merges": True}, "more_vocabulary": unmerged}

lines = [f' "texts": {json.dumps(texts)}']
lines += [
    ' "variants": [\n'
    + ",\n".join(
        f'  {{"name": {json.dumps(v["name"])}, "changes": {json.dumps(v["changes"])},\n'
        f'   "ids": {json.dumps(v["ids"], separators=(",", ":"))},\n'
        f'   "ordinary_ids": {json.dumps(v["ordinary_ids"], separators=(",", ":"))}}}'
        for v in result
    )
    + "\n ]"
]
(here / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
