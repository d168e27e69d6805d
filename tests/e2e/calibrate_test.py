#!/usr/bin/env python3
"""Recipes that look at calibration data: what they gain, what interrupts them, what they refuse.

usage: calibrate_test.py LCR [unittest's arguments]
"""
import json
import os

import case
import checkpoints
from case import PARITY, Case, ExampleCase

RECIPE = """language 1

recipe "calibrated"

use std.roles.{{head}}
use std.schemes.{{W8A8}}

scheme W3 {{
  weights = int3(per = group(64), symmetric = true)
}}
scheme W3_ASYM {{
  weights = int3(per = group(64), symmetric = false)
}}
scheme W3_F32 {{
  weights = int3(per = group(64), symmetric = true, scale = f32)
}}

calibrate {{
  data   = text("calibration.jsonl", samples = 12)
  length = 96tok
  pick   = first
}}

default keep
keep head

{rules}

export compressed_tensors {{ dir = "out" }}
"""

# What each rule does to 3-bit weights (W8A8 for smoothing).
RULES = {
    "gptq": "quantize type(linear) as W3 with gptq",
    "gptaq": "quantize type(linear) as W3 with awq(loss = linear) then gptq(target = original)",
    "autoround": "quantize type(linear) as W3 with autoround(steps = 8, batch = 4, rate = 0.01, seed = 1)",
    "awq then autoround": "quantize type(linear) as W3 with awq(loss = linear) then autoround(steps = 8, batch = 4, rate = 0.01, seed = 1)",
    "awq": "quantize type(linear) as W3 with awq(loss = linear) then rtn",
    "smoothquant": "quantize type(linear) as W8A8 with smoothquant(strength = 50%) then gptq",
    "owl": "prune type(linear) except head by 50% with wanda(profile = owl(outlier = 5, spread = 8%))",
    "sparsegpt": "prune type(linear) except head to 2:4 with sparsegpt\nquantize type(linear) as W3 with gptq",
}

# A mixture of experts of random weights, on ids: three tokens cannot reach all of its experts.
EXPERTS = """language 1

recipe "experts"

scheme W4 {{
  weights = int4(per = group(32), symmetric = true)
}}

calibrate {{
  data     = tokens("ids.jsonl", samples = 1)
  length   = 3tok
  pick     = first
  route    = {route}
{more}}}

default keep

quantize role(expert) as W4 with gptq

export compressed_tensors {{ dir = "out" }}
"""


