#!/usr/bin/env python3
"""Sessions with `lcr lsp` over standard input and output.

usage: lsp_test.py LCR [unittest's arguments]

cases/*.txt: `method [no model]`, a line `---`, a text with cursor marks, `---`, what the server answers. Other files that
the text imports follow as `--- name`. LCR_UPDATE=1 rewrites the answers.
"""
import asyncio
import logging
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import answers
from session import HERE, MODEL, Session, marked

CASES = HERE / "cases"
LCR = ""


def read_case(path):
    """Method, options, text, other files, expected answer."""
    head, text, *rest = path.read_text().split("\n---\n")
    files = {}
    expected = rest[-1] if rest else ""
    parts = text.split("\n=== ")
    for part in parts[1:]:
        name, _, content = part.partition("\n")
        files[name.strip()] = content + "\n"
    method, _, options = head.partition(" ")
    return method, options, parts[0] + "\n", files, expected.rstrip("\n")


class Cases(unittest.TestCase):
    """All cases of one kind of session are one session, as in an editor."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lcr-lsp-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    async def answer(self, session, path):
        method, options, text, files, expected = read_case(path)
        text, marks = marked(text)
        for name, content in files.items():
            target = pathlib.Path(self.folder) / path.stem / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(content)
        name = f"{path.stem}/main.lcr"
        await session.open(name, text)
        result = await getattr(answers, method)(session, name, text, marks)
        session.close(name)
        return result.rstrip("\n"), expected

    async def run_cases(self, paths, options):
        async with Session(LCR, self.folder, options) as session:
            for path in paths:
                with self.subTest(case=path.stem):
                    result, expected = await self.answer(session, path)
                    if os.environ.get("LCR_UPDATE") == "1" and result != expected:
                        head = path.read_text().split("\n---\n")[:2]
                        path.write_text("\n---\n".join([*head, result]) + "\n")
                    else:
                        self.assertEqual(result, expected)

    def test_with_model(self):
        paths = [path for path in sorted(CASES.glob("*.txt")) if read_case(path)[1] != "no model"]
        self.assertGreater(len(paths), 20)
        asyncio.run(self.run_cases(paths, {"model": str(MODEL)}))

    def test_without_model(self):
        paths = [path for path in sorted(CASES.glob("*.txt")) if read_case(path)[1] == "no model"]
        asyncio.run(self.run_cases(paths, None))


def main():
    global LCR
    LCR = os.path.abspath(sys.argv.pop(1))
    # A busy machine, and what the client does not know, are no findings.
    logging.disable(logging.CRITICAL)
    loader = unittest.TestLoader()
    suite = unittest.TestSuite()
    import protocol_test
    protocol_test.LCR = LCR
    for case in (loader.loadTestsFromTestCase(Cases), loader.loadTestsFromModule(protocol_test)):
        suite.addTests(case)
    sys.exit(0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1)


if __name__ == "__main__":
    main()
