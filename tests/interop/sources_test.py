"""Recipes over checkpoints that are quantized already, whole lines of them.

usage: sources_test.py LCR [unittest arguments]

Every source is kept, dequantized, quantized anew, and both at once (requantize/*.lcr). What lcr decodes must be what
transformers or compressed-tensors decode, bit by bit in float32; what it quantizes anew must be rounded from those
values; what it keeps must keep its bytes and its description; transformers must load the results; and `lcr eval` must
say of them what it says of the source. Sources are those of quantized_sources.py, the checkpoints that compressed-tensors
wrote for tests/parity, and what lcr itself makes of recipes/*.lcr.
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from reading import (BF16_FORMATS, LOGIT_TOLERANCE, check_keys, decompressed, group_of, load, logits_of, main, same_bytes,
                     tensors_of, without_rounding)

import torch
from compressed_tensors.quantization import QuantizationConfig, QuantizationScheme
from transformers.integrations.finegrained_fp8 import Fp8Dequantize
from transformers.integrations.mxfp4 import convert_moe_packed_tensors
from transformers.utils import is_accelerate_available

import quantized_sources

HERE = Path(__file__).resolve().parent
PARITY = HERE.parent / "parity"
LCR = sys.argv.pop(1)
GROUP = 32  # of requantize/*.lcr


def lcr(*arguments, expected=0):
    done = subprocess.run([LCR, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def run(recipe, source, out):
    """Check, plan, run: the plan is made beforehand and says what the run then writes."""
    path = HERE / "requantize" / f"{recipe}.lcr"
    lcr("check", path, "--model", source)
    plan = out.parent / f"{recipe}.yaml"
    lcr("plan", path, "--model", source, "--out", out, "-o", plan)
    lcr("--quiet", "run", plan)
    return out


def evaluated(folder, rows):
    said = json.loads(lcr("eval", folder, "--data", rows, "--length", 32, "--format", "json"))
    return {key: said[key] for key in ("nll", "tokens", "windows")}


def fp8_reference(codes, scales, block):
    rows, columns = codes.shape
    spread = scales.repeat_interleave(block[0], 0)[:rows].repeat_interleave(block[1], 1)[:, :columns]
    values = codes.float() * spread
    if rows % block[0] == 0 and columns % block[1] == 0:
        theirs = Fp8Dequantize(None)._dequantize_one(codes, scales, torch.float32)
        assert torch.equal(theirs, values)
    return values


def expert_reference(name, stacked):
    """Of one stack of experts [experts, in, out]; gate and up take turns."""
    folder, _, stack = name.rpartition(".")
    parts = {"down_proj": slice(None)} if stack == "down_proj" else {"gate_proj": slice(0, None, 2), "up_proj": slice(1, None, 2)}
    return {f"{folder}.{e}.{part}.weight": expert[:, columns].T.contiguous()
            for e, expert in enumerate(stacked) for part, columns in parts.items()}


def references(folder, stored):
    """The weights of the quantized modules in float32, decoded by others: bfloat16 where they know nothing else."""
    quantization = json.loads((folder / "config.json").read_text())["quantization_config"]
    found = {}
    if quantization["quant_method"] == "fp8":
        for name in stored:
            if name.endswith(".weight_scale_inv"):
                weight = name.removesuffix("_scale_inv")
                found[weight] = fp8_reference(stored[weight], stored[name], quantization["weight_block_size"])
    elif quantization["quant_method"] == "mxfp4":
        for name in stored:
            if name.endswith("_blocks"):
                stem = name.removesuffix("_blocks")
                stacked = convert_moe_packed_tensors(stored[name], stored[f"{stem}_scales"], dtype=torch.float32)
                found.update(expert_reference(stem, stacked))
    else:
        for name in stored:
            if name.endswith(".weight_scale"):
                module = name.removesuffix(".weight_scale")
                found[f"{module}.weight"] = decompressed(module, stored, group_of(module, quantization["config_groups"]))
    return found


def rounded(weight, dtype):
    """What W4A16 in groups makes of a weight: codes and scales of the model's type, multiplied in float32."""
    groups = weight.float().unflatten(-1, (-1, GROUP))
    scales = (groups.abs().amax(-1, keepdim=True) / 7.5).to(dtype).float()
    scales = torch.where(scales == 0, torch.finfo(dtype).eps, scales)
    return (torch.round((groups / scales).clamp(-8, 7)) * scales).flatten(-2)


