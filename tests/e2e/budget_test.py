#!/usr/bin/env python3
"""Precisions under a budget: measured, chosen, written within the limits, shown.

usage: budget_test.py LCR [unittest's arguments]
"""
import json
import os

import case
import checkpoints
from case import Case, ExampleCase

RECIPE = """language 1

recipe "budget"

use std.roles.{{head}}

scheme W2 {{ weights = int2(per = group(64), symmetric = true) }}
scheme W3 {{ weights = int3(per = group(64), symmetric = true) }}
scheme W4 {{ weights = int4(per = group(64), symmetric = true) }}
scheme W8 {{ weights = int8(per = group(64), symmetric = true) }}

{data}default keep
keep head

{rules}

export compressed_tensors {{ dir = "out" }}
"""
DATA = """calibrate {
  data   = text("calibration.jsonl", samples = 16)
  length = 96tok
  pick   = first
}

"""
BUDGET = """quantize type(linear) as auto [{candidates}] with {solver}
budget {{
  {limits}
  score = {score}
}}"""
OVER = "over type(linear) except head"


def text_of(limits, score="error", candidates="W2, W3, W4, W8", solver="rtn"):
    return RECIPE.format(data="" if score == "error" else DATA, rules=BUDGET.format(limits=limits, score=score, candidates=candidates, solver=solver))


class Budget(ExampleCase):
    def bits(self, folder):
        """Stored bits a weight of the quantized linears, scales included."""
        stored = weights = 0
        for file in os.listdir(self.path(folder)):
            if not file.endswith(".safetensors"):
                continue
            for name, (_, _, data) in checkpoints.read_tensors(self.path(folder, file)).items():
                if ".layers." not in name or "layernorm" in name:
                    continue
                stored += 8 * len(data)
                if name.endswith("weight_shape"):
                    shape = [int.from_bytes(data[i:i + 8], "little") for i in (0, 8)]
                    weights += shape[0] * shape[1]
        return stored / weights

    def kl(self, folder):
        done = self.lcr("eval", folder, "--data", os.path.join(case.EXAMPLES, "evaluation.jsonl"), "--reference", self.source,
                        "--length", "128", "--windows", "16", "--format", "json")
        return json.loads(done.stdout)["kl"]

    def run_recipe(self, text, out, *options):
        self.write("r.lcr", text)
        return self.lcr("run", "r.lcr", "--model", self.source, "--out", out, *options)

    def test_each_score_stays_within_the_limit(self):
        self.run_recipe(RECIPE.format(data="", rules="quantize type(linear) as W3 with rtn"), "uniform")
        limit = self.bits("uniform")
        for score in ("error", "hessian", "kl(samples = 2)"):
            with self.subTest(score=score):
                out = "out-" + score[:3]
                self.run_recipe(text_of(f"weights <= {limit:.6f}bpw {OVER}", score), out)
                self.assertLessEqual(self.bits(out), limit + 1e-6)
                self.assertGreater(self.bits(out), limit - 0.2)
                self.assertLess(self.kl(out), 2)

    def test_one_measurement_serves_every_limit(self):
        self.write("r.lcr", text_of(f"weights <= 3.5bpw {OVER}", "hessian", solver="gptq"))
        self.lcr("score", "r.lcr", "--model", self.source, "-o", "scores.yaml")
        missing = self.lcr("plan", "r.lcr", "--model", self.source, code=1)
        self.assertIn("L5016", missing.stderr)
        self.assertIn("lcr score", missing.stderr)
        losses = []
        for bits in (2.5, 3.5, 5):
            self.write("r.lcr", text_of(f"weights <= {bits}bpw {OVER}", "hessian", solver="gptq"))
            done = self.lcr("plan", "r.lcr", "--model", self.source, "--scores", "scores.yaml", "-o", "plan.yaml")
            self.assertIn("under the budget, by hessian", done.stdout)
            losses.append(float(next(line for line in self.read("plan.yaml").split("\n") if line.startswith("  score: ")).split()[1]))
        self.assertEqual(losses, sorted(losses, reverse=True))
        # The same choice, shown.
        shown = self.lcr("resolve", "r.lcr", "--model", self.source, "--scores", "scores.yaml")
        self.assertNotIn("auto [", shown.stdout)
        self.assertIn("auto [", self.lcr("resolve", "r.lcr", "--model", self.source).stdout)
        why = self.lcr("why", "r.lcr", "model.layers.0.self_attn.q_proj", "--model", self.source, "--scores", "scores.yaml")
        self.assertIn("chosen under the budget for model.layers.0.self_attn.{q_proj, k_proj, v_proj}", why.stdout)
        self.assertEqual(why.stdout.count("(chosen)"), 1)
        # Other candidates are another question.
        self.write("r.lcr", text_of(f"weights <= 5bpw {OVER}", "hessian", "W3, W4", "gptq"))
        stale = self.lcr("plan", "r.lcr", "--model", self.source, "--scores", "scores.yaml", code=4)
        self.assertIn("L5017", stale.stderr)
        self.write("scores.yaml", "measure: 3\n")
        self.assertIn("L5018", self.lcr("plan", "r.lcr", "--model", self.source, "--scores", "scores.yaml", code=1).stderr)

    def test_a_run_that_goes_on_measures_nothing(self):
        self.run_recipe(text_of(f"weights <= 3.5bpw {OVER}\n  size <= 4MiB"), "out")
        size = sum(os.path.getsize(self.path("out", file)) for file in os.listdir(self.path("out")) if file.endswith(".safetensors"))
        self.assertLessEqual(size, 4 << 20)
        before = self.read(os.path.join("out", ".lcr", "plan.yaml"))
        os.remove(self.path("out", ".lcr", "complete"))
        again = self.run_recipe(text_of(f"weights <= 3.5bpw {OVER}\n  size <= 4MiB"), "out", "--resume")
        self.assertNotIn("measured", again.stderr)
        self.assertEqual(self.read(os.path.join("out", ".lcr", "plan.yaml")), before)
        report = self.lcr("report", "out")
        self.assertIn("## Budget", report.stdout)
        self.assertIn("most sensitive for their size", report.stdout)
        self.assertIn("<h2>Budget</h2>", self.lcr("report", "out", "--format", "html").stdout)
        self.assertIn("frontier", json.loads(self.lcr("report", "out", "--format", "json").stdout)["budget"])

    def test_what_cannot_be_met_is_refused_before_anything_is_written(self):
        self.write("r.lcr", text_of(f"weights <= 2bpw {OVER}"))
        done = self.lcr("run", "r.lcr", "--model", self.source, "--out", "out", code=1)
        self.assertIn("L5001", done.stderr)
        self.assertIn("lowest reachable is 2.", done.stderr)
        self.assertFalse(os.path.exists(self.path("out")))


if __name__ == "__main__":
    case.main()
