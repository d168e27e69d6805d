#!/usr/bin/env python3
"""What the documentation says of the command line, compared with what the program says itself.

usage: docs_test.py LCR
"""
import pathlib
import re
import sys

import case
from case import Case

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "rules").glob("*.md"))]
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
# Words that begin a fenced block of statements without its header.
STATEMENT = re.compile(r"(scheme|schedule|budget|calibrate|quantize|keep|serve|export|method|select|param) ")


def fenced(text):
    """Blocks between fences without a language, and where they begin."""
    for found in re.finditer(r"^```\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, found.start()) + 2, found.group(1)


def commands(text):
    """Command lines in code: indented by four, or between backticks. A line that goes on is joined."""
    text = re.sub(r"\n {10,}(?=\[)", " ", text)
    for found in re.finditer(r"(?:^    |`)(lcr [^`\n]*)", text, re.M):
        line = found.group(1).split("#")[0].split("   ")[0]
        yield text.count("\n", 0, found.start()) + 1, line


class Docs(Case):
    def setUp(self):
        super().setUp()
        listed = self.lcr("--help").stdout.split("Subcommands:")[1]
        self.helps = {name: self.lcr(name, "--help").stdout for name in re.findall(r"^  ([a-z]+) ", listed, re.M)}

    def options(self, name):
        return set(OPTION.findall(self.helps[name])) | {"--color", "--quiet", "-q", "--version"}

    def test_commands_are_those_of_the_program(self):
        wrong = []
        for page in PAGES:
            for line, text in commands(page.read_text()):
                words = text.split("|" if " | " in text else "\0")[0].split()
                name = words[1] if len(words) > 1 else ""
                if name.startswith("--") or name in ("COMMAND", "") or not name.isalpha():
                    continue
                if name not in self.helps:
                    wrong.append(f"{page.name}:{line}: no command `{name}`: {text}")
                    continue
                unknown = {option for option in OPTION.findall(text) if option not in self.options(name)}
                if unknown:
                    wrong.append(f"{page.name}:{line}: `{name}` has no {' '.join(sorted(unknown))}")
        self.assertEqual(wrong, [])

    def test_every_option_is_documented(self):
        text = (ROOT / "docs" / "cli.md").read_text()
        for name in self.helps:
            self.assertRegex(text, rf"`{name}`|lcr {name}", name)
            for option in re.findall(r"--[a-z][a-z-]+", self.helps[name]):
                self.assertIn(option, text, f"{name} {option}")

    def test_parts_of_recipes_are_read(self):
        for page in PAGES:
            for line, text in fenced(page.read_text()):
                if STATEMENT.match(text):
                    with self.subTest(f"{page.name}:{line}"):
                        self.lcr("fmt", "-", stdin=f'language 1\n\nrecipe "part"\n\n{text}')


if __name__ == "__main__":
    case.main()
