#!/usr/bin/env python3
"""Measures every calibrated algorithm beside LLM Compressor's figures.

usage: accuracy.py MODELS_DIR --lcr LCR --data FILE.jsonl --calibration DIR [--models NAME...] [--rows RECIPE...]
                   [--device cpu|cuda] [--windows N] [--jobs N] [--results FILE.json] [-o TABLE.md]

Rows are those of accuracy/calibrated.csv. DIR holds MODEL.jsonl for every model: the first 128 windows of 512 token ids
of the calibration text, one `input_ids` a line. Each row is written as a recipe with lcr's defaults, run, and evaluated
against the original. Figures are comparable on the same windows only. --results keeps finished rows, so that an
interrupted measurement goes on.
"""

import argparse
import csv
import json
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent / "accuracy" / "calibrated.csv"
TOKEN8 = "int8(per = token, symmetric = true, dynamic = true)"
NVFP4 = "fp4(per = group(16), scale = e4m3, global = static)"


def integers(bits, symmetric="true"):
    return lambda group: f"weights = int{bits}(per = group({group}), symmetric = {symmetric})"


def fixed(text):
    return lambda group: text


W4, W4_ASYM, W3, W2 = integers(4), integers(4, "false"), integers(3), integers(2)
CHANNEL = fixed("weights = int4(per = channel, symmetric = true)")
CHANNEL_A4 = fixed("weights = int4(per = channel, symmetric = true)\n"
                   "  input = int4(per = token, symmetric = true, dynamic = true)\n  container = bytes")
W8A8 = fixed(f"weights = int8(per = channel, symmetric = true)\n  input = {TOKEN8}\n  container = bytes")
FP8 = fixed("weights = fp8(per = channel)\n  input = fp8(per = token, dynamic = true)")
NVFP4_A4 = fixed(f"weights = {NVFP4}\n  input = fp4(per = group(16), scale = e4m3, global = static, dynamic = true)")
MXFP4 = fixed("weights = fp4(per = group(32), scale = e8m0)\n  input = fp4(per = group(32), scale = e8m0, dynamic = true)")
SPIN = "transform spinquant(rotations = [R1, R2], kind = hadamard)"
LEARNED = ("transform spinquant(rotations = [R1, R2], kind = learned(steps = 100, rate = 0.1, samples = 64), "
           "seed = 1)")
KV8 = "quantize kv_cache as fp8(per = tensor, dynamic = false) with rtn"
# recipe -> (scheme, stack, more statements); of pruned rows (None, the `prune` rule).
ROWS = {
    "rtn-fp8": (fixed("weights = fp8(per = tensor)\n  input = fp8(per = tensor, dynamic = false)"), "rtn"),
    "rtn-fp8_dynamic-kvfp8": (FP8, "rtn", KV8),
    "rtn-nvfp4": (NVFP4_A4, "rtn"),
    "rtn-w4a16-imatrix": (W4, "rtn(range = imatrix)"),
    "gptq-w4a16": (W4, "gptq"),
    "gptq-w4a16_asym": (W4_ASYM, "gptq"),
    "gptq-w3a16": (W3, "gptq"),
    "gptq-w2a16": (W2, "gptq"),
    "gptq-nvfp4": (NVFP4_A4, "gptq"),
    "gptq-nvfp4a16": (fixed(f"weights = {NVFP4}"), "gptq"),
    "gptq-mxfp4": (MXFP4, "gptq"),
    "gptq-w4a16_channel": (CHANNEL, "gptq"),
    "gptq-w8a8": (W8A8, "gptq"),
    "gptq-w4a16-mse": (W4, "gptq(range = mse)"),
    "gptq-w4a16-imatrix": (W4, "gptq(range = imatrix)"),
    "gptq-w4a16-noact": (W4, "gptq(order = natural)"),
    "gptq-w4a16-minmax": (W4, "gptq(range = minmax, refit = off)"),
    "gptq-w4a16-norefit": (W4, "gptq(refit = off)"),
    "gptq-w3a16-original": (W3, "gptq(target = original)"),
    "awq-w4a16": (W4, "awq then rtn"),
    "awq-w4a16_asym": (W4_ASYM, "awq then rtn"),
    "awq-w3a16": (W3, "awq then rtn"),
    "awq-w4a16_asym-linear": (W4_ASYM, "awq(loss = linear) then rtn"),
    "awq-w4a16-minmax": (W4, "awq then rtn(range = minmax)"),
    "awq-w4a16_asym-minmax": (W4_ASYM, "awq then rtn(range = minmax)"),
    "awq-w3a16-minmax": (W3, "awq then rtn(range = minmax)"),
    "smoothquant-gptq-w8a8": (W8A8, "smoothquant(strength = 80%) then gptq"),
    "smoothquant-rtn-w8a8": (W8A8, "smoothquant(strength = 80%) then rtn"),
    "spinquant-rtn-w4a16_channel": (CHANNEL, "rtn", SPIN),
    "spinquant-gptq-w4a16_channel": (CHANNEL, "gptq", SPIN),
    "spinquant-rtn-w4a4_channel": (CHANNEL_A4, "rtn", SPIN),
    "spinquant-learned-rtn-w4a4_channel": (CHANNEL_A4, "rtn", LEARNED),
    "autoround-w3a16": (W3, "autoround(seed = 1)"),
    "rtn-w4a4_channel": (CHANNEL_A4, "rtn"),
    "quip-rtn-w4a16_channel": (CHANNEL, "quip(rotations = [v], kind = random_hadamard, seed = 1) then rtn"),
    "rtn-w4a16_channel": (CHANNEL, "rtn"),
    "sparsegpt-2of4": (None, "prune linears to 2:4 with sparsegpt"),
    "sparsegpt-50": (None, "prune linears by 50% with sparsegpt"),
    "wanda-2of4": (None, "prune linears to 2:4 with wanda"),
}


