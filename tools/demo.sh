#!/usr/bin/env bash
# Sets everything up and does the main job on the small model of examples/: check, plan, run, and what it cost.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh
lcr=build/release/lcr
model=examples/docs-llama-4m
recipe=examples/w4a16.lcr
out=build/demo/docs-llama-4m-w4a16

say() { printf '\n$ %s\n' "$*"; "$@"; }
rm -rf build/demo && mkdir -p build/demo
say $lcr --version
say $lcr check $recipe --model $model
say $lcr plan $recipe --model $model --out $out -o build/demo/plan.yaml
say $lcr run build/demo/plan.yaml
say $lcr eval $model --data examples/evaluation.jsonl --windows 60
say $lcr eval $out --reference $model --data examples/evaluation.jsonl --windows 60
say du -b --apparent-size $model/model.safetensors $out/model.safetensors
