"""Loads what lcr wrote with transformers and compressed-tensors.

usage: transformers_test.py LCR [unittest arguments]

Each recipe of recipes/ writes one model twice: as a compressed-tensors checkpoint and as a dense one.
The first must load without a missing or unexpected tensor, its dequantized weights must be the dense ones bit by
bit, and with the rounding of inputs switched off its logits must be the dense model's.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from reading import (BF16_FORMATS, COMPRESSED_PARTS, LOGIT_TOLERANCE, check_keys, decompressed, group_of, load,
                     logits_of, main, same_bytes, tensors_of, without_rounding)

import torch
from compressed_tensors.quantization import QuantizationConfig

from quantized_sources import model_of

HERE = Path(__file__).resolve().parent
RECIPES = HERE / "recipes"
LCR = sys.argv.pop(1)

# transformers 5.17 stops at a quantized embedding: it initialises its `weight`, which is not there.
UNLOADABLE = {"embedding"}
# Share of the largest logit: float32 beside bfloat16.
BF16_TOLERANCE = 5e-2


class Interop(unittest.TestCase):
    def check(self, recipe):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            run = subprocess.run(
                [LCR, "--quiet", "run", recipe, "--model", model_of(recipe), "--out", out],
                capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            if not (out / "compressed").exists():
                self.check_plain(out, model_of(recipe))
                return
            config = json.loads((out / "compressed/config.json").read_text())["quantization_config"]
            QuantizationConfig.model_validate(config)
            self.check_weights(config, tensors_of(out / "compressed"), tensors_of(out / "dense"))
            if recipe.stem not in UNLOADABLE:
                self.check_model(config, out)

    def check_plain(self, out, source):
        """A recipe that quantizes nothing: every tensor is the source's."""
        written, original = tensors_of(out), tensors_of(source)
        self.assertEqual(written.keys(), original.keys())
        for name, tensor in original.items():
            self.assertTrue(same_bytes(written[name], tensor), name)
        _, info = load(out, torch.float32)
        check_keys(self, info)

    def check_weights(self, config, stored, dense):
        """compressed-tensors' own decompression gives the dense weights, bit by bit."""
        modules = sorted({name.rpartition(".")[0] for name in stored if name.endswith(".weight_scale")})
        self.assertTrue(modules)
        seen = set()
        for module in modules:
            group = group_of(module, config["config_groups"])
            self.assertIsNotNone(group, f"{module} is in no group, or in several")
            ours = dense[f"{module}.weight"]
            self.assertTrue(torch.equal(decompressed(module, stored, group).to(ours.dtype), ours), module)
            seen.update(f"{module}.{part}" for part in COMPRESSED_PARTS)
        caches = {name for name in stored if name.endswith((".k_scale", ".v_scale"))}
        self.assertEqual(bool(caches), config.get("kv_cache_scheme") is not None)
        for name in sorted(stored.keys() - seen - caches):
            self.assertTrue(torch.equal(stored[name].float(), dense[name].float()), name)

    def check_model(self, config, out):
        groups = config["config_groups"].values()
        model, info = load(out / "compressed", torch.bfloat16)
        check_keys(self, info)
        # As the reader runs it, the rounding of inputs included; the first call decompresses.
        rounded = logits_of(model)
        self.assertTrue(torch.isfinite(rounded).all())
        exact = logits_of(without_rounding(model))
        reference, info = load(out / "dense", torch.bfloat16)
        check_keys(self, info)
        expected = logits_of(reference)
        self.assertLessEqual((exact - expected).abs().max(), LOGIT_TOLERANCE * expected.abs().max())
        # Rounded inputs, keys and values move the logits, and not far.
        if config.get("kv_cache_scheme") or any(group.get("input_activations") for group in groups):
            self.assertFalse(torch.equal(rounded, exact))
            cosine = torch.nn.functional.cosine_similarity(rounded.flatten(), exact.flatten(), dim=0)
            self.assertGreater(cosine, 0.95)
        else:
            self.assertTrue(torch.equal(rounded, exact))
        # A mixture's routing may turn over between the two types.
        mixture = any("experts" in name for name, _ in model.named_modules())
        if not mixture and not any(group["format"] in BF16_FORMATS for group in groups):
            self.check_float32(out, expected)

    def check_float32(self, out, expected):
        """In float32 the weights are unrounded products of code and scale."""
        model, info = load(out / "compressed", torch.float32)
        check_keys(self, info)
        logits = logits_of(without_rounding(model))
        self.assertLessEqual((logits - expected).abs().max(), BF16_TOLERANCE * expected.abs().max())


def add_tests():
    for recipe in sorted(RECIPES.glob("*.lcr")):
        setattr(Interop, f"test_{recipe.stem}", lambda self, recipe=recipe: self.check(recipe))


add_tests()

if __name__ == "__main__":
    main(unittest.main)
