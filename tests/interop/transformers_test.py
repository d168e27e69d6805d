"""Loads what lcr wrote with transformers and compressed-tensors.

usage: transformers_test.py LCR [unittest arguments]

Each recipe of recipes/ writes one model twice: as a compressed-tensors checkpoint and as a dense one.
The first must load without a missing or unexpected tensor, its dequantized weights must be the dense ones bit by
bit, and with the rounding of inputs switched off its logits must be the dense model's.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

os.environ["CT_ENFORCE_EAGER"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["TQDM_DISABLE"] = "1"

SKIPPED = 77

try:
    import torch
    import transformers
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationConfig, QuantizationScheme
    from safetensors import safe_open
    from transformers import AutoModelForCausalLM
except ImportError as missing:
    print(f"interop: skipped, this Python has no {missing.name}; tools/requirements.txt lists what it needs")
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECIPES = HERE / "recipes"
LCR = sys.argv.pop(1)

# The reader decompresses these to bfloat16, whatever it is asked for.
BF16_FORMATS = {"nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp8-quantized"}
# transformers 5.17 stops at a quantized embedding: it initialises its `weight`, which is not there.
UNLOADABLE = {"embedding"}
# Shares of the largest logit: the same weights in the same type, and float32 beside bfloat16.
LOGIT_TOLERANCE = 1e-5
BF16_TOLERANCE = 5e-2
# What a compressed module stores beside other tensors of its name.
COMPRESSED_PARTS = {"weight", "weight_packed", "weight_scale", "weight_global_scale", "weight_shape", "weight_zero_point"}


def source_of(recipe):
    """The model that a recipe is for: the mixture of experts for experts_*, the small dense one for the rest."""
    return ROOT / ("tests/parity/qwen3_moe" if recipe.stem.startswith("experts_") else "examples/docs-llama-4m")


def tensors_of(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            tensors.update({name: file.get_tensor(name) for name in file.keys()})
    return tensors


def group_of(module, groups):
    """The config group that holds a module: names and expressions come before classes, as in every reader."""
    for covers in (named, of_class):
        hits = [group for group in groups.values() if any(covers(target, module) for target in group["targets"])]
        if hits:
            return hits[0] if len(hits) == 1 else None
    return None


def named(target, module):
    if target.startswith("re:"):
        return re.match(target[3:], module) is not None
    return target == module


def of_class(target, module):
    return target == ("Embedding" if module.endswith("embed_tokens") else "Linear")


def load(folder, dtype):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True, local_files_only=True)


def logits_of(model):
    ids = torch.arange(2, 66).reshape(2, 32)
    with torch.no_grad():
        return model.eval()(ids).logits.float()


class Interop(unittest.TestCase):
    def check(self, recipe):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            run = subprocess.run(
                [LCR, "--quiet", "run", recipe, "--model", source_of(recipe), "--out", out],
                capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            if not (out / "compressed").exists():
                self.check_plain(out, source_of(recipe))
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
            self.assertTrue(torch.equal(written[name].view(torch.uint8), tensor.view(torch.uint8)), name)
        _, info = load(out, torch.float32)
        self.check_keys(info)

    def check_weights(self, config, stored, dense):
        """compressed-tensors' own decompression gives the dense weights, bit by bit."""
        modules = sorted({name.rpartition(".")[0] for name in stored if name.endswith(".weight_scale")})
        self.assertTrue(modules)
        seen = set()
        for module in modules:
            group = group_of(module, config["config_groups"])
            self.assertIsNotNone(group, f"{module} is in no group, or in several")
            parts = {part: stored[f"{module}.{part}"] for part in COMPRESSED_PARTS if f"{module}.{part}" in stored}
            if group["format"] not in BF16_FORMATS:
                parts["weight_scale"] = parts["weight_scale"].float()
            compressor = BaseCompressor.get_value_from_registry(group["format"])
            weight = compressor.decompress(parts, QuantizationScheme.model_validate(group))["weight"]
            ours = dense[f"{module}.weight"]
            self.assertTrue(torch.equal(weight.to(ours.dtype), ours), module)
            seen.update(f"{module}.{part}" for part in COMPRESSED_PARTS)
        for name in sorted(stored.keys() - seen):
            self.assertTrue(torch.equal(stored[name].float(), dense[name].float()), name)

    def check_keys(self, info):
        for what in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
            self.assertFalse(info[what], what)

    def check_model(self, config, out):
        groups = config["config_groups"].values()
        model, info = load(out / "compressed", torch.bfloat16)
        self.check_keys(info)
        # As the reader runs it, the rounding of inputs included; the first call decompresses.
        rounded = logits_of(model)
        self.assertTrue(torch.isfinite(rounded).all())
        for module in model.modules():
            module.quantization_enabled = False
        exact = logits_of(model)
        reference, info = load(out / "dense", torch.bfloat16)
        self.check_keys(info)
        expected = logits_of(reference)
        self.assertLessEqual((exact - expected).abs().max(), LOGIT_TOLERANCE * expected.abs().max())
        # Rounded inputs move the logits, and not far.
        if any(group.get("input_activations") for group in groups):
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
        self.check_keys(info)
        for module in model.modules():
            module.quantization_enabled = False
        logits = logits_of(model)
        self.assertLessEqual((logits - expected).abs().max(), BF16_TOLERANCE * expected.abs().max())


def add_tests():
    for recipe in sorted(RECIPES.glob("*.lcr")):
        setattr(Interop, f"test_{recipe.stem}", lambda self, recipe=recipe: self.check(recipe))


add_tests()

if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__}")
    unittest.main()
