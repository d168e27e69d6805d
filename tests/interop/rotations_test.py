"""Rotations at run time, as compressed-tensors applies them.

usage: rotations_test.py LCR [unittest arguments]

Each recipe of rotations/ writes the example model twice: as a compressed-tensors checkpoint with a transform_config, and
dense, which holds the same function without any rotation. transformers loads the first without its transform_config;
compressed-tensors' own transforms, with the matrices that are stored, must then give the logits of the second. So must
`lcr eval`. And what compressed-tensors rotates and saves must be the original model to `lcr eval`.
"""
import json
import math
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from reading import LOGIT_TOLERANCE, load, logits_of, main, tensors_of, without_rounding

import torch
from compressed_tensors.transform import TransformConfig, TransformFactory, apply_transform_config
from compressed_tensors.transform.factory.base import TransformBase

from quantized_sources import DENSE, ROOT, write

HERE = Path(__file__).resolve().parent
LCR = sys.argv.pop(1)
RUN_TIME = {"input", "output", "q_attn", "k_cache"}


def run_time_part(config):
    """The groups without what has become the weights already."""
    groups = {}
    for name, group in config["config_groups"].items():
        uses = [use for use in group["apply"] if use["location"] in RUN_TIME]
        if uses:
            groups[name] = {**group, "apply": uses}
    return TransformConfig.model_validate({"config_groups": groups})


def is_matrix_of(group, key):
    return any(key.endswith(f".{group}_{location}.weight") for location in RUN_TIME)


def apply_stored(model, config, stored):
    """Rotates at run time by what is stored, whichever module it is stored under."""
    for name, scheme in config.config_groups.items():
        TransformFactory.from_scheme(scheme, name=name).apply_to_model(model, use_tqdm=False)
        matrices = {}
        for key, tensor in stored.items():
            if is_matrix_of(name, key):
                assert tensor.shape[0] not in matrices, f"{key} is stored twice"
                matrices[tensor.shape[0]] = tensor
        assert matrices, f"no matrix of {name} is stored"
        for path, module in model.named_modules():
            if isinstance(module, TransformBase) and path.rpartition(".")[2].startswith(f"{name}_"):
                matrix = matrices[module.weight.shape[0]]
                if scheme.type == "hadamard":
                    assert torch.equal(module.weight.double(), matrix.double()), path
                with torch.no_grad():
                    module.weight.copy_(matrix)


