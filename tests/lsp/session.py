"""A session with the language server over standard input and output, by a client library of others."""
import asyncio
import os
import pathlib
import re
import sys

try:
    from lsprotocol import types
    from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client
except ImportError:
    print("the client library is not installed: tools/requirements.txt")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODEL = ROOT / "examples" / "docs-llama-4m"


class Session:
    """Starts `lcr lsp`, opens texts, waits for what is found in them."""

    def __init__(self, lcr, folder, options=None, editor="visual_studio_code"):
        self.lcr, self.folder, self.options, self.editor = str(lcr), pathlib.Path(folder), options, editor
        self.versions = {}

    async def __aenter__(self):
        self.client = make_test_lsp_client()
        self.found = {}  # uri -> (version, diagnostics): the client's own record has no versions
        published = "textDocument/publishDiagnostics"
        self.client.protocol.fm._features.pop(published, None)

        @self.client.feature(published)
        def take(params):
            self.found[params.uri] = (params.version, params.diagnostics)

        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        await self.client.start_io(self.lcr, "lsp", env=environment)
        self.initialized = await self.client.initialize_session(types.InitializeParams(
            capabilities=client_capabilities(self.editor),
            workspace_folders=[types.WorkspaceFolder(uri=self.folder.as_uri(), name="tests")],
            root_uri=self.folder.as_uri(), initialization_options=self.options))
        return self

    async def __aexit__(self, *error):
        await self.client.shutdown_session()
        await asyncio.wait_for(self.client._server.wait(), 10)
        await self.client.stop()

    def uri(self, name):
        return (self.folder / name).as_uri()

    def document(self, name):
        return types.TextDocumentIdentifier(uri=self.uri(name))

    def at(self, name, position, **more):
        return {"text_document": self.document(name), "position": position, **more}

    async def open(self, name, text):
        """Opens a text; gives its diagnostics."""
        self.versions[name] = 1
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(uri=self.uri(name), language_id="lcr", version=1, text=text)))
        return await self.diagnostics(name)

    def change(self, name, *changes):
        """Whole texts, or (range, text)."""
        self.versions[name] += 1
        events = [types.TextDocumentContentChangeWholeDocument(text=c) if isinstance(c, str)
                  else types.TextDocumentContentChangePartial(range=c[0], text=c[1]) for c in changes]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self.versions[name]),
            content_changes=events))

    def close(self, name):
        self.found.pop(self.uri(name), None)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=self.document(name)))

    def forget(self):
        """Waits for diagnostics that are published from now on."""
        self.found.clear()

    async def diagnostics(self, name, timeout=30):
        """Those of the present text; of a closed one the last."""
        for _ in range(timeout * 1000):
            version, found = self.found.get(self.uri(name), (-1, []))
            if version is None or version == self.versions.get(name):
                return found
            await asyncio.sleep(0.001)
        raise TimeoutError(f"no diagnostics of {name}")


def units(text):
    """Length in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def position_of(text, offset):
    """Position of an offset in characters."""
    line = text.count("\n", 0, offset)
    start = text.rfind("\n", 0, offset) + 1
    return types.Position(line=line, character=units(text[start:offset]))


def offset_of(text, position):
    lines = text.split("\n")
    line = lines[position.line] if position.line < len(lines) else ""
    at = len(line.encode("utf-16-le")[:position.character * 2].decode("utf-16-le", "ignore"))
    return sum(len(l) + 1 for l in lines[:position.line]) + at


def apply(text, edits):
    """The text after edits of the protocol."""
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        text = text[:offset_of(text, edit.range.start)] + edit.new_text + text[offset_of(text, edit.range.end):]
    return text


CURSOR = "‸"


def marked(text):
    """A text without its cursor marks, and their positions: one, or the two ends of a range."""
    places = []
    while CURSOR in text:
        places.append(text.index(CURSOR))
        text = text.replace(CURSOR, "", 1)
    return text, [position_of(text, place) for place in places]


def place(folder, uri, at):
    """`name:line:column` of a location, independent of where the test runs."""
    name = uri.removeprefix(pathlib.Path(folder).as_uri() + "/")
    name = re.sub(r"cache/lcr/(stdlib|docs)-[0-9a-f]{16}/", "", name)
    return f"{name}:{at.start.line + 1}:{at.start.character + 1}-{at.end.character + 1}"
