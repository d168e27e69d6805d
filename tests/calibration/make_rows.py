"""Writes rows.json: the calibration rows that transformers makes of the examples' data. Run from anywhere."""

import json
import pathlib

from transformers import AutoTokenizer

root = pathlib.Path(__file__).parents[2]
tokenizer = AutoTokenizer.from_pretrained(root / "examples/docs-llama-4m")
lines = (root / "examples/evaluation.jsonl").read_text().splitlines()
texts = [json.loads(line)["text"] for line in lines]
samples = 6
length = {"truncate": 48, "pack": 512, "skip": 160}

truncated = tokenizer(texts[:samples], truncation=True, max_length=length["truncate"])["input_ids"]
stream = sum(tokenizer(texts[:samples])["input_ids"], [])
size = length["pack"]
packed = [stream[at : at + size] for at in range(0, len(stream) - size + 1, size)]
skipped = [ids for ids in tokenizer(texts)["input_ids"] if len(ids) <= length["skip"]][:samples]
assert len(skipped) == samples

rows = {"truncate": truncated, "pack": packed, "skip": skipped}
text = {fit: "".join(" ".join(map(str, ids)) + "\n" for ids in kept) for fit, kept in rows.items()}
target = pathlib.Path(__file__).parent / "rows.json"
target.write_text(json.dumps({"length": length, "rows": text}, indent=1) + "\n")