class Calibrated(ExampleCase):
    def make(self, name, rules):
        self.write(name + ".lcr", RECIPE.format(rules=rules))
        return self.lcr("run", name + ".lcr", "--model", self.source, "--out", name)

    def without_data(self, name, precision, prune=""):
        text = RECIPE.format(rules=f"{prune}quantize type(linear) as {precision} with rtn")
        begin, end = text.index("calibrate {"), text.index("default keep")
        self.write(name + ".lcr", text[:begin] + text[end:])
        self.lcr("run", name + ".lcr", "--model", self.source, "--out", name)

    def test_less_is_lost_than_by_rounding(self):
        self.without_data("rounded", "W3")
        rounded = self.perplexity("rounded")
        # With 4 bits, 64 rows of 256 tokens and 8 windows: 6.42 rounded, 6.23 by gptq, 6.35 by awq.
        for name in ["gptq", "awq", "autoround", "awq then autoround"]:
            with self.subTest(name):
                self.make(name, RULES[name])
                self.assertLess(self.perplexity(name), rounded)

    def test_pruned_and_smoothed_models_load(self):
        for name in ["smoothquant", "sparsegpt"]:
            with self.subTest(name):
                self.make(name, RULES[name])
                self.assertTrue(os.path.exists(self.path(name, "config.json")))

    def test_layers_have_shares_of_their_own(self):
        self.goes_on("owl")
        shares = [event["share"] for event in self.events("whole") if event["type"] == "share"]
        self.assertEqual(len(shares), 4)
        self.assertAlmostEqual(sum(shares) / 4, 0.5, places=6)
        self.assertLessEqual(max(shares) - min(shares), 0.16 + 1e-6)
        self.assertLess(min(shares), max(shares))

    # With a second stream of the unchanged model, which a resumed run runs again too.
    def test_kill_and_resume(self):
        self.goes_on("gptaq")

    # Rows are drawn with the seed, layer by layer.
    def test_tuning_goes_on_where_it_was_killed(self):
        self.goes_on("autoround")
        errors = [event["error"] for event in self.events("whole") if event["type"] == "tuning"]
        self.assertEqual(len(errors), 4)
        self.assertLess(max(errors), 1)

    # Whatever stands for zero, and whether the layer is pruned before its passes or between them.
    def test_tuned_weights_keep_their_zeros(self):
        for pruner in ["magnitude", "wanda"]:
            with self.subTest(pruner):
                rules = f"prune type(linear) except head to 2:4 with {pruner}\nquantize type(linear) as W3_ASYM with autoround(steps = 3, rate = 0.1, seed = 1)"
                self.write("pruned.lcr", RECIPE.format(rules=rules).replace("export compressed_tensors", "export dense"))
                self.lcr("run", "pruned.lcr", "--model", self.source, "--out", "pruned-" + pruner)
                tensors = checkpoints.read_tensors(self.path("pruned-" + pruner, "model.safetensors"))
                _, _, data = tensors["model.layers.1.mlp.up_proj.weight"]
                values = [value & 0x7fff for value in memoryview(data).cast("H")]
                self.assertEqual(min(values[i:i + 4].count(0) for i in range(0, len(values), 4)), 2)
        # Half of the weights are gone, and the rest makes up for some of it.
        self.make("pruned", "prune type(linear) except head to 2:4 with magnitude\n" + RULES["autoround"])
        self.without_data("rounded", "W3", prune="prune type(linear) except head to 2:4 with magnitude\n")
        self.assertLess(self.perplexity("pruned"), self.perplexity("rounded"))

    # Scales of a stated dtype are what every export stores.
    def test_two_exports_share_what_is_solved(self):
        text = RECIPE.format(rules="quantize type(linear) as W3_F32 with gptq")
        self.write("two.lcr", text + 'export compressed_tensors { dir = "wide"  dtype = f32 }\n')
        self.lcr("run", "two.lcr", "--model", self.source, "--out", "two")
        one, other = (checkpoints.read_tensors(self.path("two", name, "model.safetensors")) for name in ("out", "wide"))
        self.assertEqual(one["model.norm.weight"][0], "BF16")
        self.assertEqual(other["model.norm.weight"][0], "F32")
        solved = [name for name in one if name.endswith(("weight_packed", "weight_scale"))]
        self.assertEqual(len(solved), 56)
        for name in solved:
            self.assertEqual(one[name], other[name])

    def goes_on(self, rule):
        self.make("whole", RULES[rule])
        self.kill_and_resume("whole.lcr", self.source, "whole")

    def test_workers_change_no_byte(self):
        self.make("whole", RULES["gptq"])
        self.write("one.lcr", "language 1\n\nmachine one\n\nschedule {\n  host { memory <= 1GiB }\n  workers = 1\n}\n")
        self.lcr("run", "whole.lcr", "--model", self.source, "--machine", "one.lcr", "--out", "one")
        self.assertEqual(self.hashes("one"), self.hashes("whole"))


class Experts(Case):
    def setUp(self):
        super().setUp()
        self.write("ids.jsonl", json.dumps({"input_ids": [5, 9, 13]}) + "\n")
        self.source = os.path.join(PARITY, "qwen3_moe")

    def run_with(self, code, **fields):
        self.write("r.lcr", EXPERTS.format(**fields))
        return self.lcr("run", "r.lcr", "--model", self.source, "--out", "out", code=code).stderr

    def test_starved_experts_are_refused(self):
        errors = self.run_with(1, route="top_k", more="")
        self.assertIn("L6052", errors)
        self.assertIn("mlp.experts.", errors)
        self.assertNotIn("config.json", os.listdir(self.path("out")))

    def test_starved_experts_are_rounded_when_the_recipe_says_so(self):
        errors = self.run_with(0, route="top_k", more="  starved  = rtn\n")
        self.assertIn("L6054", errors)

    def test_every_expert_sees_every_token(self):
        errors = self.run_with(0, route="every_expert", more="  coverage >= 3tok\n")
        self.assertNotIn("L605", errors)


