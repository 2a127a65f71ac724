#!/usr/bin/env bash
# Proves the layers. Package.swift states them, as the dependencies of each target; SwiftPM lets a target import whatever
# these bring along, so here every import is compared with what its own target names, and every name against the imports.
# The table in docs/architecture.md must say the same. `check-layers.sh --table` prints its last column.
set -euo pipefail
cd "$(dirname "$0")/.."

swift package dump-package | python3 -c '
import json, pathlib, re, sys

SYSTEM = set("Foundation FoundationEssentials FoundationNetworking FoundationXML Dispatch Synchronization Glibc Musl Darwin Testing".split())
TESTS = {"TestSupport", "TorchTestSupport", "RunTestSupport", "WebDriver"}
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|let|var|typealias)\s+)?(\w+)")
problems = []


def dependencies(target):
    names = []
    for entry in target["dependencies"]:
        kind, value = next(iter(entry.items()))
        names.append(value[0])
    return names


package = json.load(sys.stdin)
layers = {}
for target in package["targets"]:
    name = target["name"]
    folder = pathlib.Path(target.get("path") or "Sources/" + name)
    if target["type"] in ("system", "test") or not folder.is_dir():
        continue
    named = dependencies(target)
    layers[name] = named
    used = set()
    for file in sorted(folder.rglob("*.swift")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = IMPORT.match(line)
            if not match or match[1] in SYSTEM:
                continue
            used.add(match[1])
            if match[1] not in named:
                names = ", ".join(named) or "the system only"
                problems.append(
                    f"{file}:{number}: {name} may not import {match[1]}; Package.swift gives it: {names}")
            elif match[1] in TESTS and str(folder).startswith("Sources"):
                problems.append(f"{file}:{number}: Sources may not import {match[1]}, which is for tests")
    swift = any(folder.rglob("*.swift"))
    for other in named if swift else []:
        if other not in used:
            problems.append(f"Package.swift: {name} names {other} and imports it nowhere")

libraries = {name: named for name, named in layers.items() if pathlib.Path("Sources", name).is_dir()}
if "--table" in sys.argv:
    for name, named in libraries.items():
        print(f"| `{name}` | … | " + (", ".join(f"`{n}`" for n in named) or "–") + " |")
    sys.exit()

# libtorch is seen by CTorch alone.
for file in sorted(pathlib.Path("Sources").rglob("*")):
    if file.suffix not in {".h", ".c", ".cpp", ".hpp"} or file.parts[1] in {"CTorch", "CLibTorch"}:
        continue
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if re.match(r"#\s*include\s*<(ATen|c10|torch)/", line):
            problems.append(f"{file}:{number}: only Sources/CTorch may include the headers of libtorch")

document = pathlib.Path("docs/architecture.md")
rows = {}
for line in document.read_text().splitlines():
    match = re.match(r"\| `(\w+)` \|.*\| ([^|]*) \|$", line)
    if match:
        rows[match[1]] = re.findall(r"`(\w+)`", match[2])
for name, named in libraries.items():
    if name not in rows:
        problems.append(f"{document}: the table has no row for {name}")
    elif rows[name] != named:
        problems.append(
            f"{document}: {name} may import {named} by Package.swift, and {rows[name]} by the table")
for name in rows.keys() - libraries.keys():
    problems.append(f"{document}: there is no target {name}")

for problem in problems:
    print(problem, file=sys.stderr)
if problems:
    sys.exit(f"{len(problems)} problem(s) with the layers")
' "$@"
