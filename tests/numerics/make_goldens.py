"""Writes goldens.safetensors and goldens.json: weights, and what compressed-tensors makes of them.

    python tests/numerics/make_goldens.py        (made with compressed-tensors 0.19.0, torch 2.11.0)

Ranges become scales by calculate_qparams in float32; then the scale is rounded to the dtype that is stored, and the
weight is quantized with the rounded scale by quantize in float32. (The reference itself divides bf16 by bf16 when the
model is bf16; its scales and codes then carry one more rounding. With float32 models there is no difference.) The
tensors of a file are those of `compress`, the expected values those of `decompress`, and both are the reference's own.
"""

import json
import pathlib

import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from safetensors.torch import save_file

ROWS, COLUMNS = 36, 128
FOLDER = pathlib.Path(__file__).parent


def weight(seed: int) -> torch.Tensor:
    """Outliers, a small group, a group of one sign, ties; no group is all zero (asymmetric ones are undefined there)."""
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(ROWS, COLUMNS, generator=generator) * 0.02
    w[torch.rand(ROWS, COLUMNS, generator=generator) < 0.01] *= 30
    w[3, 32:64] *= 1e-6
    w[5] = w[5].abs() + 0.25
    w[7] = torch.randint(-15, 16, (COLUMNS,), generator=generator) / 2
    w[9, 16:48] = torch.linspace(-6, 6, 32)
    return w.to(torch.bfloat16).to(torch.float32)


def int_args(bits: int, strategy: str, symmetric: bool, group: int | None = None) -> dict:
    return dict(num_bits=bits, type="int", strategy=strategy, symmetric=symmetric, group_size=group)


CASES = {
    "w4_group": ("pack-quantized", int_args(4, "group", True, 32)),
    "w4_group_asymmetric": ("pack-quantized", int_args(4, "group", False, 32)),
    "w4_channel": ("pack-quantized", int_args(4, "channel", True)),
    "w8_group_asymmetric": ("pack-quantized", int_args(8, "group", False, 64)),
    "w3_channel_asymmetric": ("pack-quantized", int_args(3, "channel", False)),
    "w2_group": ("pack-quantized", int_args(2, "group", True, 16)),
    "w5_group": ("pack-quantized", int_args(5, "group", True, 64)),
    "w6_channel": ("pack-quantized", int_args(6, "channel", True)),
    "w7_group_asymmetric": ("pack-quantized", int_args(7, "group", False, 32)),
    "w8a8": ("int-quantized", int_args(8, "channel", True)),
    "w4a8": ("int-quantized", int_args(4, "group", True, 32)),
    "w8_tensor": ("int-quantized", int_args(8, "tensor", True)),
    "fp8_tensor": ("float-quantized", dict(num_bits=8, type="float", strategy="tensor", symmetric=True)),
    "fp8_channel": ("float-quantized", dict(num_bits=8, type="float", strategy="channel", symmetric=True)),
    "fp8_group": ("float-quantized", dict(num_bits=8, type="float", strategy="group", group_size=64, symmetric=True)),
    "fp8_block": ("float-quantized",
                  dict(num_bits=8, type="float", strategy="block", block_structure=[16, 48], symmetric=True)),
    "nvfp4": ("nvfp4-pack-quantized", dict(num_bits=4, type="float", strategy="tensor_group", group_size=16,
                                           symmetric=True, scale_dtype="torch.float8_e4m3fn")),
    "mxfp4": ("mxfp4-pack-quantized", dict(num_bits=4, type="float", strategy="group", group_size=32, symmetric=True,
                                           scale_dtype="torch.uint8")),
    "mxfp8": ("mxfp8-quantized", dict(num_bits=8, type="float", strategy="group", group_size=32, symmetric=True,
                                      scale_dtype="torch.uint8")),
}


def ranges(w: torch.Tensor, args: QuantizationArgs) -> tuple[torch.Tensor, torch.Tensor]:
    strategy = args.strategy
    if strategy == "tensor":
        return w.amin().reshape(1), w.amax().reshape(1)
    if strategy == "channel":
        return w.amin(1, keepdim=True), w.amax(1, keepdim=True)
    if strategy == "block":
        rows, columns = args.block_structure
        w = torch.nn.functional.pad(w, (0, -w.shape[1] % columns, 0, -w.shape[0] % rows))
        w = w.reshape(w.shape[0] // rows, rows, w.shape[1] // columns, columns)
        return w.amin((1, 3)), w.amax((1, 3))
    w = w.unflatten(1, (-1, args.group_size))
    return w.amin(2), w.amax(2)


def make(name: str, dtype: torch.dtype, w: torch.Tensor, tensors: dict) -> dict:
    container, fields = CASES[name]
    args = QuantizationArgs(**fields)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    low, high = ranges(w, args)
    state = {"weight": w}
    global_scale = None
    if args.strategy == "tensor_group":
        global_scale = generate_gparam(w.amin(), w.amax())
        state["weight_global_scale"] = global_scale
    scale, zero_point = calculate_qparams(low, high, args, global_scale)
    scale = scale.to(dtype).to(torch.float32)
    if not args.symmetric:
        # With the scale as stored; the reference takes it before the rounding.
        own = zero_point
        zero_point = torch.round(torch.clamp(-(2.0 ** (args.num_bits - 1)) - low.clamp(max=0) / scale,
                                             -(2.0 ** (args.num_bits - 1)), 2.0 ** (args.num_bits - 1) - 1)).to(torch.int8)
        assert dtype != torch.float32 or torch.equal(own, zero_point)
        state["weight_zero_point"] = zero_point
    state["weight_scale"] = scale
    compressor = BaseCompressor.get_value_from_registry(container)
    compressed = compressor.compress(state, scheme)
    if compressed["weight_scale"].dtype == torch.float32:
        compressed["weight_scale"] = compressed["weight_scale"].to(dtype)
    compressed.pop("weight_shape", None)
    expected = compressor.decompress(compressed | {"weight_shape": torch.tensor(w.shape)}, scheme)["weight"]
    prefix = f"{name}.{str(dtype).removeprefix('torch.')}"
    for key, value in (compressed | {"expected": expected}).items():
        tensors[f"{prefix}.{key}"] = value.contiguous().clone()
    return {"name": prefix, "weight": "weight", "container": container, "dtype": str(dtype).removeprefix("torch."), **fields}


def main() -> None:
    w = weight(1)
    tensors = {"weight": w}
    cases = []
    for name in CASES:
        mx = "scale_dtype" in CASES[name][1]
        for dtype in (torch.bfloat16,) if mx else (torch.bfloat16, torch.float32):
            if dtype == torch.float32 and not name.startswith(("w4_group", "w8_group", "w8a8", "fp8_block")):
                continue
            cases.append(make(name, dtype, w, tensors))
    save_file(tensors, FOLDER / "goldens.safetensors")
    (FOLDER / "goldens.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
