#!/usr/bin/env python3
"""Makes what a new lint rule needs: its code, a place in the table, a function, a page, and its two cases.

usage: tools/new_rule.py CODE NAME KIND [SEVERITY]

CODE      the next free one of its group, such as L9108
NAME      as `lcr explain` takes it, such as unescaped-dot
KIND      text, recipe or model: what the rule is given (compiler/lint/lint.h)
SEVERITY  warning (default) or note

The rule begins in preview. What is left to do is printed at the end.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INPUT = {"text": "LintText", "recipe": "LintRecipe", "model": "LintModel"}


def refuse(message):
    sys.exit(f"new_rule.py: {message}")


def insert_in_order(path, line, code, pattern):
    """Puts a line of a table before the first one with a larger code."""
    lines = path.read_text().splitlines()
    for at, other in enumerate(lines):
        found = re.match(pattern, other)
        if found and found.group(1) == code:
            refuse(f"{code} is taken: {other}")
        if found and found.group(1) > code:
            break
    else:
        at = len(lines)
    lines.insert(at, line)
    path.write_text("\n".join(lines) + "\n")


def add_to_list(path, line, after):
    """Puts a line into a sorted list of files."""
    lines = path.read_text().splitlines()
    places = [at for at, other in enumerate(lines) if other.startswith(after)]
    at = next((at for at in places if lines[at] > line), places[-1] + 1)
    lines.insert(at, line)
    path.write_text("\n".join(lines) + "\n")


def create(path, text):
    if path.exists():
        refuse(f"{path.relative_to(ROOT)} exists")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"  {path.relative_to(ROOT)}")


def version():
    return re.search(r"project\(lcr VERSION (\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


FUNCTION = """#include <fmt/format.h>

#include "compiler/lint/rules.h"

namespace lcr::lint {{

void {function}(const {input}& on, Diagnostics& found) {{
  static_cast<void>(on);
  static_cast<void>(found);
}}

}}  // namespace lcr::lint
"""

PAGE = """What the rule finds.

### Why

What went wrong in the field, with its reference.

### Avoid

    …

### Prefer

    …

### How to fix

What to write, and whether `lcr fix` does it.
"""

CASE = """{model}language 1

## Shows one rule.
recipe "{name}"

use std.schemes.{{FP8_DYNAMIC}}

default keep
quantize type(linear) except role(head) as FP8_DYNAMIC with rtn

export compressed_tensors {{ dir = "out" }}
"""


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    code, name, kind = sys.argv[1:4]
    severity = sys.argv[4] if len(sys.argv) == 5 else "warning"
    if not re.fullmatch(r"L9\d{3}", code):
        refuse("codes of rules look like L9108")
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
        refuse("names look like unescaped-dot")
    if kind not in INPUT or severity not in ("warning", "note"):
        sys.exit(__doc__)
    function = name.replace("-", "_")
    lint = ROOT / "compiler" / "lint"
    print("made:")
    create(lint / "rules" / f"{function}.cpp", FUNCTION.format(function=function, input=INPUT[kind]))
    create(lint / "pages" / f"{name}.md", PAGE)
    model = "# model: golden/trees/llama.json\n" if kind == "model" else ""
    for case in ("fires", "silent"):
        create(ROOT / "tests" / "lint" / name / f"{case}.lcr", CASE.format(model=model, name=case))
    insert_in_order(ROOT / "compiler/diagnostics/codes/style.def", f'LCR_CODE({code}, "{name}", {severity.title()}, "…")', code, r"LCR_CODE\((L\d+),")
    insert_in_order(lint / "rules.def", f'LCR_RULE({code}, {function}, {kind.title()}, Preview, "{version()}", "none")', code, r"LCR_RULE\((L\d+),")
    add_to_list(lint / "CMakeLists.txt", f"    rules/{function}.cpp", "    rules/")
    print("changed: compiler/diagnostics/codes/style.def, compiler/lint/rules.def, compiler/lint/CMakeLists.txt")
    print("to do: the summary in style.def, the function, the page, the two cases;")
    print("then LCR_UPDATE=1 with test_lint writes tests/lint/*/expected and docs/rules: read the diff")


if __name__ == "__main__":
    main()
