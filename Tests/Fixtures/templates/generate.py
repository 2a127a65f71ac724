"""Renders every case of cases.json with Jinja 3.1, set up as transformers sets it up, and writes the results back.

python3 Tests/Fixtures/templates/generate.py        (needs jinja2)

A case has a `template`, or the name of a shared one (`named`), the name of a shared `context`, and one result:
`text`, `raised` (the message that the template gave to raise_exception) or `fails`. `generated` holds the texts of
its generation blocks.
"""
import copy
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox


class Raised(Exception):
    pass


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("collect"), [], [], body).set_lineno(line)

    def collect(self, caller):
        text = caller()
        if text:
            self.environment.generated.append(text)
        return text


def raise_exception(message):
    raise Raised(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def render(template, context):
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    environment.generated = []
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    try:
        text = environment.from_string(template).render(**copy.deepcopy(context))
    except Raised as error:
        return {"raised": str(error)}
    except Exception:
        return {"fails": True}
    return {"text": text, "generated": environment.generated}


def main():
    path = pathlib.Path(__file__).with_name("cases.json")
    fixture = json.loads(path.read_text(encoding="utf-8"))
    for case in fixture["cases"]:
        for key in ("text", "generated", "raised", "fails"):
            case.pop(key, None)
        template = case["template"] if "template" in case else fixture["templates"][case["named"]]
        case |= render(template, fixture["contexts"][case["context"]])
    shared = {key: fixture[key] for key in ("templates", "contexts")}
    head = json.dumps(shared, ensure_ascii=False, indent=1)[:-2]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in fixture["cases"])
    path.write_text(f'{head},\n "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