def evaluate(folder, reference):
    run = subprocess.run(
        [LCR, "eval", folder, "--reference", reference, "--data", ROOT / "examples/evaluation.jsonl", "--length", "128",
         "--windows", "4", "--format", "json"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


class Rotations(unittest.TestCase):
    def check(self, recipe):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            run = subprocess.run([LCR, "--quiet", "run", recipe, "--model", DENSE, "--out", out],
                                 capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            config = json.loads((out / "compressed/config.json").read_text())["quantization_config"]
            stored = tensors_of(out / "compressed")
            transforms = run_time_part(config["transform_config"])
            self.assertTrue(transforms.config_groups)
            self.check_matrices(stored, transforms)
            reference, _ = load(out / "dense", torch.float32)
            expected = logits_of(reference)
            if not config["config_groups"]:
                # transformers stops at a configuration that quantizes nothing.
                self.without_configuration(out)
            model, info = load(out / "compressed", torch.float32)
            self.assertFalse(info["missing_keys"])
            if config["config_groups"]:
                logits_of(model)  # decompresses
            apply_stored(model, transforms, stored)
            logits = logits_of(without_rounding(model))
            error = (logits - expected).abs().max() / expected.abs().max()
            # The dense export is rounded to bfloat16 after it is rotated back.
            self.assertLessEqual(error, 2e-2)
            ours = out / "rotated" if (out / "rotated").exists() else out / "compressed"
            self.assertLess(evaluate(ours, out / "dense")["kl"], 1e-2 if self.rounds(config) else 1e-4)
            self.check_eval(model, config, out, ours)

    def without_configuration(self, out):
        shutil.copytree(out / "compressed", out / "rotated")
        config = json.loads((out / "compressed/config.json").read_text())
        del config["quantization_config"]
        (out / "compressed/config.json").write_text(json.dumps(config))

    def check_eval(self, model, config, out, ours):
        """Inputs are rotated before they are rounded: perplexity of lcr and of compressed-tensors."""
        for module in model.modules():
            module.quantization_enabled = True
        ids = torch.arange(2, 130) % model.config.vocab_size
        (out / "ids.jsonl").write_text(json.dumps({"input_ids": ids.tolist()}) + "\n")
        run = subprocess.run([LCR, "eval", ours, "--data", out / "ids.jsonl", "--length", "128", "--format", "json"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        with torch.no_grad():
            logits = model.eval()(ids[None]).logits[0].float()
        nll = torch.nn.functional.cross_entropy(logits[:-1], ids[1:]).item()
        measured = math.log(json.loads(run.stdout)["perplexity"])
        self.assertAlmostEqual(measured, nll, delta=2e-3 * nll if self.rounds(config) else 1e-5 * nll)

    @staticmethod
    def rounds(config):
        return any(group.get("input_activations") for group in config["config_groups"].values())

    def check_matrices(self, stored, transforms):
        for key, matrix in stored.items():
            if not any(is_matrix_of(name, key) for name in transforms.config_groups):
                continue
            n = matrix.shape[0]
            product = matrix.double() @ matrix.double().T / n
            self.assertLess((product - torch.eye(n, dtype=torch.float64)).abs().max(), 1e-5, key)

    def test_what_compressed_tensors_rotates(self):
        """Random matrices, with their order of operations: function preserved, read from what it saves."""
        uses = lambda *pairs: [{"targets": list(targets), "location": location, "inverse": inverse}
                               for targets, location, inverse in pairs]
        down, query, attention = ["re:.*down_proj$"], ["re:.*q_proj$"], ["re:.*self_attn$"]
        config = {"config_groups": {
            "R3": {"type": "hadamard", "head_dim": 32, "apply": uses((attention, "q_attn", False), (attention, "k_cache", False))},
            "R4": {"type": "random-hadamard", "apply": uses((down, "input", False), (down, "weight_input", True))},
            "u": {"type": "random-hadamard", "head_dim": 16, "apply": uses((query, "weight_output", False), (query, "output", True))},
        }}
        model, _ = load(DENSE, torch.float32)
        expected = logits_of(model)
        heads = model.config.hidden_size // model.config.num_attention_heads
        config["config_groups"]["R3"]["head_dim"] = heads
        apply_transform_config(model, TransformConfig.model_validate(config))
        self.assertLess((logits_of(model) - expected).abs().max(), 1e-3)
        tensors = {name: tensor for name, tensor in model.state_dict().items()
                   if not (model.config.tie_word_embeddings and name == "lm_head.weight")}
        seen, kept = set(), {}
        for name, tensor in tensors.items():
            if any(is_matrix_of(group, name) for group in config["config_groups"]):
                if tensor.data_ptr() in seen:
                    continue
                seen.add(tensor.data_ptr())
            kept[name] = tensor.clone()
        with tempfile.TemporaryDirectory() as folder:
            rotated = Path(folder) / "rotated"
            write(DENSE, rotated, kept, {
                "quant_method": "compressed-tensors", "format": "dense", "config_groups": {}, "ignore": [],
                "quantization_status": "compressed", "transform_config": config})
            self.assertLess(evaluate(rotated, DENSE)["kl"], 1e-6)


def add_tests():
    for recipe in sorted((HERE / "rotations").glob("*.lcr")):
        setattr(Rotations, f"test_{recipe.stem}", lambda self, recipe=recipe: self.check(recipe))


add_tests()

if __name__ == "__main__":
    main(unittest.main)
