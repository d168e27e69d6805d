"""Scales that calibration finds of inputs, outputs, keys, values and queries, against their definitions in float64.

usage: ranges_test.py LCR [unittest arguments]

transformers runs the dense export, whose weights are what the rounded ones stand for, on the same rows; every stored scale
must be the one that its observer's definition gives for the values that pass there, as readers rotate them at run time.
"""
import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from reading import load, main, tensors_of

import torch
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
LLAMA = ROOT / "examples/docs-llama-4m"
MERGED = ROOT / "tests/parity/phi3"
LCR = sys.argv.pop(1)

# Rows of a multiple of 8, so that every eighth of them is a tile of its own.
ROWS, LENGTH = 16, 48

RECIPE = """language 1
recipe "ranges"
use std.roles.{{kv_cache, queries, head}}

scheme S {{
  weights   = int8(per = channel, symmetric = true)
  input     = {side}
  output    = {side}
  container = packed
}}

{data}
{transform}
default keep
keep head
quantize type(linear) as S with {stack}rtn(input_range = {how}, output_range = {how})
quantize kv_cache | queries as {cache} with rtn(range = {how})

export compressed_tensors {{ dir = "compressed" }}
export dense {{ dir = "dense"  dtype = f32 }}
"""

CALIBRATE = """calibrate {{
  data   = tokens("ids.jsonl", samples = {rows})
  length = {length}tok
  pick   = first
}}
"""

INT8 = "int8(per = tensor, symmetric = true, dynamic = false)"
SKEWED = "int8(per = tensor, symmetric = false, dynamic = false)"
FP8 = "fp8(per = tensor, dynamic = false)"
HEADS = "fp8(per = head, dynamic = false)"
INT8_HEADS = "int8(per = head, symmetric = true, dynamic = false)"

# Random matrices leave no value where it was.
ROTATION = "transform spinquant(rotations = [R3], kind = random, seed = 5)"
QUIP = "quip(rotations = [v, u], kind = random, seed = 6) then "
PLACES = {"q": "q_attn", "k": "q_attn", "input": "input", "output": "output"}

# What observers make of the values of one scale: lowest and highest, zero included. `x` f64 [tokens], in order.


def minmax(x, _):
    return min(0, x.min().item()), max(0, x.max().item())


def ema(x, _, rate=0.2):
    low = high = None
    for tile in x.reshape(8, -1):
        a, b = min(0, tile.min().item()), max(0, tile.max().item())
        low, high = (a, b) if low is None else ((1 - rate) * low + rate * a, (1 - rate) * high + rate * b)
    return low, high


def percentile(x, _, share=0.99):
    x = x.to(torch.bfloat16).double()
    limit = x.abs().sort().values[math.ceil(share * len(x)) - 1].item()
    return max(min(0, x.min().item()), -limit), min(max(0, x.max().item()), limit)


def fixed(x, _, value=3.5):
    return -value, value


def rounded(x, scale, zero, kind):
    if kind["fp8"]:
        return (x / scale).clamp(-448, 448).float().to(torch.float8_e4m3fn).double() * scale
    return ((x / scale + zero).clamp(-128, 127).round() - zero) * scale


def error(x, scale, zero, kind, norm=2.4):
    x = x.to(torch.bfloat16).double()
    return (rounded(x, scale, zero, kind) - x).abs().pow(norm).sum().item()


def mse(x, kind, first=1.0, last=0.5, grid=12, patience=4):
    low, high = minmax(x, kind)
    best, least, waited = None, math.inf, 0
    for i in range(grid):
        p = first + (last - first) * i / (grid - 1)
        scale, zero = exact_parameters(p * low, p * high, kind)
        found = error(x, scale, zero, kind)
        best, least, waited = (p, found, 0) if found < least else (best, least, waited + 1)
        if waited >= patience:
            break
    return best * low, best * high


OBSERVERS = {
    "minmax": minmax,
    "ema(rate = 20%)": ema,
    "percentile(99%)": percentile,
    "fixed(3.5)": fixed,
    "mse(from = 100%, to = 50%, grid = 12, norm = 2.4, patience = 4)": mse,
}


def exact_parameters(low, high, kind):
    if kind["symmetric"]:
        return max(-low, high) / (448 if kind["fp8"] else 127.5), 0
    scale = (high - low) / 255
    return scale, round(min(127, max(-128, -128 - low / scale)))


def parameters(low, high, kind):
    """Scale and zero point as they are stored, in bfloat16."""
    scale, zero = exact_parameters(low, high, kind)
    return torch.tensor(scale).to(torch.bfloat16).double().item(), zero


def kind_of(text):
    return {"fp8": text.startswith("fp8"), "symmetric": "symmetric = false" not in text}


