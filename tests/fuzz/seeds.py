"""The inputs that fuzzing begins with: copies of what other tests read, in the form that each target takes."""
import json
import shutil
import struct
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TARGETS = ["architecture", "chat", "config", "format", "import", "parse", "plan", "recipe", "safetensors", "snapshot",
           "tokenizer"]
# As in trees.cpp.
TREES = ["llama", "qwen3_moe", "deepseek_v2", "gemma3", "nemotron_h", "whisper", "gpt_oss", "llava"]
LONGEST = 12_000


def files(*patterns):
    return [path.read_bytes() for pattern in patterns for path in sorted(TESTS.glob(pattern))]


def tree(name):
    return json.loads((TESTS / "golden/trees" / f"{name}.json").read_bytes())


def headers():
    """Safetensors files: two bytes for the hole (see safetensors.cpp), the length, the header."""
    for name in TREES:
        content, end = {"__metadata__": {"format": "pt"}}, 0
        for tensor, dtype, shape, _, begin, stop in tree(name)["tensors"][:12]:
            content[tensor] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + stop - begin]}
            end += stop - begin
        text = json.dumps(content).encode()
        exponent = (end + 1).bit_length() - 1
        rest = end - ((1 << exponent) - 1)
        if rest > 255:  # a tensor of bytes fills the hole
            filled = (1 << (exponent + 1)) - 1
            content["rest"] = {"dtype": "U8", "shape": [filled - end], "data_offsets": [end, filled]}
            text, exponent, rest = json.dumps(content).encode(), exponent + 1, 0
        yield bytes([exponent, rest]) + struct.pack("<Q", len(text)) + text


def descriptions():
    """Architecture texts before the number of a tree that they describe."""
    stdlib = TESTS.parent / "stdlib/architectures"
    for number, name in enumerate(TREES):
        text = stdlib / f"{tree(name)['architecture']}.lcr"
        if text.exists():
            yield bytes([number]) + text.read_bytes()
    for text in files("fail/model/*.lcr"):
        yield b"\0" + text


def seeds(target):
    if target in ("parse", "format", "recipe"):
        return files("fmt/*.lcr", "golden/recipes/**/*.lcr", "fail/syntax/*.lcr", "fail/names/*.lcr", "lint/**/*.lcr",
                     "golden/plans/*.lcr")
    if target == "chat":
        return files("chat/*/template.jinja")
    if target == "tokenizer":
        return files("tokenizer/*/tokenizer.json")
    if target == "import":
        return files("import/*/*.yaml", "import/*/*.json", "import/*/*.md")
    if target == "plan":
        return files("golden/plans/*.yaml")
    if target == "snapshot":
        return [(TESTS / "golden/trees" / f"{name}.json").read_bytes() for name in TREES]
    if target == "config":
        return [bytes([number]) + tree(name)["config"].encode() for number, name in enumerate(TREES)]
    return headers() if target == "safetensors" else descriptions()


def write_seeds(work):
    for target in TARGETS:
        folder = work / "seeds" / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(target)):
            if 0 < len(seed) <= LONGEST:
                (folder / f"{number:04}").write_bytes(seed)
    (work / "trees").mkdir(exist_ok=True)
    for name in TREES:
        shutil.copy(TESTS / "golden/trees" / f"{name}.json", work / "trees")
