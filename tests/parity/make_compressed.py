"""Makes tiny checkpoints in the formats of compressed-tensors, and what they compute.

    python make_compressed.py        writes compressed_FORMAT/ and references/compressed_FORMAT.safetensors

Needs torch 2.11, transformers 5.17, compressed-tensors 0.19 and safetensors. The references are float32 runs in which
compressed-tensors itself fake-quantizes weights and inputs; the checkpoints hold the same scales and the codes.
"""
import os

import torch
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.quantization import QuantizationConfig, QuantizationStatus, apply_quantization_config
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from make_models import HERE, decoder_layers, randomize


def args(bits, kind="int", strategy="group", **more):
    return dict(num_bits=bits, type=kind, strategy=strategy, symmetric=True, dynamic=False, **more)


def dynamic(bits, kind="int", strategy="token", **more):
    return {**args(bits, kind, strategy, **more), "dynamic": True}


E4M3 = dict(scale_dtype="torch.float8_e4m3fn")
E8M0 = dict(scale_dtype="torch.uint8")

FORMATS = {
    "w4a16_asym": (dict(args(4, group_size=32), symmetric=False), None),
    "w3a16": (args(3, group_size=32), None),
    "w8a8": (args(8, strategy="channel"), dynamic(8)),
    "w8a8_static": (args(8, strategy="channel"), args(8, strategy="tensor")),
    "w8a8_asym_static": (args(8, strategy="channel"), dict(args(8, strategy="tensor"), symmetric=False)),
    "w4a8": (args(4, group_size=32), dynamic(8)),
    "fp8": (args(8, "float", "tensor"), args(8, "float", "tensor")),
    "fp8_dynamic": (args(8, "float", "channel"), dynamic(8, "float")),
    "fp8_block": (dict(args(8, "float", "block"), block_structure=[16, 32]),
                  dynamic(8, "float", "group", group_size=32)),
    "nvfp4": (args(4, "float", "tensor_group", group_size=16, **E4M3),
              dict(args(4, "float", "tensor_group", group_size=16, **E4M3), dynamic="local")),
    "mxfp4": (args(4, "float", group_size=32, **E8M0), dynamic(4, "float", "group", group_size=32, **E8M0)),
    "mxfp8": (args(8, "float", group_size=32, **E8M0), dynamic(8, "float", "group", group_size=32, **E8M0)),
}


def bounds(weight, settings):
    """Smallest and largest weight under every scale, in the shape of the scales."""
    if settings.strategy == "tensor":
        return weight.min().reshape(1), weight.max().reshape(1)
    if settings.strategy == "channel":
        return weight.amin(-1, keepdim=True), weight.amax(-1, keepdim=True)
    if settings.strategy == "block":
        rows, columns = settings.block_structure
        tiles = weight.unflatten(0, (-1, rows)).unflatten(-1, (-1, columns))
        return tiles.amin((1, 3)), tiles.amax((1, 3))
    groups = weight.unflatten(-1, (-1, settings.group_size))
    return groups.amin(-1), groups.amax(-1)


def calibrate(module, inputs, whole=None):
    """Scales from the weight and from what the module read; `whole`: bounds of all that shares its global scale."""
    scheme, weight = module.quantization_scheme, module.weight.data
    global_scale = None
    if scheme.weights.strategy == "tensor_group":
        global_scale = generate_gparam(*(whole or (weight.min(), weight.max())))
        module.weight_global_scale.data = global_scale
    scale, zero = calculate_qparams(*bounds(weight, scheme.weights), scheme.weights, global_scale)
    module.weight_scale.data = scale
    if hasattr(module, "weight_zero_point"):
        module.weight_zero_point.data = zero
    settings = scheme.input_activations
    if settings is None or settings.dynamic is True:
        return
    if settings.dynamic == "local":
        module.input_global_scale.data = generate_gparam(inputs.min(), inputs.max())
        return
    scale, zero = calculate_qparams(inputs.min(), inputs.max(), settings)
    module.input_scale.data = scale
    if hasattr(module, "input_zero_point"):
        module.input_zero_point.data = zero


def make(name, weights, inputs):
    torch.manual_seed(3)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=64, hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=96,
        num_hidden_layers=2, max_position_embeddings=64, tie_word_embeddings=False, pad_token_id=None, bos_token_id=None,
        eos_token_id=None, attn_implementation="eager")).eval()
    randomize(model, 5)
    ids = torch.randint(0, 64, (2, 48))
    seen = {}
    linears = [(path, m) for path, m in model.named_modules() if isinstance(m, torch.nn.Linear) and path != "lm_head"]
    hooks = [m.register_forward_pre_hook(lambda m, x, path=path: seen.__setitem__(path, x[0].detach().clone()))
             for path, m in linears]
    with torch.no_grad():
        plain = model(input_ids=ids, use_cache=False).logits
    for hook in hooks:
        hook.remove()
    apply_quantization_config(model, QuantizationConfig(
        config_groups={"group_0": dict(targets=["Linear"], weights=weights, input_activations=inputs)},
        ignore=["lm_head"], quantization_status="frozen"))
    for path, module in linears:
        calibrate(module, seen[path])
        module.quantization_status = QuantizationStatus.FROZEN
    kept = {}
    layers = decoder_layers(model)
    for key, layer in (("hidden.0", layers[0]), ("hidden.last", layers[-1])):
        layer.register_forward_hook(lambda m, x, y, key=key: kept.__setitem__(
            key, (y[0] if isinstance(y, tuple) else y).detach().clone().contiguous()))
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits.contiguous()
    print(name, "logits change by", (logits - plain).abs().max().item())
    save_file({"input_ids": ids, "logits": logits, **kept},
              os.path.join(HERE, "references", f"compressed_{name}.safetensors"))

    folder = os.path.join(HERE, f"compressed_{name}")
    os.makedirs(folder, exist_ok=True)
    compressor = ModelCompressor.from_pretrained_model(model)
    compressor.compress_model(model)
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    model.config.architectures = ["LlamaForCausalLM"]
    model.config.save_pretrained(folder)
    compressor.update_config(folder)


if __name__ == "__main__":
    for name, (weights, inputs) in FORMATS.items():
        make(name, weights, inputs)
