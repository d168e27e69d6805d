"""Makes reference.csv: what rounding to nearest costs the example model, by compressed-tensors' own rounding.

    python make_reference.py        writes reference.csv beside itself

Needs torch 2.11, transformers 5.17, compressed-tensors 0.19, safetensors and tokenizers. Everything is computed in
float32 with eager operations: scales are rounded to the model's bfloat16, quotients are not.
"""
import csv
import json
import os
import sys
from pathlib import Path

os.environ["CT_ENFORCE_EAGER"] = "1"

import torch
from compressed_tensors.quantization import QuantizationConfig, QuantizationStatus, apply_quantization_config
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
MODEL = EXAMPLES / "docs-llama-4m"
WINDOWS, LENGTH = 16, 512

sys.path.insert(0, str(HERE.parent / "parity"))
from make_compressed import E4M3, E8M0, args, calibrate, dynamic  # noqa: E402

# recipe of tools/accuracy_rtn.py -> group size, weights, inputs
RECIPES = {
    "rtn-w4a16": (64, args(4, group_size=64), None),
    "rtn-w2a16": (64, args(2, group_size=64), None),
    "rtn-w8a8": (None, args(8, strategy="channel"), dynamic(8)),
    "rtn-fp8_dynamic": (None, args(8, "float", "channel"), dynamic(8, "float")),
    "rtn-nvfp4a16": (16, args(4, "float", "tensor_group", group_size=16, **E4M3), None),
    "rtn-mxfp4": (32, args(4, "float", group_size=32, **E8M0), dynamic(4, "float", "group", group_size=32, **E8M0)),
}


def windows():
    """The first windows of the stream of all documents."""
    tokenizer, ids = Tokenizer.from_file(str(MODEL / "tokenizer.json")), []
    for line in open(EXAMPLES / "evaluation.jsonl"):
        ids += tokenizer.encode(json.loads(line)["text"]).ids
        if len(ids) >= WINDOWS * LENGTH:
            return torch.tensor(ids[:WINDOWS * LENGTH]).reshape(WINDOWS, 1, LENGTH)
    raise SystemExit("the text is too short")


def fused(model):
    """Weights that servers merge share the global scale of NVFP4."""
    for layer in model.model.layers:
        yield [layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj]
        yield [layer.mlp.gate_proj, layer.mlp.up_proj]


def quantized(weights, inputs):
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    linears = [module for path, module in model.named_modules() if isinstance(module, torch.nn.Linear) and path != "lm_head"]
    apply_quantization_config(model, QuantizationConfig(
        config_groups={"group_0": dict(targets=["Linear"], weights=weights, input_activations=inputs)},
        ignore=["lm_head"], quantization_status="frozen"))
    whole = {module: (module.weight.amin(), module.weight.amax()) for module in linears}
    for parts in fused(model):
        low, high = min(whole[part][0] for part in parts), max(whole[part][1] for part in parts)
        whole.update({part: (low, high) for part in parts})
    for module in linears:
        calibrate(module, None, whole[module])
        if "scale_dtype" not in weights:
            module.weight_scale.data = module.weight_scale.data.bfloat16().float()
        module.quantization_status = QuantizationStatus.FROZEN
    return model


def measured(model, text, reference):
    """Perplexity, mean KL divergence and share of equal best tokens; and the log probabilities for later ones."""
    nll, kl, same, kept = 0.0, 0.0, 0, []
    for i, ids in enumerate(text):
        with torch.no_grad():
            logs = torch.log_softmax(model(ids, use_cache=False).logits[0, :-1].float(), -1)
        nll -= logs.gather(1, ids[0, 1:, None]).double().sum().item()
        kept.append(logs)
        if reference:
            theirs = reference[i]
            kl += (theirs.exp() * (theirs - logs)).sum().double().item()
            same += (theirs.argmax(-1) == logs.argmax(-1)).sum().item()
    count = WINDOWS * (LENGTH - 1)
    return {"ppl": f"{torch.tensor(nll / count).exp().item():.5f}", "kl": f"{kl / count:.6f}",
            "top1": f"{same / count if reference else 1:.5f}"}, kept


def main():
    torch.set_num_threads(1)
    text = windows()
    found, reference = measured(AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval(), text, None)
    rows = [{"recipe": "original", "group_size": "", **found}]
    for recipe, (group, weights, inputs) in RECIPES.items():
        found, _ = measured(quantized(weights, inputs), text, reference)
        rows.append({"recipe": recipe, "group_size": group or "", **found})
        print(rows[-1], flush=True)
    columns = ["model", "recipe", "group_size", "windows", "ppl", "kl", "top1", "bytes"]
    with open(HERE / "reference.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({"model": MODEL.name, "windows": WINDOWS, "bytes": "", **row})


if __name__ == "__main__":
    main()
