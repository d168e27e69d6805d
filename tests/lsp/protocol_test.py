"""The protocol itself: life cycle, errors, edits, hostile and half-typed texts, two files, the choice of a model."""
import asyncio
import json
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

from lsprotocol import types

from session import HERE, MODEL, ROOT, Session, apply, position_of

LCR = ""
RECIPE = (ROOT / "examples" / "mixed.lcr").read_text()


class Raw:
    """Messages as bytes, for what no client library sends."""

    def __init__(self):
        self.process = subprocess.Popen([LCR, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def answer(self, id):
        while (message := self.receive()).get("id") != id or "method" in message:
            pass
        return message

    def request(self, id, method, **params):
        self.send(id=id, method=method, params=params)
        return self.answer(id)

    def initialize(self):
        self.request(0, "initialize", capabilities={}, processId=None, rootUri=None)
        self.send(method="initialized", params={})

    def finish(self):
        self.request(99, "shutdown")
        self.send(method="exit")
        code = self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()
        return code


class Protocol(unittest.TestCase):
    def setUp(self):
        self.raw = Raw()
        self.addCleanup(self.end)

    def end(self):
        if self.raw.process.poll() is None:
            self.raw.process.kill()
        self.raw.process.wait()
        self.raw.process.stdin.close()
        self.raw.process.stdout.close()

    def code(self, message):
        return message["error"]["code"]

    def test_life_cycle(self):
        self.assertEqual(self.code(self.raw.request(1, "textDocument/hover")), -32002)
        self.raw.initialize()
        self.assertEqual(self.code(self.raw.request(2, "initialize", capabilities={})), -32600)
        self.assertEqual(self.code(self.raw.request(3, "textDocument/nonsense")), -32601)
        self.assertIsNone(self.raw.request(4, "shutdown")["result"])
        self.assertEqual(self.code(self.raw.request(5, "textDocument/hover")), -32600)
        self.raw.send(method="exit")
        self.assertEqual(self.raw.process.wait(10), 0)

    def test_exit_without_shutdown(self):
        self.raw.initialize()
        self.raw.send(method="exit")
        self.assertEqual(self.raw.process.wait(10), 1)

    def test_end_of_stream(self):
        self.raw.initialize()
        self.raw.process.stdin.close()
        self.assertEqual(self.raw.process.wait(10), 1)

    def test_malformed(self):
        self.raw.initialize()
        self.raw.bytes(b"Content-Length: 5\r\n\r\n{nope")
        self.assertEqual(self.code(self.raw.receive()), -32700)
        self.raw.bytes(b"Content-Length: 2\r\n\r\n[]")
        self.assertEqual(self.code(self.raw.receive()), -32600)
        self.raw.bytes(b"Nonsense\r\n\r\nContent-Type: x\r\ncontent-length:  2\r\n\r\n{}")
        self.assertEqual(self.code(self.raw.receive()), -32600)
        self.raw.send(method="$/unknown", params=[1])
        self.raw.send(method="textDocument/didOpen", params=7)
        self.raw.send(method="textDocument/didChange", params={"textDocument": {"uri": 7}, "contentChanges": {}})
        self.raw.send(id=77, result=None)
        for number, (method, params) in enumerate([
                ("textDocument/hover", None), ("textDocument/completion", []), ("textDocument/rename", {"textDocument": 1}),
                ("textDocument/codeAction", {"textDocument": {"uri": "file:///none"}}), ("workspace/executeCommand", {}),
                ("workspace/executeCommand", {"command": "lcr.matches", "arguments": "x"}),
                ("workspace/executeCommand", {"command": "lcr.setModel", "arguments": [{"model": 3}]})]):
            self.raw.send(id=number + 10, method=method, params=params)
            self.assertTrue({"result", "error"} & self.raw.answer(number + 10).keys(), method)
        self.assertEqual(self.raw.finish(), 0)

    def test_cancelled(self):
        self.raw.initialize()
        # A text that takes a moment, so that what follows waits.
        text = RECIPE + "".join(f"select s{i} = type(linear)\n" for i in range(3000))
        uri = "file:///tmp/large.lcr"
        self.raw.send(method="textDocument/didOpen", params={"textDocument": {"uri": uri, "languageId": "lcr", "version": 1, "text": text}})
        for number in range(20, 30):
            self.raw.send(id=number, method="textDocument/semanticTokens/full", params={"textDocument": {"uri": uri}})
        self.raw.send(method="$/cancelRequest", params={"id": 29})
        self.raw.send(method="$/cancelRequest", params={"id": 12345})
        self.assertEqual(self.code(self.raw.answer(29)), -32800)
        self.assertEqual(self.raw.finish(), 0)


class Sessions(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lcr-lsp-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def session(self, **options):
        return Session(LCR, self.folder, **options)

    async def test_edits_in_utf16(self):
        text = "language 1\n\n# 𝔘nicode é 日本 in a comment\nrecipe \"𝔘é\"\n\ndefault keep\nkeep `a𝔘.b`\n"
        async with self.session() as session:
            await session.open("a.lcr", text)
            generator = random.Random(7)
            for _ in range(120):
                begin = generator.randrange(len(text) + 1)
                end = min(len(text), begin + generator.choice([0, 0, 1, 5]))
                new = generator.choice(["", "é", "𝔘", "x", "\n", "日本", "`", "\r\n"])
                span = types.Range(position_of(text, begin), position_of(text, end))
                if "\r" in text:
                    text = RECIPE
                    session.change("a.lcr", text)
                    continue
                session.change("a.lcr", (span, new))
                text = text[:begin] + new + text[end:]
            text = text.replace("\r\n", "\n")
            marker = "language 1\n\nrecipe \"é𝔘\"\n\ndefault keep\n\nkeep lineer\n\nexport dense { dir = \"𝔘𝔘\" } # 𝔘\n"
            session.change("a.lcr", marker)
            found = await session.diagnostics("a.lcr")
            self.assertEqual([(d.code, d.range.start.line, d.range.start.character) for d in found if d.severity == 1][:1], [("L2014", 6, 5)])

    async def test_edits_arrive_in_order(self):
        """What the server holds after many edits is what the client holds: formatting tells."""
        text = RECIPE
        generator = random.Random(11)
        async with self.session() as session:
            await session.open("a.lcr", text)
            for _ in range(60):
                begin = generator.randrange(len(text))
                span = types.Range(position_of(text, begin), position_of(text, begin))
                new = generator.choice(["# 𝔘\n", " ", "\n"])
                line_begin = text.rfind("\n", 0, begin) + 1
                span = types.Range(position_of(text, line_begin), position_of(text, line_begin))
                session.change("a.lcr", (span, new))
                text = text[:line_begin] + new + text[line_begin:]
            edits = await session.client.text_document_formatting_async(types.DocumentFormattingParams(
                text_document=session.document("a.lcr"), options=types.FormattingOptions(tab_size=2, insert_spaces=True)))
            (self.folder / "b.lcr").write_text(text)
            subprocess.run([LCR, "fmt", "-q", str(self.folder / "b.lcr")], check=True)
            self.assertEqual(apply(text, edits), (self.folder / "b.lcr").read_text())

    async def test_typed_by_character(self):
        """Every request at every state of a text that is being written gets an answer."""
        texts = [RECIPE, (HERE / "typed.lcr").read_text()]
        async with self.session(options={"model": str(MODEL)}) as session:
            for number, text in enumerate(texts):
                name = f"{number}.lcr"
                await session.open(name, "")
                for end in range(1, len(text) + 1):
                    here = position_of(text, end - 1)
                    session.change(name, (types.Range(here, here), text[end - 1]))
                    at = session.at(name, position_of(text, end))
                    if end % 3 == 0:
                        await session.client.text_document_completion_async(types.CompletionParams(**at))
                    if end % 5 == 0:
                        await session.client.text_document_hover_async(types.HoverParams(**at))
                        await session.client.text_document_definition_async(types.DefinitionParams(**at))
                    if end % 17 == 0:
                        document = session.document(name)
                        whole = types.Range(types.Position(0, 0), at["position"])
                        await session.client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
                        await session.client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
                        await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
                        await session.client.text_document_code_action_async(types.CodeActionParams(
                            document, whole, types.CodeActionContext(diagnostics=[])))
                found = await session.diagnostics(name)
                self.assertEqual([d.message for d in found if d.severity == 1], [])

    async def test_hostile_texts(self):
        generator = random.Random(3)
        pieces = ["`", "\"", "re`", "{", "}", "(", ")", "[", "use std.", "quantize ", "as ", "\x00", "\ud7ff", "é", "\n", "##", "= ", "..", "layers(", "override ", "default ", "extends std.presets.w4a16_gptq("]
        async with self.session(options={"model": str(MODEL)}) as session:
            await session.open("a.lcr", "")
            for _ in range(40):
                text = "".join(generator.choice(pieces) for _ in range(60))
                session.change("a.lcr", text)
                at = session.at("a.lcr", position_of(text, generator.randrange(len(text))))
                await session.client.text_document_completion_async(types.CompletionParams(**at))
                await session.client.text_document_hover_async(types.HoverParams(**at))
                await session.client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(session.document("a.lcr")))
            session.change("a.lcr", "(" * 100000)
            self.assertTrue(await session.diagnostics("a.lcr"))

    async def test_closed_and_unknown_files(self):
        async with self.session() as session:
            await session.open("a.lcr", RECIPE)
            session.close("a.lcr")
            self.assertEqual(list(await session.diagnostics("a.lcr")), [])
            at = session.at("a.lcr", types.Position(8, 8))
            self.assertIsNone(await session.client.text_document_hover_async(types.HoverParams(**at)))
            self.assertEqual(list(await session.client.text_document_references_async(
                types.ReferenceParams(**at, context=types.ReferenceContext(True)))), [])
            self.assertIsNone(await session.client.text_document_definition_async(types.DefinitionParams(**at)))

    async def test_imports_follow_the_open_text(self):
        library = "language 1\n\nlibrary team\n\nselect ends = layers(0, -1)\n"
        recipe = RECIPE.replace("recipe \"mixed-nvfp4-fp8\"", "recipe \"mixed-nvfp4-fp8\"\n\nuse \"team.lcr\".{ends}").replace("layers(0, -1)", "ends")
        (self.folder / "team.lcr").write_text(library)
        async with self.session() as session:
            self.assertEqual([d.message for d in await session.open("a.lcr", recipe) if d.severity == 1], [])
            await session.open("team.lcr", library)
            session.forget()
            session.change("team.lcr", library.replace("ends", "edges_of_all"))
            self.assertIn("declares no `ends`", " ".join(d.message for d in await session.diagnostics("a.lcr")))
            session.forget()
            session.close("team.lcr")
            self.assertEqual([d.message for d in await session.diagnostics("a.lcr") if d.severity == 1], [])

    async def test_choice_of_a_model(self):
        wrong = RECIPE.replace("keep head", "keep head | `no.such.module`")
        async with self.session() as session:
            self.assertNotIn("L3001", [d.code for d in await session.open("a.lcr", wrong)])
            run = session.client.workspace_execute_command_async
            session.forget()
            chosen = await run(types.ExecuteCommandParams("lcr.setModel", arguments=[{"model": str(MODEL)}]))
            self.assertTrue(chosen)
            self.assertIn("L3001", [d.code for d in await session.diagnostics("a.lcr")])
            session.forget()
            await run(types.ExecuteCommandParams("lcr.setModel", arguments=[None]))
            self.assertNotIn("L3001", [d.code for d in await session.diagnostics("a.lcr")])
            with self.assertRaises(Exception):
                await run(types.ExecuteCommandParams("lcr.setModel", arguments=[{"model": "/nowhere/at/all"}]))
            with self.assertRaises(Exception):
                await run(types.ExecuteCommandParams("lcr.nonsense"))

    async def test_model_of_a_comment_and_a_tree(self):
        subprocess.run([LCR, "tree", str(MODEL), "-o", str(self.folder / "small.json")], check=True)
        wrong = RECIPE.replace("keep head", "keep head | `no.such.module`")
        async with self.session() as session:
            text = wrong.replace("language 1\n", "language 1\n\n# tree: small.json\n")
            self.assertIn("L3001", [d.code for d in await session.open("a.lcr", text)])
        async with self.session(options={"tree": "small.json"}) as session:
            self.assertIn("L3001", [d.code for d in await session.open("a.lcr", wrong)])
        async with self.session(options={"model": "absent"}) as session:
            self.assertNotIn("L3001", [d.code for d in await session.open("a.lcr", wrong)])

    async def test_configuration_file(self):
        subprocess.run([LCR, "tree", str(MODEL), "-o", str(self.folder / "small.json")], check=True)
        configuration = self.folder / "lcr.yaml"
        configuration.write_text("rules:\n  ignore: [unused-name]\ntrees:\n  \"*.lcr\": small.json\n")
        wrong = RECIPE.replace("keep head", "keep head | `no.such.module`").replace("NVFP4A16}", "NVFP4A16, W4A16}")
        async with self.session() as session:
            codes = [d.code for d in await session.open("a.lcr", wrong)]
            self.assertIn("L3001", codes)
            self.assertNotIn("L9002", codes)
            session.forget()
            configuration.write_text("{}\n")
            session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(
                changes=[types.FileEvent(configuration.as_uri(), types.FileChangeType.Changed)]))
            codes = [d.code for d in await session.diagnostics("a.lcr")]
            self.assertNotIn("L3001", codes)
            session.forget()
            configuration.write_text("rules: {ignroe: []}\n")
            session.client.text_document_did_save(types.DidSaveTextDocumentParams(session.document("a.lcr")))
            await session.diagnostics("a.lcr")
            self.assertIn("ignroe", " ".join(m.message for m in session.client.log_messages))

    async def test_settings_of_the_client(self):
        wrong = RECIPE.replace("keep head", "keep head | `no.such.module`")
        async with self.session(options={"model": str(MODEL)}) as session:
            self.assertIn("L3001", [d.code for d in await session.open("a.lcr", wrong)])
            change = session.client.workspace_did_change_configuration
            session.forget()
            change(types.DidChangeConfigurationParams(settings={"other": {}}))
            change(types.DidChangeConfigurationParams(settings={"lcr": {"model": ""}}))
            self.assertNotIn("L3001", [d.code for d in await session.diagnostics("a.lcr")])

    async def test_the_file_of_a_module(self):
        async with self.session() as session:
            await session.open("a.lcr", RECIPE)
            line, column = next((i, l.index("head")) for i, l in enumerate(RECIPE.split("\n")) if l.startswith("use std.roles"))
            found = await session.client.text_document_definition_async(types.DefinitionParams(
                **session.at("a.lcr", types.Position(line, column))))
            self.assertTrue(found.uri.endswith("/std/roles.lcr"), found.uri)
            name = found.uri.removeprefix(self.folder.as_uri() + "/")
            self.assertEqual(list(await session.open(name, (self.folder / name).read_text())), [])
            at = session.at(name, found.range.start)
            uses = await session.client.text_document_references_async(
                types.ReferenceParams(**at, context=types.ReferenceContext(True)))
            self.assertEqual({one.uri for one in uses}, {session.uri("a.lcr"), session.uri(name)})
            with self.assertRaises(Exception):
                await session.client.text_document_rename_async(types.RenameParams(**at, new_name="other"))

    async def test_why(self):
        async with self.session(options={"model": str(MODEL)}) as session:
            await session.open("a.lcr", RECIPE)
            found = await session.client.workspace_execute_command_async(
                types.ExecuteCommandParams("lcr.why", arguments=[session.uri("a.lcr"), "lm_head"]))
            self.assertIn("keep head", found["text"] if isinstance(found, dict) else found.text)

    async def test_utf8_clients(self):
        """Neovim and Helix offer other units than UTF-16."""
        for editor in ("neovim", "emacs"):
            async with self.session(editor=editor) as session:
                text = "language 1\n\nrecipe \"x\"\n\ndefault keep\n\nkeep /* 𝔘 */ lineer\n"
                self.assertTrue(await session.open("a.lcr", text))
                self.assertIn(session.initialized.capabilities.position_encoding, ("utf-8", "utf-16"))

    async def test_burst(self):
        """Many edits at once are checked once or twice, not each."""
        async with self.session(options={"model": str(MODEL)}) as session:
            await session.open("a.lcr", RECIPE)
            begin = time.monotonic()
            end = position_of(RECIPE, len(RECIPE))
            for i in range(200):
                session.change("a.lcr", (types.Range(end, end), f"# {i}\n"))
            await session.client.text_document_hover_async(types.HoverParams(**session.at("a.lcr", types.Position(0, 0))))
            self.assertLess(time.monotonic() - begin, 20)