PRUNED_EXPERTS = """language 1

recipe "fewer experts"

scheme W4 {{
  weights = int4(per = group(32), symmetric = true)
}}

calibrate {{
  data   = tokens("ids.jsonl", samples = 8)
  length = 64tok
  pick   = first
  route  = top_k
  starved = rtn
}}

default keep

prune role(expert) by {share} with reap
{more}

export compressed_tensors {{ dir = "out" }}
"""


class FewerExperts(Case):
    def setUp(self):
        super().setUp()
        rows = [[(7 * row + 3 * token + token * token // 5) % 384 for token in range(64)] for row in range(8)]
        self.write("ids.jsonl", "".join(json.dumps({"input_ids": row}) + "\n" for row in rows))
        self.source = os.path.join(PARITY, "qwen3_moe")

    def make(self, name, share="25%", more="", code=0):
        self.write(name + ".lcr", PRUNED_EXPERTS.format(share=share, more=more))
        return self.lcr("run", name + ".lcr", "--model", self.source, "--out", name, code=code).stderr

    def tensors(self, folder):
        """Shapes and bytes by name, of all files."""
        found = {}
        for file in sorted(os.listdir(folder)):
            if file.endswith(".safetensors"):
                tensors = checkpoints.read_tensors(os.path.join(folder, file))
                found.update({name: (shape, data) for name, (_, shape, data) in tensors.items()})
        return found

    def test_kept_experts_are_numbered_anew(self):
        self.make("out")
        dropped = {event["instance"]: event["experts"] for event in self.events("out") if event["type"] == "share"}
        self.assertEqual([len(experts) for experts in dropped.values()], [4, 4, 4])
        self.assertEqual(json.loads(self.read(os.path.join("out", "config.json")))["num_experts"], 12)
        before, after = self.tensors(self.source), self.tensors(self.path("out"))
        for layer, experts in dropped.items():
            kept = [expert for expert in range(16) if expert not in experts]
            self.assertNotIn(f"{layer}.mlp.experts.12.up_proj.weight", after)
            for number, expert in enumerate(kept):
                for name in ["gate_proj", "up_proj", "down_proj"]:
                    self.assertEqual(after[f"{layer}.mlp.experts.{number}.{name}.weight"], before[f"{layer}.mlp.experts.{expert}.{name}.weight"])
            shape, rows = after[f"{layer}.mlp.gate.weight"]
            size = len(rows) // 12
            self.assertEqual(shape, [12, 64])
            for number, expert in enumerate(kept):
                self.assertEqual(rows[number * size:][:size], before[f"{layer}.mlp.gate.weight"][1][expert * size:][:size])
        self.lcr("eval", "out", "--data", "ids.jsonl", "--windows", "1")

    def test_what_is_left_is_quantized_and_resumed(self):
        rule = "quantize role(expert) as W4 with gptq"
        self.make("whole", more=rule)
        self.kill_and_resume("whole.lcr", self.source, "whole", unfinished=False)
        self.assertIn("model.layers.2.mlp.experts.11.up_proj.weight_packed", self.tensors(self.path("out")))

    def test_shares_that_leave_too_few_are_refused(self):
        self.assertIn("L5015", self.make("out", share="90%", code=1))
        self.assertIn("L5015", self.make("out", share="2%", code=1))
        self.assertIn("L5015", self.make("out", more="quantize `model.layers.1.mlp.experts.3.*` as W4 with rtn", code=1))


if __name__ == "__main__":
    case.main()
