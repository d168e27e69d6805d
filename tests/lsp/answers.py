"""What the server answers at a mark, as text that people can read and tests can compare."""
from lsprotocol import types

from session import apply, place, units


def lines(*items):
    return "\n".join(item for item in items if item)


def shown(text, span):
    """What a range covers."""
    from session import offset_of
    return text[offset_of(text, span.start):offset_of(text, span.end)]


async def diagnostics(session, name, text, marks):
    severities = {1: "error", 2: "warning", 3: "note", 4: "hint"}
    out = []
    for found in await session.diagnostics(name):
        start = found.range.start
        out.append(f"{start.line + 1}:{start.character + 1}: {severities[found.severity]}[{found.code}]: `{shown(text, found.range)}`")
        out += ["    " + line for line in found.message.split("\n")]
        for more in found.related_information or []:
            out.append(f"    see {place(session.folder, more.location.uri, more.location.range)}: {more.message}")
    return lines(*out)


async def hover(session, name, text, marks):
    found = await session.client.text_document_hover_async(types.HoverParams(**session.at(name, marks[0])))
    return f"`{shown(text, found.range)}`\n{found.contents.value}" if found else "nothing"


async def completion(session, name, text, marks):
    found = await session.client.text_document_completion_async(types.CompletionParams(**session.at(name, marks[0])))
    items = sorted(found.items, key=lambda item: item.sort_text)
    out = []
    for item in items:
        edit = item.text_edit
        out.append(f"{item.label}" + (f"  {item.detail}" if item.detail else "") +
                   (f"  -> {edit.new_text!r}" if edit.new_text != item.label else ""))
    replaced = {shown(text, item.text_edit.range) for item in items}
    return lines(*(f"replaces `{word}`" for word in sorted(replaced)), *out) or "nothing"


async def definition(session, name, text, marks):
    found = await session.client.text_document_definition_async(types.DefinitionParams(**session.at(name, marks[0])))
    return place(session.folder, found.uri, found.range) if found else "nothing"


async def references(session, name, text, marks):
    found = await session.client.text_document_references_async(types.ReferenceParams(
        **session.at(name, marks[0]), context=types.ReferenceContext(include_declaration=True)))
    return lines(*sorted(place(session.folder, one.uri, one.range) for one in found)) or "nothing"


async def highlight(session, name, text, marks):
    found = await session.client.text_document_document_highlight_async(
        types.DocumentHighlightParams(**session.at(name, marks[0])))
    return lines(*(place(session.folder, session.uri(name), one.range) for one in found or [])) or "nothing"


async def rename(session, name, text, marks):
    try:
        found = await session.client.text_document_rename_async(
            types.RenameParams(**session.at(name, marks[0]), new_name="renamed"))
    except Exception as error:
        return f"error: {error}"
    out = []
    for uri, edits in sorted(found.changes.items()):
        if uri == session.uri(name):
            out += [f"--- {name}", apply(text, edits).rstrip("\n")]
        else:
            out += [f"{place(session.folder, uri, edit.range)} -> {edit.new_text}" for edit in edits]
    return lines(*out)


async def symbols(session, name, text, marks):
    found = await session.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(text_document=session.document(name)))
    return lines(*(f"{types.SymbolKind(one.kind).name.lower()} {one.name}: `{shown(text, one.selection_range)}`" for one in found))


async def hints(session, name, text, marks):
    whole = types.Range(types.Position(0, 0), types.Position(len(text), 0))
    found = await session.client.text_document_inlay_hint_async(
        types.InlayHintParams(text_document=session.document(name), range=whole))
    for hint in sorted(found, key=lambda h: (h.position.line, h.position.character), reverse=True):
        text = apply(text, [types.TextEdit(types.Range(hint.position, hint.position), f" [{hint.label}]")])
    return text.rstrip("\n")


async def lenses(session, name, text, marks):
    found = await session.client.text_document_code_lens_async(
        types.CodeLensParams(text_document=session.document(name)))
    out = []
    for lens in found:
        listed = await session.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command=lens.command.command, arguments=lens.command.arguments))
        names = listed["modules"] if isinstance(listed, dict) else listed.modules
        out.append(f"{lens.range.start.line + 1}: {lens.command.title}; {len(names)} listed, the first is {names[0] if names else 'none'}")
    return lines(*out)


async def folding(session, name, text, marks):
    found = await session.client.text_document_folding_range_async(
        types.FoldingRangeParams(text_document=session.document(name)))
    return lines(*(f"{one.start_line + 1}-{one.end_line + 1} {one.kind or ''}".strip() for one in found))


async def tokens(session, name, text, marks):
    """Every token under its text: `word:type+modifier`."""
    legend = session.initialized.capabilities.semantic_tokens_provider.legend
    found = await session.client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(text_document=session.document(name)))
    out, line, character = [], 0, 0
    for i in range(0, len(found.data), 5):
        down, right, length, kind, modifiers = found.data[i:i + 5]
        character = right if down else character + right
        line += down
        span = types.Range(types.Position(line, character), types.Position(line, character + length))
        names = [name for bit, name in enumerate(legend.token_modifiers) if modifiers >> bit & 1]
        out.append(f"{line + 1}: {shown(text, span)}: {'+'.join([legend.token_types[kind], *names])}")
    return lines(*out)


async def formatting(session, name, text, marks):
    found = await session.client.text_document_formatting_async(types.DocumentFormattingParams(
        text_document=session.document(name), options=types.FormattingOptions(tab_size=2, insert_spaces=True)))
    return "nothing" if found is None else apply(text, found).rstrip("\n")


async def actions(session, name, text, marks):
    """Every action in the range, with the lines that it changes."""
    span = types.Range(marks[0], marks[-1])
    found = []
    for only in (None, ["source.fixAll"]):
        found += await session.client.text_document_code_action_async(types.CodeActionParams(
            text_document=session.document(name), range=span, context=types.CodeActionContext(diagnostics=[], only=only)))
    out = []
    for action in found:
        after = apply(text, action.edit.changes[session.uri(name)])
        out.append(f"{action.kind}: {action.title}" + (" (preferred)" if action.is_preferred else ""))
        before = text.split("\n")
        out += [f"    {line}" for line in after.split("\n") if line not in before]
    return lines(*out) or "nothing"
