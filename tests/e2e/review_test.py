#!/usr/bin/env python3
"""Importing, comparing and reporting, as a person does it. What needs a backend is skipped without one.

usage: review_test.py LCR [unittest's arguments]
"""
import json
import os
import re
import subprocess

import case
from case import RECIPE, Case

FOREIGN = """quant_stage:
  quant_modifiers:
    QuantizationModifier: {scheme: FP8_DYNAMIC, targets: [Linear], ignore: [lm_head]}
"""


def has_backend():
    done = subprocess.run([case.LCR, "--version"], capture_output=True, text=True, check=True)
    return "torch" in done.stdout


class Import(Case):
    def test_recipe(self):
        self.write("foreign.yaml", FOREIGN)
        text = self.lcr("import", "foreign.yaml").stdout
        self.assertIn("quantize type(linear) as FP8_DYNAMIC with rtn", text)
        self.model()
        done = self.lcr("import", "foreign.yaml", "--model", "model", "-o", "r.lcr")
        self.assertEqual(done.stdout, "")
        self.lcr("check", "r.lcr", "--model", "model")
        self.lcr("fmt", "--check", "r.lcr")
        self.assertIn('recipe "foreign"', self.read("r.lcr"))

    def test_what_cannot_be_said(self):
        self.write("foreign.yaml", FOREIGN.replace("scheme", "sheme"))
        done = self.lcr("import", "foreign.yaml", "-o", "r.lcr", code=1)
        self.assertIn("error[L7052]", done.stderr)
        self.assertIn("foreign.yaml:3:28", done.stderr)
        self.assertFalse(os.path.exists(self.path("r.lcr")))
        self.lcr("import", "absent.yaml", code=2)

    def test_configuration_of_a_folder(self):
        os.mkdir(self.path("tiny"))
        config = {"quantization_config": {"quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"],
                                          "config_groups": {"a": {"targets": ["Linear"], "format": "float-quantized",
                                                                  "weights": {"num_bits": 8, "type": "float", "strategy": "channel"},
                                                                  "input_activations": {"num_bits": 8, "type": "float", "strategy": "token",
                                                                                        "dynamic": True}}}}}
        self.write("tiny/config.json", json.dumps(config))
        text = self.lcr("import", "tiny").stdout
        self.assertIn('recipe "tiny"', text)
        self.assertIn("as FP8_DYNAMIC with rtn", text)


class Diff(Case):
    def setUp(self):
        super().setUp()
        self.model()
        self.write("a.lcr", RECIPE)
        self.write("b.lcr", RECIPE.replace("group(64)", "group(32)"))

    def test_two_recipes(self):
        text = self.lcr("diff", "a.lcr", "b.lcr", "--model", "model").stdout
        self.assertRegex(text, r"^a\.lcr -> b\.lcr: 28 of 39 modules change\n")
        for line in ("output ", "host peak ", "time "):
            self.assertRegex(text, rf"(?m)^{line}")
        self.lcr("diff", "a.lcr", "b.lcr", "--model", "model", "--detailed-exitcode", code=3)
        self.lcr("diff", "a.lcr", "a.lcr", "--model", "model", "--detailed-exitcode")
        self.assertIn("| modules |", self.lcr("diff", "a.lcr", "b.lcr", "--model", "model", "--format", "md").stdout)
        found = json.loads(self.lcr("diff", "a.lcr", "b.lcr", "--model", "model", "--format", "json").stdout)
        self.assertEqual(found["changed"], 28)
        self.assertGreater(found["planned_after"]["host_peak"], 0)

    def test_wrong_usage(self):
        self.lcr("diff", "a.lcr", "--model", "model", code=2)
        self.lcr("diff", "a.lcr", "b.lcr", "--against", "git:HEAD", "--model", "model", code=2)
        self.lcr("diff", "a.lcr", "--against", "HEAD", "--model", "model", code=2)
        self.write("wrong.lcr", RECIPE.replace("type(linear)", "type(liner)"))
        self.lcr("diff", "a.lcr", "wrong.lcr", "--model", "model", code=1)

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=self.folder, check=True, capture_output=True)

    def test_against_a_revision(self):
        library = "language 1\n\nlibrary team\n\nscheme W4 { weights = int4(per = group(64), symmetric = true) }\n"
        recipe = re.sub(r"scheme W4 \{.*?\}\n", 'use "team.lcr".{W4}\n', RECIPE, flags=re.S)
        os.mkdir(self.path("recipes"))
        self.write("recipes/team.lcr", library)
        self.write("recipes/r.lcr", recipe)
        self.git("init", "-q")
        self.git("add", "recipes")
        self.git("commit", "-q", "-m", "first")
        unchanged = self.lcr("diff", "recipes/r.lcr", "--against", "git:HEAD", "--model", "model").stdout
        self.assertIn("no module changes", unchanged)
        # A library that the recipe uses is read at the revision, too.
        self.write("recipes/team.lcr", library.replace("group(64)", "group(32)"))
        text = self.lcr("diff", "recipes/r.lcr", "--against", "git:HEAD", "--model", "model").stdout
        self.assertIn("28 of 39 modules change", text)
        self.assertIn("(HEAD:recipes/r.lcr:", text)
        self.assertNotIn("lcr-diff", text)
        self.assertIn("error[L0020]", self.lcr("diff", "recipes/r.lcr", "--against", "git:nonsense", "--model", "model", code=2).stderr)
        self.write("recipes/new.lcr", recipe)
        self.assertIn("error[L0020]", self.lcr("diff", "recipes/new.lcr", "--against", "git:HEAD", "--model", "model", code=2).stderr)


