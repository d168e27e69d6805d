"""How transformers and compressed-tensors read a checkpoint; what the tests of this folder share."""
import os
import re
import sys

os.environ["CT_ENFORCE_EAGER"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["TQDM_DISABLE"] = "1"

SKIPPED = 77

try:
    import torch
    import transformers
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationScheme
    from safetensors import safe_open
    from transformers import AutoModelForCausalLM
except ImportError as missing:
    print(f"interop: skipped, this Python has no {missing.name}; tools/requirements.txt lists what it needs")
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)

# The reader decompresses these to bfloat16, whatever it is asked for.
BF16_FORMATS = {"nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp8-quantized"}
# Share of the largest logit: the same weights in the same type.
LOGIT_TOLERANCE = 1e-5
# What a compressed module stores beside other tensors of its name.
COMPRESSED_PARTS = {"weight", "weight_packed", "weight_scale", "weight_global_scale", "weight_shape", "weight_zero_point"}


def tensors_of(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            tensors.update({name: file.get_tensor(name) for name in file.keys()})
    return tensors


def same_bytes(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(
        a.contiguous().flatten().view(torch.uint8), b.contiguous().flatten().view(torch.uint8))


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


def decompressed(module, stored, group):
    """The weight that compressed-tensors makes of a module's parts; in float32 where the format allows it."""
    parts = {part: stored[f"{module}.{part}"] for part in COMPRESSED_PARTS if f"{module}.{part}" in stored}
    if group["format"] not in BF16_FORMATS:
        parts["weight_scale"] = parts["weight_scale"].float()
    compressor = BaseCompressor.get_value_from_registry(group["format"])
    return compressor.decompress(parts, QuantizationScheme.model_validate(group))["weight"]


def load(folder, dtype):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True, local_files_only=True)


def check_keys(test, info):
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        test.assertFalse(info[what], what)


def logits_of(model):
    ids = torch.arange(2, 66).reshape(2, 32) % model.config.get_text_config().vocab_size
    with torch.no_grad():
        return model.eval()(ids).logits.float()


def without_rounding(model):
    """Switches the rounding of inputs off."""
    for module in model.modules():
        module.quantization_enabled = False
    return model


def main(run):
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__}")
    run()
