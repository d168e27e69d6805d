#!/usr/bin/env python3
"""Writes syntaxes/lcr.tmLanguage.json from the language's own words: grammar/keywords.txt, and the units of grammar/Lcr.g4.

usage: make_grammar.py [--check]     --check: write nothing, exit 1 when the file differs
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
GRAMMAR = HERE.parent.parent / "grammar"
TARGET = HERE / "syntaxes" / "lcr.tmLanguage.json"


def keywords():
    """{kind: [word]}: a word with several kinds stands in each."""
    found = {}
    for line in (GRAMMAR / "keywords.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            *kinds, word = line.split()
            for kind in kinds:
                found.setdefault(kind, []).append(word)
    return found


def units():
    rule = re.search(r"^QUANTITY\s*:(.*);$", (GRAMMAR / "Lcr.g4").read_text(), re.M).group(1)
    return [unit for unit in re.findall(r"'([^']+)'", rule) if unit != "."]


def alternatives(words):
    """Longer ones first, so that `min` is not read as `m`."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def match(pattern, name=None, **captures):
    rule = {"match": pattern}
    if name:
        rule["name"] = name + ".lcr"
    if captures:
        rule["captures"] = {key[1:]: {"name": value + ".lcr"} for key, value in captures.items()}
    return rule


def grammar():
    words = keywords()
    contextual = set(words["word"])
    heads = [word for word in words["statement"] if word not in contextual]
    soft_heads = [word for word in words["statement"] if word in contextual]
    terms = ["layers", "role", "type", "where"]
    soft = [word for word in words["word"] if word not in terms + soft_heads + words["header"]]
    name = r"[A-Za-z_][A-Za-z_0-9]*"
    unit = alternatives([u for u in units() if u != "%"])
    repository = {
        "comments": {"patterns": [match("##.*$", "comment.line.documentation"), match("#.*$", "comment.line.number-sign")]},
        "texts": {"patterns": [
            {"name": "string.quoted.double.lcr", "begin": "\"", "end": "\"|$", "patterns": [match(r"\\[\"\\nt]", "constant.character.escape"), match(r"\\.", "invalid.illegal.escape")]},
            {"name": "string.regexp.lcr", "begin": "\\bre`", "end": "`|$", "patterns": [match(r"\\.", "constant.character.escape.regexp"), match(r"[\[\](){}*+?|^$.]", "keyword.operator.regexp")]},
            {"name": "string.other.path.lcr", "begin": "`", "end": "`|$", "patterns": [match(r"\*\*?|\{|\}|,|\.\.", "constant.other.wildcard")]},
        ]},
        "numbers": {"patterns": [
            match(r"\b([0-9]+:[0-9]+)\b", "constant.numeric.pattern"),
            match(rf"\b([0-9]+(?:\.[0-9]+)?)(?:({unit})\b|(%))", None, _1="constant.numeric.quantity", _2="keyword.other.unit", _3="keyword.other.unit"),
            match(r"\b[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[A-Za-z_]\w*", "invalid.illegal.unit"),
            match(r"\b[0-9]+(?:\.(?!\.)[0-9]+)?(?:[eE][+-]?[0-9]+)?\b", "constant.numeric"),
        ]},
        "declarations": {"patterns": [
            match(rf"^\s*({alternatives(words['header'])})\s+({name})", None, _1="keyword.declaration.header", _2="entity.name.namespace"),
            match(rf"^\s*({alternatives(words['header'])})\b(?=\s+\")", "keyword.declaration.header"),
            match(rf"^\s*(scheme)\s+({name})", None, _1="keyword.control", _2="entity.name.type"),
            match(rf"^\s*(method|block)\s+({name})", None, _1="keyword.control", _2="entity.name.function"),
            match(rf"^\s*(param)\s+({name})\s*:\s*({name})", None, _1="keyword.control", _2="entity.name.variable", _3="storage.type"),
            match(rf"^\s*(select|param)\s+({name})", None, _1="keyword.control", _2="entity.name.variable"),
            match(rf"^\s*({alternatives(soft_heads)})\b(?!\s*[=<>(,)])", "keyword.control"),
        ]},
        "words": {"patterns": [
            match(rf"\b({name})\s*(?=(?:<=|>=|=(?!=)))", None, _1="variable.parameter"),
            match(rf"\b(?:{alternatives(terms)})\b(?=\s*\()", "support.function.selection"),
            match(r"\b(?:true|false)\b", "constant.language"),
            match(rf"\b(?:{alternatives(heads)})\b", "keyword.control"),
            match(rf"\b(?:{alternatives(words['reserved'])})\b", "keyword.other"),
            match(rf"\b(?:{alternatives(soft)})\b(?!\s*[=,)\]}}(.])", "keyword.other.contextual"),
            match(rf"\b({name})(?=\s*\()", "entity.name.function.call"),
        ]},
        "operators": {"patterns": [match(r"->|\.\.<|\.\.|==|!=|<=|>=|[=<>+\-*/%|&]", "keyword.operator")]},
    }
    return {
        "comment": "written by make_grammar.py from grammar/keywords.txt and grammar/Lcr.g4",
        "name": "lcr", "scopeName": "source.lcr", "fileTypes": ["lcr"],
        "patterns": [{"include": "#" + part} for part in repository],
        "repository": repository,
    }


def main():
    text = json.dumps(grammar(), indent=2) + "\n"
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} differs from the language's words: run {pathlib.Path(__file__).name}")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
