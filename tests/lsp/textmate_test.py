#!/usr/bin/env python3
"""The TextMate grammar of the editor extension, run by a TextMate engine.

usage: textmate_test.py
"""
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import unittest

try:
    from textmate_grammar.parsers.base import LanguageParser
except ImportError:
    print("the TextMate engine is not installed: tools/requirements.txt")
    sys.exit(77)

logging.disable(logging.CRITICAL)
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXTENSION = ROOT / "editors" / "vscode"
sys.path.insert(0, str(EXTENSION))
import make_grammar  # noqa: E402


def scopes(text):
    """[(line, text, innermost scope)] of everything that has one of its own."""
    parsed = LanguageParser(json.loads(make_grammar.TARGET.read_text())).parse_string(text)
    return [(place[0] + 1, part, names[-1].removesuffix(".lcr")) for place, part, names in parsed.flatten() if len(names) > 1]


def scope_of(text, part):
    found = [scope for _, piece, scope in scopes(text) if piece == part]
    return found[0] if found else None


class TextMate(unittest.TestCase):
    maxDiff = None

    def test_written_from_the_keywords(self):
        subprocess.run([sys.executable, str(EXTENSION / "make_grammar.py"), "--check"], check=True)

    def test_every_keyword(self):
        words = make_grammar.keywords()
        for word in words["reserved"]:
            self.assertTrue((scope_of(f"x {word} `a`\n", word) or "").startswith("keyword"), word)
        for word in words["statement"]:
            self.assertTrue((scope_of(f"{word} `a`\n", word) or "").startswith("keyword"), word)
        for word in words["header"]:
            self.assertEqual(scope_of(f"{word} name\n", word), "keyword.declaration.header", word)
        # Words that are names elsewhere are, there.
        for word in set(words["word"]) - set(words["header"]):
            self.assertEqual(scope_of(f"  a = f({word} = 1)\n", word), "variable.parameter", word)

    def test_every_unit(self):
        for unit in make_grammar.units():
            self.assertEqual(scope_of(f"a = 12.5{unit}\n", unit), "keyword.other.unit", unit)
            self.assertEqual(scope_of(f"a = 12.5{unit}\n", "12.5"), "constant.numeric.quantity", unit)
        self.assertEqual(scope_of("a = 12apples\n", "12apples"), "invalid.illegal.unit")

    def test_texts_end_with_their_line(self):
        for open_text in ["`model.layers", "re`model", "\"text"]:
            self.assertEqual(scope_of(f"keep {open_text}\nquantize x\n", "quantize"), "keyword.control", open_text)

    def test_strings_and_comments_hold_no_words(self):
        for text in ["# keep quantize", "## keep", "\"keep\"", "`keep`", "re`keep`"]:
            found = [scope for _, part, scope in scopes(f"x {text}\n") if "keep" in part]
            self.assertTrue(found and all(scope.split(".")[0] in ("comment", "string") for scope in found), (text, found))

    def test_a_whole_recipe(self):
        found = "".join(f"{line}: {part}: {scope}\n" for line, part, scope in scopes((HERE / "typed.lcr").read_text()))
        expected = HERE / "typed.textmate"
        if os.environ.get("LCR_UPDATE") == "1":
            expected.write_text(found)
        self.assertEqual(found, expected.read_text())

    def test_the_manifest(self):
        manifest = json.loads((EXTENSION / "package.json").read_text())
        for language in manifest["contributes"]["languages"]:
            self.assertTrue((EXTENSION / language["configuration"]).exists())
        for grammar in manifest["contributes"]["grammars"]:
            self.assertTrue((EXTENSION / grammar["path"]).exists())
        code = (EXTENSION / manifest["main"]).read_text()
        for command in manifest["contributes"]["commands"]:
            self.assertIn(f'command("{command["command"]}"', code)
        json.loads((EXTENSION / "language-configuration.json").read_text())
        self.assertTrue(re.match(manifest["contributes"]["languages"][0]["firstLine"], "language 1"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