class Ranges(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def make_ids(self, model):
        vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
        generator = torch.Generator().manual_seed(3)
        self.ids = torch.randint(2, min(4000, vocabulary), (ROWS, LENGTH), generator=generator)
        (self.folder / "ids.jsonl").write_text("".join(json.dumps({"input_ids": row.tolist()}) + "\n" for row in self.ids))

    def values(self):
        """What every linear reads and gives, and what every attention computes with: name -> [tokens, …]."""
        model, _ = load(self.folder / "out/dense", torch.float32)
        seen = {}

        def keep(name, value):
            seen.setdefault(name, []).append(value.detach())

        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Linear):
                module.register_forward_hook(
                    lambda module, args, out, name=name: (keep(name + ".input", args[0].flatten(0, 1)),
                                                          keep(name + ".output", out.flatten(0, 1))) and None)
        names = {module: name for name, module in model.named_modules()}
        inner = ALL_ATTENTION_FUNCTIONS["sdpa"]

        def attention(module, query, key, value, *args, **more):
            for what, x in (("q", query), ("k", key), ("v", value)):
                keep(f"{names[module]}.{what}", x.transpose(1, 2).flatten(0, 1))
            return inner(module, query, key, value, *args, **more)

        ALL_ATTENTION_FUNCTIONS.register("sdpa", attention)
        try:
            with torch.no_grad():
                for row in self.ids:
                    model.eval()(row[None])
        finally:
            ALL_ATTENTION_FUNCTIONS.register("sdpa", inner)
        return {name: torch.cat(parts).double() for name, parts in seen.items()}

    def compare(self, name, observe, kind, x, scale, zero):
        low, high = observe(x, kind)
        wanted, wanted_zero = parameters(low, high, kind)
        # One step of bfloat16: the values are sums of another order.
        if abs(scale - wanted) <= wanted / 128 and abs(zero - wanted_zero) <= 1:
            return
        # Two shrinks may be as good as each other, but for the rounding of their scales.
        self.assertIs(observe, mse, f"{name}: {scale} {zero}, not {wanted} {wanted_zero}")
        self.assertLessEqual(error(x, scale, zero, kind), error(x, wanted, wanted_zero, kind) * 1.05, name)

    def rotated(self, x, what, stored):
        """Values of one place times the matrix of that place that is stored, which is root n times an orthogonal one."""
        matrices = [one for name, one in stored.items() if what in PLACES and name.endswith(f"_{PLACES[what]}.weight")
                    and one.shape == (x.shape[-1],) * 2]
        self.assertLessEqual(len(matrices), 1)
        return x @ matrices[0].double() / math.sqrt(x.shape[-1]) if matrices else x

    def check(self, how, side, cache, transform="", stack="", model=LLAMA):
        self.make_ids(model)
        data = "" if how.startswith("fixed") else CALIBRATE.format(rows=ROWS, length=LENGTH)
        (self.folder / "r.lcr").write_text(RECIPE.format(data=data, how=how, side=side, cache=cache,
                                                           transform=transform, stack=stack))
        run = subprocess.run([LCR, "--quiet", "run", "r.lcr", "--model", model, "--out", "out"],
                             cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        stored = tensors_of(self.folder / "out/compressed")
        values = self.values()
        count = 0
        for name, scales in sorted(stored.items()):
            what = name.rpartition(".")[2].removesuffix("_scale")
            if what not in ("input", "output", "q", "k", "v") or not name.endswith("_scale"):
                continue
            x = self.rotated(values[f"{name.rpartition('.')[0]}.{what}"], what, stored)
            point = len(what) == 1
            kind = kind_of(cache if point else side)
            zeros = stored.get(name.removesuffix("scale") + "zero_point", torch.zeros_like(scales))
            if point and "per = head" in cache:
                self.assertEqual(scales.shape, (x.shape[1], 1, 1))
                parts = list(x.unbind(1))
            else:
                self.assertEqual(scales.shape, (1,))
                parts = [x]
            for one, scale, zero in zip(parts, scales.flatten().double(), zeros.flatten()):
                self.compare(name, OBSERVERS[how], kind, one.flatten(), scale.item(), zero.item())
                count += 1
        if model == LLAMA:
            layers = 4
            heads = (4 + 2 + 2) if "per = head" in cache else 3
            self.assertGreaterEqual(count, layers * (7 * 2 + heads))
        return stored

    def check_merged(self, stack):
        """One scale of all that a merged layer gives."""
        stored = self.check("minmax", SKEWED, FP8, stack=stack, model=MERGED)
        for name in ("self_attn.qkv_proj", "mlp.gate_up_proj"):
            self.assertEqual(stored[f"model.layers.0.{name}.output_scale"].shape, (1,))

    def test_merged_outputs(self):
        self.check_merged("")

    def test_merged_outputs_rotated(self):
        self.check_merged(QUIP)


def add(how, side, cache, transform="", stack=""):
    name = f"test_{how.partition('(')[0]}_{'skewed' if side == SKEWED else 'even'}_{'heads' if 'head' in cache else 'tensor'}"
    name += "_rotated" * bool(transform) + "_quip" * bool(stack)
    setattr(Ranges, name, lambda self: self.check(how, side, cache, transform, stack))


for observer in OBSERVERS:
    add(observer, INT8, FP8)
for observer in ("minmax", "mse(from = 100%, to = 50%, grid = 12, norm = 2.4, patience = 4)"):
    add(observer, SKEWED, INT8_HEADS)
add("percentile(99%)", SKEWED, HEADS)
for cache in (FP8, HEADS):
    add("minmax", INT8, cache, ROTATION)
add("minmax", INT8, FP8, ROTATION, QUIP)

if __name__ == "__main__":
    main(lambda: unittest.main(verbosity=1))
