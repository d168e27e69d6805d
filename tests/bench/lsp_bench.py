#!/usr/bin/env python3
"""Time from an edit to its diagnostics, and of other requests, in a session with the language server.

usage: lsp_bench.py LCR MODEL [RECIPE]
"""
import json
import pathlib
import statistics
import subprocess
import sys
import time

RECIPE = """language 1

recipe "bench"

use std.roles.{attention, experts, head, routers}
use std.schemes.{FP8_DYNAMIC, NVFP4A16}

select down = `model.layers.*.mlp.experts.*.down_proj`
select shared = re`model\\.layers\\.\\d+\\.mlp\\.shared_experts\\.(gate|up|down)_proj`

default keep
keep head | routers

quantize experts except (down | role(mtp)) as NVFP4A16 with rtn
quantize down except role(mtp) as FP8_DYNAMIC with rtn
quantize (attention | shared) except role(mtp) as FP8_DYNAMIC with rtn

export compressed_tensors { dir = "out/bench" }
"""


class Client:
    def __init__(self, lcr):
        self.process = subprocess.Popen([lcr, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def request(self, method, **params):
        self.id += 1
        self.send(id=self.id, method=method, params=params)
        while (message := self.receive()).get("id") != self.id:
            pass
        return message["result"]

    def diagnostics(self):
        while (message := self.receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        return message["params"]


def processor_seconds(process):
    """User and system time so far, without the pauses of a busy machine."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def show(name, seconds):
    ordered = sorted(seconds)
    print(f"{name:34} best {ordered[0] * 1e3:7.1f} ms   median {statistics.median(ordered) * 1e3:7.1f} ms   "
          f"95 % {ordered[int(len(ordered) * 0.95)] * 1e3:7.1f} ms   ({len(ordered)})")


def main():
    lcr, model = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
    text = pathlib.Path(sys.argv[3]).read_text() if len(sys.argv) > 3 else RECIPE
    client = Client(lcr)
    key = "model" if pathlib.Path(model).is_dir() else "tree"
    client.request("initialize", capabilities={}, rootUri=None, processId=None, initializationOptions={key: model})
    client.send(method="initialized", params={})
    uri = "file:///tmp/bench/bench.lcr"
    document = {"uri": uri}
    begin = time.perf_counter()
    client.send(method="textDocument/didOpen", params={"textDocument": {**document, "languageId": "lcr", "version": 1, "text": text}})
    found = client.diagnostics()
    show("open, model read and elaborated", [time.perf_counter() - begin])
    print([f"{d['code']}: {d['message'].splitlines()[0]}" for d in found["diagnostics"]])

    # A character is typed and taken back: in the folder's name, where everything stays right, and in a path, which then
    # matches nothing.
    version = 1
    for name, sign in (("edit to diagnostics, right recipe", "out/bench"), ("edit to diagnostics, empty match", "down_proj`")):
        line = next(i for i, l in enumerate(text.split("\n")) if sign in l)
        column = text.split("\n")[line].index(sign)
        seconds, used = [], processor_seconds(client.process)
        for i in range(100):
            version += 1
            span = {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + i % 2}}
            begin = time.perf_counter()
            client.send(method="textDocument/didChange", params={"textDocument": {**document, "version": version}, "contentChanges": [{"range": span, "text": "x" if i % 2 == 0 else ""}]})
            client.diagnostics()
            if name.endswith("right recipe") or i % 2 == 0:
                seconds.append(time.perf_counter() - begin)
        show(name, seconds)
        print(f"{'':34} processor {(processor_seconds(client.process) - used) * 10:5.1f} ms")

    def timed(name, method, **params):
        seconds = []
        for _ in range(20):
            begin = time.perf_counter()
            client.request(method, textDocument=document, **params)
            seconds.append(time.perf_counter() - begin)
        show(name, seconds)

    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 1000, "character": 0}}
    at = {"line": line, "character": column}
    timed("inlay hints", "textDocument/inlayHint", range=whole)
    timed("code lenses", "textDocument/codeLens")
    timed("hover of a selection", "textDocument/hover", position=at)
    timed("completion within a path", "textDocument/completion", position=at)
    timed("semantic tokens", "textDocument/semanticTokens/full")
    timed("code actions", "textDocument/codeAction", range=whole, context={"diagnostics": []})
    client.request("shutdown")
    client.send(method="exit")
    client.process.wait()


if __name__ == "__main__":
    main()