# Rows whose recipes look at no data.
DATA_FREE = {"rtn-w4a16_channel", "rtn-w4a4_channel", "spinquant-rtn-w4a16_channel", "spinquant-rtn-w4a4_channel",
             "quip-rtn-w4a16_channel"}


def recipe_text(args, model, recipe):
    scheme, stack, *more = ROWS[recipe]
    group = 128 if model == "docs-llama-27m" else 64
    rule = stack if scheme is None else f"quantize linears as S with {stack}"
    declared = "" if scheme is None else f"scheme S {{\n  {scheme(group)}\n}}\n"
    calibrate = (f'calibrate {{\n  data = tokens("{(args.calibration / model).resolve()}.jsonl", samples = 128)\n'
                 f"  length = 512tok\n  pick = first\n  route = every_expert\n}}\n")
    return (f'language 1\nrecipe "{recipe}"\nuse std.roles.{{head, kv_cache, routers}}\n{declared}'
            f"select linears = type(linear) except (head | optional routers)\n"
            + ("" if recipe in DATA_FREE else calibrate) + "default keep\n" + "".join(f"{text}\n" for text in more)
            + f'{rule}\nexport {"dense" if scheme is None else "compressed_tensors"} {{ dir = "out" }}\n')


def called(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip().splitlines()[0])
    return done.stdout


def measured(args, model, recipe):
    source, folder = args.models_dir / model, Path(tempfile.mkdtemp())
    try:
        (folder / "recipe.lcr").write_text(recipe_text(args, model, recipe))
        called([args.lcr, "--quiet", "run", folder / "recipe.lcr", "--model", source, "--device", args.device, "--out",
                folder / "out"])
        command = [args.lcr, "eval", folder / "out", "--data", args.data, "--device", args.device, "--format", "json",
                   "--reference", source] + (["--windows", args.windows] if args.windows else [])
        found = json.loads(called(command))
        return {"windows": found["windows"], "ppl": found["perplexity"], "kl": found["kl"], "top1": found["top1"],
                "bytes": sum(path.stat().st_size for path in (folder / "out").glob("*.safetensors"))}
    except RuntimeError as error:
        return {"error": str(error)}
    finally:
        shutil.rmtree(folder)


def line(row, found):
    reference = f"{float(row['ppl']):.4f} | {float(row['kl']):.5f}" if row.get("ppl") else "– | –"
    if "error" in found:
        return f"| {row['recipe']} | {reference} | {found['error']} | | |"
    said = ""
    if row.get("ppl") and str(found["windows"]) == row["windows"]:
        ppl, kl = found["ppl"] / float(row["ppl"]) - 1, found["kl"] / float(row["kl"]) - 1
        said = f"{100 * ppl:+.2f} % | {100 * kl:+.1f} %"
    return f"| {row['recipe']} | {reference} | {found['ppl']:.4f} | {found['kl']:.5f} | {said or '|'} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models_dir", type=Path)
    parser.add_argument("--lcr", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--models", nargs="*")
    parser.add_argument("--rows", nargs="*")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--windows")
    parser.add_argument("--jobs", type=int, default=1, help="rows that are measured at once")
    parser.add_argument("--results", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    known = json.loads(args.results.read_text()) if args.results and args.results.exists() else {}
    reference = {(row["model"], row["recipe"]): row for row in csv.DictReader(REFERENCE.open())}
    models = args.models or sorted({model for model, _ in reference})
    asked = [(model, recipe) for model in models for recipe in args.rows or ROWS]

    def row_of(pair):
        key = "/".join(pair)
        if key not in known or "error" in known[key]:
            known[key] = measured(args, *pair)
            if args.results:
                args.results.write_text(json.dumps(dict(known), indent=1))
        found = line(reference.get(pair, {"recipe": pair[1]}), known[key])
        print(found, flush=True)
        return found

    with ThreadPoolExecutor(args.jobs) as pool:
        found = dict(zip(asked, pool.map(row_of, asked)))
    lines = []
    for model in models:
        lines += [f"## {model}", "", "| row | reference ppl | reference KL | ppl | KL | ppl against it | KL against it |",
                  "|---|---|---|---|---|---|---|"]
        lines += [text for (of, _), text in found.items() if of == model] + [""]
    if args.output:
        args.output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
