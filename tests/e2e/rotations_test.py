#!/usr/bin/env python3
"""Rotations at run time: what they keep, what they gain, what is refused.

usage: rotations_test.py LCR [unittest's arguments]
"""
import json
import os

import case
from case import PARITY, ExampleCase

# Every weight that a reader rotates, unrounded and in float32.
KEPT = """language 1

recipe "kept"

transform spinquant(rotations = [{rotations}], kind = random, seed = 3)

default keep

export compressed_tensors {{ dir = "out"  dtype = f32 }}
"""

RULES = """language 1

recipe "rules"

use std.roles.{{head}}

scheme W4 {{
  weights = int4(per = channel, symmetric = true)
}}
scheme W8A4 {{
  weights   = int8(per = channel, symmetric = true)
  input     = int4(per = token, symmetric = true, dynamic = true)
  container = bytes
}}

{more}
default keep
keep head

quantize type(linear) as {scheme} with {stack}

export compressed_tensors {{ dir = "out" }}
"""

CACHES = """language 1

recipe "caches"

{more}
default keep

quantize kv_cache | queries as int4(per = tensor, symmetric = true, dynamic = {dynamic}) with rtn

export compressed_tensors {{ dir = "out" }}
"""

DATA = """calibrate {
  data   = text("calibration.jsonl", samples = 12)
  length = 96tok
  pick   = first
}
"""


class Rotations(ExampleCase):
    def make(self, name, scheme, stack, more=""):
        self.write(name + ".lcr", RULES.format(scheme=scheme, stack=stack, more=more))
        self.lcr("run", name + ".lcr", "--model", self.source, "--out", name)
        return self.perplexity(name)

    def distance(self, name, source):
        """Mean KL divergence on some ids."""
        self.write("ids.jsonl", "".join(json.dumps({"input_ids": [(7 * i * i + k) % 61 for i in range(24)]}) + "\n" for k in range(3)))
        done = self.lcr("eval", name, "--reference", source, "--data", self.path("ids.jsonl"), "--length", "24", "--format", "json")
        return json.loads(done.stdout)["kl"]

    def test_the_function_is_kept(self):
        """On architectures of every kind of attention and MLP; experts are not rotated."""
        for model, rotations in {"llama": "R3, R4", "gemma2": "R3, R4", "gemma3_text": "R3, R4", "phi3": "R3, R4", "qwen2": "R3, R4",
                                 "qwen3": "R3, R4", "mistral": "R3, R4", "qwen3_moe": "R3", "mixtral": "R3", "gpt_oss": "R3",
                                 "deepseek_v3": "R3"}.items():
            with self.subTest(model):
                source = os.path.join(PARITY, model)
                self.write("kept.lcr", KEPT.format(rotations=rotations))
                self.lcr("run", "kept.lcr", "--model", source, "--out", model)
                self.assertLess(self.distance(model, source), 1e-7)
                with open(self.path(model, "config.json")) as file:
                    groups = json.load(file)["quantization_config"]["transform_config"]["config_groups"]
                self.assertEqual(sorted(groups), sorted(rotations.split(", ")))

    def test_biases_are_rotated(self):
        self.source = os.path.join(PARITY, "qwen2")
        lost = {}
        for name, stack in {"plain": "rtn", "u": "quip(rotations = [v, u], kind = hadamard, block = 4) then rtn"}.items():
            self.write(name + ".lcr", RULES.format(scheme="W8", stack=stack, more="scheme W8 {\n  weights = int8(per = channel, symmetric = true)\n}\n"))
            self.lcr("run", name + ".lcr", "--model", self.source, "--out", name)
            lost[name] = self.distance(name, self.source)
        # Rounding alone; a bias that is not rotated gives a hundred times that.
        self.assertLess(lost["u"], 2 * lost["plain"])

    def test_less_is_lost(self):
        plain = self.make("plain", "W4", "rtn")
        self.assertLess(self.make("quip", "W4", "quip(rotations = [v], kind = hadamard) then rtn"), plain)
        gptq = self.make("gptq", "W4", "awq(loss = linear) then quip(rotations = [v, u], kind = random_hadamard, seed = 1) then gptq", DATA)
        self.assertLess(gptq, plain)
        # Inputs of four bits gain the most.
        plain = self.make("inputs", "W8A4", "rtn")
        self.assertLess(self.make("r4", "W8A4", "rtn", "transform spinquant(rotations = [R4], kind = hadamard)\n"), plain)

    def test_keys_are_rounded_as_they_are_rotated(self):
        roles = "use std.roles.{kv_cache, queries}\n"
        lost = {}
        for dynamic in ("true", "false"):
            for rotation in ("", "transform spinquant(rotations = [R3], kind = hadamard)\n"):
                self.write("kv.lcr", CACHES.format(more=roles + rotation + DATA * (dynamic == "false"), dynamic=dynamic))
                self.lcr("run", "kv.lcr", "--model", self.source, "--out", f"kv-{dynamic}-{bool(rotation)}")
                lost[dynamic, bool(rotation)] = self.distance(f"kv-{dynamic}-{bool(rotation)}", self.source)
            self.assertLess(lost[dynamic, True], lost[dynamic, False])

    def test_kill_and_resume(self):
        self.write("whole.lcr", RULES.format(scheme="W4", stack="quip(rotations = [v, u], kind = hadamard) then gptq", more=DATA))
        self.lcr("run", "whole.lcr", "--model", self.source, "--out", "whole")
        self.kill_and_resume("whole.lcr", self.source, "whole")

    def test_a_rotated_source_is_only_copied(self):
        self.make("rotated", "W4", "quip(rotations = [v], kind = hadamard) then rtn")
        self.write("again.lcr", RULES.format(scheme="W4", stack="rtn", more="dequantize type(linear)\n"))
        self.assertIn("L4090", self.lcr("run", "again.lcr", "--model", "rotated", "--out", "again", code=1).stderr)
        self.write("copy.lcr", 'language 1\n\nrecipe "copy"\n\ndefault keep\n\nexport compressed_tensors { dir = "out" }\n')
        self.lcr("run", "copy.lcr", "--model", "rotated", "--out", "copy")
        self.assertEqual(self.perplexity("copy"), self.perplexity("rotated"))

    def test_servers_that_do_not_rotate_are_named(self):
        self.write("served.lcr", RULES.format(scheme="W4", stack="quip(rotations = [v], kind = hadamard) then rtn",
                                              more="serve vllm {\n  capability      = [9.0]\n  tensor_parallel = [1]\n}\n"))
        self.assertNotIn("L4069", self.lcr("check", "served.lcr", "--model", self.source).stderr)
        self.write("served.lcr", RULES.format(scheme="W4", stack="quip(rotations = [v], kind = hadamard) then rtn",
                                              more="serve transformers {\n}\n"))
        errors = self.lcr("check", "served.lcr", "--model", self.source, code=1)
        self.assertIn("L4069", errors.stderr + errors.stdout)


if __name__ == "__main__":
    case.main()
