"""Writes expected.json beside each template.jinja: what transformers renders of each of conversations.json.

An entry is null where the reference engine fails or the template refuses the conversation. `generated` are ranges of
bytes. The templates of models are those that llama.cpp carries for its own tests, or are written after the models'.
"""

import datetime
import json
import pathlib

import jinja2
from transformers.utils import chat_template_utils

here = pathlib.Path(__file__).parent
conversations = json.loads((here / "conversations.json").read_text())
tokens = {"bos_token": "<s>", "eos_token": "</s>"}


def render(template, conversation):
    variables = {"messages": None, "tools": None, "documents": None, "add_generation_prompt": False, **conversation}
    try:
        text, ranges = chat_template_utils._render_with_assistant_indices(template, **variables, **tokens)
    except (jinja2.exceptions.TemplateError, TypeError, ValueError, KeyError, AttributeError):
        return None
    return {"text": text, "generated": [[len(text[:at].encode()) for at in pair] for pair in ranges]}


for folder in sorted(here.iterdir()):
    if not folder.is_dir():
        continue
    template = chat_template_utils._compile_jinja_template((folder / "template.jinja").read_text())
    # The day that lcr gives on every day.
    template.globals["strftime_now"] = datetime.datetime(2024, 7, 26).strftime
    expected = [render(template, conversation) for conversation in conversations]
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=0) + "\n")
    print(folder.name, sum(each is None for each in expected), "of", len(expected), "refused")
