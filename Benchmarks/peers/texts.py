"""Texts that every environment has, and rows of JSON Lines."""

import ast
import json
from pathlib import Path

import transformers


def documentation():
    """Every docstring of transformers, in the order of its files."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for file in sorted(Path(transformers.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, documented) and (text := ast.get_docstring(node)):
                yield text


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
