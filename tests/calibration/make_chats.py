"""Writes chats.json: ids and masks that transformers gives for chat.jsonl with marked.jinja. Run from anywhere."""

import json
import pathlib

from transformers import AutoTokenizer

here = pathlib.Path(__file__).parent
tokenizer = AutoTokenizer.from_pretrained(here.parents[1] / "examples/docs-llama-4m")
template = (here / "marked.jinja").read_text()

rows = []
for line in (here / "chat.jsonl").read_text().splitlines():
    row = json.loads(line)
    if not row["messages"]:
        continue
    encoded = tokenizer.apply_chat_template(
        row["messages"], tools=row.get("tools"), chat_template=template, return_dict=True, return_assistant_tokens_mask=True
    )
    rows.append({"ids": encoded["input_ids"], "counted": encoded["assistant_masks"]})
(here / "chats.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