class Report(Case):
    def test_no_run(self):
        self.model()
        self.assertIn("error[L0021]", self.lcr("report", "model", code=2).stderr)

    def test_a_run(self):
        if not has_backend():
            self.skipTest("no backend")
        self.model()
        self.write("r.lcr", RECIPE)
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out", "-q")
        self.write("eval.json", json.dumps({"perplexity": 7.5, "nll": 2.0, "tokens": 100, "windows": 2}))
        text = self.lcr("report", "out", "--eval", "eval.json").stdout
        self.assertIn("# e2e", text)
        self.assertIn("| `self_attn.q_proj` | `W4` |", text)
        self.assertRegex(text, r"r\.lcr:14 `quantize type\(linear\) as W4 with rtn`")
        self.assertIn("| perplexity | 7.5000 |", text)
        self.lcr("report", "out", "--format", "html", "-o", "report.html")
        html = self.read("report.html")
        self.assertIn("<svg", html)
        self.assertNotIn("http", html)
        found = json.loads(self.lcr("report", "out", "--format", "json").stdout)
        self.assertEqual(len(found["modules"]), 28)
        self.assertEqual(found["status"], "done")
        self.assertGreater(found["actual"]["host_peak"], 0)
        self.assertGreater(found["spent"]["workers"]["seconds"], 0)
        trace = json.loads(self.lcr("report", "out", "--format", "trace").stdout)
        self.assertEqual(sum(event["ph"] == "i" for event in trace["traceEvents"]), 28 + 1)
        # The record may lie anywhere.
        for name in ("plan.yaml", "events.jsonl"):
            os.rename(self.path("out", ".lcr", name), self.path(name))
        self.assertIn("error[L0021]", self.lcr("report", "out", code=2).stderr)
        self.assertIn("error[L0021]", self.lcr("report", "--from", "events.jsonl", code=2).stderr)
        kept = json.loads(self.lcr("report", "--plan", "plan.yaml", "--from", "events.jsonl", "--format", "json").stdout)
        self.assertEqual(kept["maps"], found["maps"])
        for name in ("plan.yaml", "events.jsonl"):
            os.rename(self.path(name), self.path("out", ".lcr", name))
        # Rules are not guessed once the recipe is another one.
        self.write("r.lcr", RECIPE.replace("head}", "head }"))
        self.assertIn("Rules are not shown", self.lcr("report", "out").stdout)
        self.lcr("report", "out", "--eval", "r.lcr", code=2)


if __name__ == "__main__":
    case.main()
