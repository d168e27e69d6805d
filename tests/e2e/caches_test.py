#!/usr/bin/env python3
"""Recipes that quantize caches, queries and outputs: what is stored, what it costs, what notices other data.

usage: caches_test.py LCR [unittest's arguments]
"""
import json
import os
import struct

import case
import checkpoints
from case import PARITY, Case, ExampleCase

CALIBRATE = """calibrate {
  data   = text("calibration.jsonl", samples = 8)
  length = 64tok
  pick   = first
}
"""

RECIPE = """language 1

recipe "caches"

use std.roles.{{head, kv_cache, queries}}

scheme W4 {{
  weights = int4(per = group(64), symmetric = true)
}}

scheme W8A8O8 {{
  weights   = int8(per = channel, symmetric = true)
  input     = int8(per = tensor, symmetric = true, dynamic = false)
  output    = int8(per = tensor, symmetric = true, dynamic = false)
  container = packed
}}

{data}
default keep
keep head

{rules}

export compressed_tensors {{ dir = "out" }}
"""

STATIC = "quantize kv_cache as fp8(per = tensor, dynamic = false) with rtn(range = minmax)"
WEIGHTS = "quantize type(linear) as W4 with gptq"


class Caches(ExampleCase):
    def make(self, name, rules, data=CALIBRATE, code=0):
        self.write(name + ".lcr", RECIPE.format(rules=rules, data=data))
        return self.lcr("run", name + ".lcr", "--model", self.source, "--out", name, code=code)

    def scales(self, name):
        found = checkpoints.read_tensors(self.path(name, "model.safetensors"))
        return {key: value for key, value in found.items() if key.endswith(("k_scale", "v_scale", "q_scale"))}

    def config(self, name):
        return json.loads(self.read(os.path.join(name, "config.json")))["quantization_config"]

    def test_a_cache_alone_keeps_every_weight(self):
        self.make("kv", STATIC)
        scales = self.scales("kv")
        self.assertEqual(sorted(scales), sorted(f"model.layers.{i}.self_attn.{p}_scale" for i in range(4) for p in "kv"))
        self.assertTrue(all(one[:2] == ("BF16", [1]) for one in scales.values()))
        config = self.config("kv")
        self.assertEqual((config["format"], config["config_groups"]), ("dense", {}))
        self.assertEqual(config["kv_cache_scheme"]["strategy"], "tensor")
        self.assertIs(config["kv_cache_scheme"]["dynamic"], False)
        source = checkpoints.read_tensors(os.path.join(self.source, "model.safetensors"))
        made = checkpoints.read_tensors(self.path("kv", "model.safetensors"))
        self.assertEqual({name: made[name] for name in source}, source)
        # Eight bits are felt, and little.
        original, rounded = self.perplexity(self.source), self.perplexity("kv")
        self.assertNotEqual(original, rounded)
        self.assertLess(abs(rounded / original - 1), 0.05)

    def test_heads_and_queries_have_scales_of_their_own(self):
        self.make("heads", "quantize kv_cache | queries as fp8(per = head, dynamic = false) with rtn(range = percentile(99.9%))")
        scales = self.scales("heads")
        self.assertEqual(scales["model.layers.0.self_attn.k_scale"][1], [2, 1, 1])
        self.assertEqual(scales["model.layers.0.self_attn.q_scale"][1], [4, 1, 1])
        groups = self.config("heads")["config_groups"]
        self.assertEqual([group["targets"] for group in groups.values()], [["LlamaAttention"]])
        self.assertEqual(self.config("heads")["kv_cache_scheme"]["strategy"], "attn_head")
        self.perplexity("heads")

    def test_scales_at_run_time_are_not_stored(self):
        self.make("dynamic", "quantize kv_cache as fp8(per = tensor, dynamic = true) with rtn", data="")
        self.assertEqual(self.scales("dynamic"), {})
        self.assertIs(self.config("dynamic")["kv_cache_scheme"]["dynamic"], True)
        self.assertNotEqual(self.perplexity("dynamic"), self.perplexity(self.source))

    def test_a_range_that_is_given_needs_no_data(self):
        self.make("fixed", "quantize kv_cache as fp8(per = tensor, dynamic = false) with rtn(range = fixed(448))", data="")
        self.assertEqual({one[2] for one in self.scales("fixed").values()}, {struct.pack("<H", 0x3f80)})

    def test_outputs_are_rounded_too(self):
        rule = "quantize type(linear) as W8A8O8 with rtn(output_range = {})"
        for how in ["minmax", "fixed(0.05)"]:
            name = how.partition("(")[0]
            self.make(name, rule.format(how))
            found = checkpoints.read_tensors(self.path(name, "model.safetensors"))
            outputs = [key for key in found if key.endswith("output_scale")]
            self.assertEqual(len(outputs), 28)
        # What an output loses is in the perplexity.
        self.assertLess(self.perplexity("minmax"), self.perplexity("fixed"))

    def test_kill_and_resume(self):
        self.make("whole", STATIC + "\n" + WEIGHTS)
        self.kill_and_resume("whole.lcr", self.source, "whole")
        self.assertEqual(len(self.scales("whole")), 8)
        self.assertIn("group_0", self.config("whole")["config_groups"])

    def test_the_report_tells_of_caches(self):
        self.make("kv", STATIC)
        text = self.lcr("report", "kv", "--format", "md").stdout
        self.assertIn("## Caches", text)
        (row,) = json.loads(self.lcr("report", "kv", "--format", "json").stdout)["caches"]
        self.assertEqual(row["points"], 8)
        self.assertGreater(row["least"], 0)

    def test_other_data_make_a_plan_stale(self):
        self.write("r.lcr", RECIPE.format(rules=STATIC, data=CALIBRATE))
        self.lcr("plan", "r.lcr", "--model", self.source, "-o", "plan.yaml")
        with open(self.path("calibration.jsonl"), "a") as file:
            file.write('{"text": "one more"}\n')
        errors = self.lcr("run", "plan.yaml", "--out", "out", code=4).stderr
        self.assertIn("L5010", errors)
        self.assertIn("data `calibration.jsonl` has changed", errors)


class Experts(Case):
    def test_the_report_counts_their_tokens(self):
        self.write("ids.jsonl", "".join(json.dumps({"input_ids": [5 + i, 9, 13, 21]}) + "\n" for i in range(2)))
        self.write("r.lcr", """language 1
recipe "experts"
scheme W4 { weights = int4(per = group(32), symmetric = true) }
calibrate { data = tokens("ids.jsonl", samples = 2)  length = 4tok  pick = first  route = every_expert  coverage >= 3tok }
default keep
quantize role(expert) as W4 with gptq
export compressed_tensors { dir = "out" }
""")
        self.lcr("run", "r.lcr", "--model", os.path.join(PARITY, "qwen3_moe"), "--out", "out")
        report = json.loads(self.lcr("report", "out", "--format", "json").stdout)
        self.assertTrue(report["experts"])
        for row in report["experts"]:
            self.assertLessEqual(row["least"], row["median"])
            self.assertLessEqual(row["median"], row["most"])
            # The router chooses few of them for eight tokens.
            self.assertTrue(row["starved"])
        self.assertIn("## Experts", self.lcr("report", "out").stdout)


if __name__ == "__main__":
    case.main()
