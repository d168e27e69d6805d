"""Makes checkpoints that are quantized already, as other programs write them.

Every maker takes a folder that does not exist and fills it. The weights are those of the small models beside the other
tests, so that nothing has to be stored twice.
"""
import json
import math
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from reading import tensors_of

ROOT = Path(__file__).resolve().parent.parent.parent
DENSE = ROOT / "examples/docs-llama-4m"
MIXTURE = ROOT / "tests/parity/qwen3_moe"
LATENT = ROOT / "tests/parity/deepseek_v3"
STACKED = ROOT / "tests/parity/gpt_oss"

E2M1 = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])


def model_of(recipe):
    """The model that a recipe of recipes/ is for: the mixture of experts for experts_*, the small dense one for the rest."""
    return MIXTURE if recipe.stem.startswith("experts_") else DENSE


def write(source, folder, tensors, quantization):
    """The model of `source` with other tensors in one file, and a quantization_config."""
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.suffix != ".safetensors" and not path.name.endswith(".index.json"):
            shutil.copy(path, folder / path.name)
    config = json.loads((source / "config.json").read_text())
    config["quantization_config"] = quantization
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})


def fp8_weight(weight, rows, columns):
    """Codes and `weight_scale_inv`, which multiplies; the last blocks may be ragged."""
    out, width = weight.shape
    grid = (math.ceil(out / rows), math.ceil(width / columns))
    padded = torch.zeros(grid[0] * rows, grid[1] * columns)
    padded[:out, :width] = weight.float()
    tiles = padded.unflatten(0, (grid[0], rows)).unflatten(-1, (grid[1], columns))
    scales = tiles.abs().amax((1, 3)).clamp_min(1e-12) / 448
    codes = (tiles / scales[:, None, :, None]).flatten(2).flatten(0, 1)[:out, :width]
    return codes.to(torch.float8_e4m3fn), scales


def fp8_blocks(source, folder, block=(128, 128), skipped=("lm_head", "embed_tokens", ".mlp.gate.", "router")):
    """Every matrix but the named ones as 8-bit floats with one scale a block."""
    tensors = {}
    for name, tensor in tensors_of(source).items():
        if tensor.dim() != 2 or not name.endswith(".weight") or any(part in name for part in skipped):
            tensors[name] = tensor
            continue
        tensors[name], tensors[f"{name}_scale_inv"] = fp8_weight(tensor, *block)
    write(source, folder, tensors, {
        "quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": list(block)})


def mxfp4_weight(weight):
    """Blocks [.., in / 32, 16] of two codes a byte and their exponents, of weights [.., in]."""
    groups = weight.float().unflatten(-1, (-1, 32))
    exponent = torch.floor(torch.log2(groups.abs().amax(-1).clamp_min(2.0**-100))) - 2
    values = groups / torch.exp2(exponent)[..., None]
    codes = (values.abs()[..., None] - E2M1).abs().argmin(-1) + 8 * (values < 0)
    packed = codes[..., 0::2] + 16 * codes[..., 1::2]
    return packed.to(torch.uint8), (exponent + 127).to(torch.uint8)


def mxfp4_experts(source, folder):
    """Stacked experts [experts, in, out] as [experts, out, in / 32, 16]."""
    tensors = {}
    for name, tensor in tensors_of(source).items():
        if tensor.dim() != 3:
            tensors[name] = tensor
            continue
        tensors[f"{name}_blocks"], tensors[f"{name}_scales"] = mxfp4_weight(tensor.transpose(1, 2))
    write(source, folder, tensors, {
        "quant_method": "mxfp4",
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens",
                                   "lm_head"]})


SOURCES = {
    "fp8_blocks": lambda folder: fp8_blocks(DENSE, folder, (64, 64)),
    # The last block of a column or row is shorter.
    "fp8_ragged_blocks": lambda folder: fp8_blocks(DENSE, folder),
    # Their number says nothing of their size, and no tile of rows ends where they do.
    "fp8_odd_blocks": lambda folder: fp8_blocks(DENSE, folder, (96, 160)),
    "fp8_experts": lambda folder: fp8_blocks(MIXTURE, folder, (32, 32)),
    "fp8_latent": lambda folder: fp8_blocks(LATENT, folder, (32, 32)),
    "mxfp4_experts": lambda folder: mxfp4_experts(STACKED, folder),
}