class Source:
    """A checkpoint that is quantized already, with what other programs make of it."""

    def __init__(self, test, folder):
        self.test, self.folder = test, folder
        self.stored = tensors_of(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.quantization = self.config["quantization_config"]
        self.dtype = self.stored["model.embed_tokens.weight"].dtype
        self.weights = references(folder, self.stored)
        test.assertTrue(self.weights)
        # Copied layers that no description runs are not linear layers for a recipe.
        self.copied = {name for name in self.weights if f"layers.{self.config['num_hidden_layers']}." in name}
        self.stacked = self.quantization["quant_method"] == "mxfp4"
        # The reader of blocks wants whole ones.
        block = self.quantization.get("weight_block_size", [1, 1])
        self.loads = all(weight.shape[0] % block[0] == 0 and weight.shape[1] % block[1] == 0 for weight in self.weights.values())
        # Parts of the quantized modules.
        modules = {name.removesuffix(".weight") for name in self.weights}
        self.parts = {name for name in self.stored if name.rpartition(".")[0] in modules and not name.endswith(".bias")}
        if self.stacked:
            self.parts = {name for name in self.stored if ".mlp.experts." in name}
        self.rows = folder.parent / "rows.jsonl"
        vocabulary = self.config["vocab_size"]
        with open(self.rows, "w") as file:
            for row in torch.randint(0, vocabulary, (4, 64), generator=torch.Generator().manual_seed(1)).tolist():
                file.write(json.dumps({"input_ids": row}) + "\n")

    def input_of(self, module):
        """Arguments of a module's input; None when it is not quantized."""
        return None if self.stacked else self.scheme(module).input_activations

    def runs(self, names):
        """Whether the groups of the inputs divide the widths of these weights: no reader runs others."""
        inputs = ((self.input_of(name.removesuffix(".weight")), self.weights[name].shape[1]) for name in names)
        return all(not args or not args.group_size or args.group_size < 0 or width % args.group_size == 0 for args, width in inputs)

    def scheme(self, module):
        """Of a module, in compressed-tensors' own terms."""
        if self.quantization["quant_method"] == "compressed-tensors":
            group = dict(group_of(module, self.quantization["config_groups"]))
            group["format"] = group.get("format") or self.quantization["format"]
            return QuantizationScheme.model_validate(group)
        block = self.quantization["weight_block_size"]
        return QuantizationScheme.model_validate({
            "targets": ["Linear"], "format": "float-quantized",
            "weights": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": block},
            "input_activations": {"num_bits": 8, "type": "float", "strategy": "group", "group_size": block[1], "dynamic": True}})

    def check_keys(self, info):
        """Layers that are only copied are unexpected to a reader that does not know their number."""
        known = [key for key in info["unexpected_keys"] if f"layers.{self.config['num_hidden_layers']}." not in key]
        check_keys(self.test, {**info, "unexpected_keys": known})

    def check_same(self, name, written):
        """A tensor that stays: its bytes, under the name that readers of compressed-tensors know."""
        kept = name.replace("weight_scale_inv", "weight_scale")
        self.test.assertIn(kept, written)
        self.test.assertTrue(same_bytes(written[kept], self.stored[name]), name)

    def check_scheme(self, module, groups):
        group = group_of(module, groups)
        self.test.assertIsNotNone(group, f"{module} is in no group, or in several")
        ours, theirs = QuantizationScheme.model_validate(group), self.scheme(module)
        for part in ("format", "weights", "input_activations", "output_activations"):
            left, right = (args.model_dump(exclude={"observer", "observer_kwargs", "scale_dtype", "zp_dtype"})
                           if hasattr(args, "model_dump") else args for args in (getattr(ours, part), getattr(theirs, part)))
            self.test.assertEqual(left, right, f"{part} of {module}")


class Sources(unittest.TestCase):
    def with_source(self, maker, check):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "source"
            maker(made)
            check(Source(self, made), Path(folder) / "out")

    def keep(self, source, out):
        run("keep", source.folder, out)
        written = tensors_of(out)
        config = json.loads((out / "config.json").read_text())
        if source.stacked:
            # Nothing but the source's own words describes these.
            self.assertEqual(written.keys(), source.stored.keys())
            for name, tensor in source.stored.items():
                self.assertTrue(same_bytes(written[name], tensor), name)
            self.assertEqual(config, source.config)
        else:
            self.assertEqual(len(written), len(source.stored))
            for name in source.stored:
                source.check_same(name, written)
            quantization = config["quantization_config"]
            QuantizationConfig.model_validate(quantization)
            for name in source.weights:
                source.check_scheme(name.removesuffix(".weight"), quantization["config_groups"])
        if source.runs(source.weights):
            self.check_eval(source.folder, out, source.rows)
            self.check_loads(out, source)
        else:
            for folder in (source.folder, out):
                lcr("eval", folder, "--data", source.rows, "--length", 32, expected=1)

    def dequantize(self, source, out):
        run("dequantize", source.folder, out)
        for kind in ("dense", "float32"):
            written = tensors_of(out / kind)
            self.assertNotIn("quantization_config", json.loads((out / kind / "config.json").read_text()))
            for name, weight in source.weights.items():
                ours = written.pop(name)
                dtype = torch.bfloat16 if torch.bfloat16 in (weight.dtype, ours.dtype) else torch.float32
                self.assertTrue(torch.equal(ours.to(dtype), weight.to(dtype)), name)
            for name, tensor in source.stored.items():
                if name in source.parts:
                    continue
                ours = written.pop(name)
                self.assertTrue(torch.equal(ours, tensor.to(ours.dtype)), name)
            if not source.stacked:
                self.assertFalse(written)
        if not any(source.input_of(name.removesuffix(".weight")) for name in source.weights):
            self.check_eval(source.folder, out / "float32", source.rows)
        if not source.stacked and source.loads:
            self.check_logits(source, out)

    def check_logits(self, source, out):
        formats = {group.get("format") for group in source.quantization.get("config_groups", {}).values()}
        bf16 = bool(formats & BF16_FORMATS) or source.quantization.get("format") in BF16_FORMATS
        dtype, folder = (torch.bfloat16, "dense") if bf16 else (torch.float32, "float32")
        ours, info = load(out / folder, dtype)
        source.check_keys(info)
        logits = logits_of(ours)
        self.assertTrue(torch.isfinite(logits).all())
        # The reader of blocks wants one more library.
        if source.quantization["quant_method"] == "fp8" and not is_accelerate_available():
            return
        theirs, info = load(source.folder, dtype)
        expected = logits_of(without_rounding(theirs))
        self.assertLessEqual((logits - expected).abs().max(), LOGIT_TOLERANCE * expected.abs().max())

    def requantize(self, source, out):
        run("requantize", source.folder, out)
        dense = tensors_of(out / "dense")
        for name in source.weights.keys() - source.copied:
            self.check_rounded(source, name, dense[name])
        written = tensors_of(out / "compressed")
        groups = json.loads((out / "compressed/config.json").read_text())["quantization_config"]["config_groups"]
        for name in source.weights.keys() - source.copied:
            module = name.removesuffix(".weight")
            weight = decompressed(module, written, group_of(module, groups))
            self.assertTrue(torch.equal(weight.to(source.dtype), dense[name]), name)
        evaluated(out / "compressed", source.rows)
        self.check_loads(out / "compressed", source)

    def repack(self, source, out):
        run("repack", source.folder, out)
        written = tensors_of(out)
        groups = json.loads((out / "config.json").read_text())["quantization_config"]["config_groups"]
        for name, weight in source.weights.items():
            module = name.removesuffix(".weight")
            again = decompressed(module, written, group_of(module, groups))
            self.assertTrue(torch.equal(again, weight.to(again.dtype)), name)

    def mixed(self, source, out):
        run("mixed", source.folder, out)
        written = tensors_of(out)
        quantization = json.loads((out / "config.json").read_text())["quantization_config"]
        QuantizationConfig.model_validate(quantization)
        again = {name for name in source.weights if name.endswith(".down_proj.weight")} - source.copied
        self.assertTrue(again)
        for name, weight in source.weights.items():
            module = name.removesuffix(".weight")
            if name in again:
                group = group_of(module, quantization["config_groups"])
                self.check_rounded(source, name, decompressed(module, written, group).to(source.dtype))
            else:
                source.check_scheme(module, quantization["config_groups"])
        for name in source.stored:
            if name not in source.parts or name.rpartition(".")[0] + ".weight" not in again:
                source.check_same(name, written)
        if source.runs(source.weights.keys() - again):
            evaluated(out, source.rows)
            self.check_loads(out, source)

    def check_rounded(self, source, name, ours):
        weight = source.weights[name]
        expected = rounded(weight, source.dtype).to(source.dtype)
        # What others decode to bfloat16 alone lost something that lcr did not. Four-bit sources lie on a coarse grid, so
        # that many values fall between two codes and go either way: as near to the source, not the same codes
        # (0.6 % farther was the most that was measured).
        if weight.dtype == torch.bfloat16:
            error = (ours.float() - weight.float()).norm()
            self.assertLess(error, 1.02 * (expected.float() - weight.float()).norm(), name)
        else:
            self.assertTrue(torch.equal(ours, expected), name)

    def check_eval(self, one, other, rows):
        self.assertEqual(evaluated(one, rows), evaluated(other, rows))

    def check_loads(self, folder, source):
        # Experts are one tensor to transformers, which decompresses few formats into it.
        if any("experts" in name for name in source.stored):
            return
        model, info = load(folder, torch.bfloat16)
        source.check_keys(info)
        self.assertTrue(torch.isfinite(logits_of(model)).all())

    def again(self, recipe):
        """What lcr made is a source like any other: kept it is the same, dequantized it is the dense export."""
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "first"
            lcr("--quiet", "run", recipe, "--model", quantized_sources.model_of(recipe), "--out", first)
            source = first / "compressed"
            kept, dense = run("keep", source, Path(folder) / "kept"), run("decompress", source, Path(folder) / "dense")
            config, stored, written = json.loads((source / "config.json").read_text()), tensors_of(source), tensors_of(kept)
            self.assertEqual(config, json.loads((kept / "config.json").read_text()))
            self.assertEqual(stored.keys(), written.keys())
            for name, tensor in stored.items():
                self.assertTrue(same_bytes(tensor, written[name]), name)
            expected, written = tensors_of(first / "dense"), tensors_of(dense)
            self.assertEqual(expected.keys(), written.keys())
            for name, tensor in expected.items():
                self.assertTrue(same_bytes(tensor, written[name]), name)


def add(name, maker, actions):
    for action in actions:
        test = lambda self, action=action: self.with_source(maker, lambda source, out: getattr(self, action)(source, out))
        setattr(Sources, f"test_{name}_{action}", test)


ACTIONS = ("keep", "dequantize", "requantize", "mixed")
for made_name, made_maker in quantized_sources.SOURCES.items():
    # Nothing but the source's own configuration describes stacked experts: they cannot stay beside others.
    stacked = made_name == "mxfp4_experts"
    add(made_name, made_maker, ("keep", "dequantize", "requantize", "repack") if stacked else ACTIONS)
for committed in sorted(folder.parent for folder in PARITY.glob("compressed_*/config.json")):
    add(committed.name, lambda folder, committed=committed: folder.symlink_to(committed), ACTIONS)
for recipe in sorted((HERE / "recipes").glob("*.lcr")):
    if "compressed_tensors" in recipe.read_text():
        setattr(Sources, f"test_again_{recipe.stem}", lambda self, recipe=recipe: self.again(recipe))


if __name__ == "__main__":
    main(unittest.main)
