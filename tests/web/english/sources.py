"""The Chinese texts of templates and of code, as messages of a catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from web.english.catalogue import HAN, spaced
from web.english.pages import SPOKEN, TOKEN, VOID, WITHIN

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_STRING = re.compile(r'"([^"]*)"')
_HOLE = re.compile(r"\ue000")


def of_template(source: str) -> Iterator[str]:
    """Give the texts of a template: between its tags and blocks, of attributes, in expressions."""
    for code in _JINJA.findall(source):
        if not code.startswith("{#"):
            yield from (text for text in _STRING.findall(code) if HAN.search(text))
    told = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for part in re.split(r"\{%.*?%\}", told, flags=re.DOTALL):
        yield from _of_html(re.sub(r"\{\{.*?\}\}", "\ue000", part, flags=re.DOTALL))


def _of_html(part: str) -> Iterator[str]:
    at, sentence = 0, list[tuple[str, str]]()
    for token in TOKEN.finditer(part):
        sentence.append(("", part[at : token.start()]))
        at, name = token.end(), (token["tag"] or "").lower()
        for spoken in SPOKEN.finditer(token[0]):
            if HAN.search(spoken["text"]):
                yield _named(unescape(spoken["text"]))
        if name in WITHIN:
            sentence.append((name, token[0]))
            continue
        yield from _sentence(sentence)
        sentence = []
    yield from _sentence([*sentence, ("", part[at:])])


def _sentence(items: list[tuple[str, str]]) -> Iterator[str]:
    texts = [at for at, (tag, text) in enumerate(items) if not tag and text.strip()]
    if not any(HAN.search(items[at][1]) for at in texts):
        return
    core = items[texts[0] : texts[-1] + 1]
    count, opened, said = 0, list[int](), []
    for tag, text in core:
        if not tag:
            said.append(unescape(text))
        elif tag in VOID:
            count += 1
            said.append(f"<{count}/>")
        elif text.startswith("</"):
            said.append(f"</{opened.pop()}>" if opened else "|")
        else:
            count += 1
            opened.append(count)
            said.append(f"<{count}>")
    whole = "".join(said)
    if opened or "|" in whole or not count:
        yield from (_named(text) for tag, text in core if not tag and HAN.search(text))
        return
    yield _named(whole)


def _named(text: str) -> str:
    count = 0

    def name(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"{{x{count if count > 1 else ''}}}"

    return spaced(_HOLE.sub(name, text))


def of_code(path: Path) -> Iterator[str]:
    """Give the texts of a module: constants, f-strings with holes, and texts of refusals."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node and isinstance(part, ast.Constant)
    }
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documented.add(id(first.value))
                if isinstance(node, ast.ClassDef) and HAN.search(str(first.value.value)):
                    yield spaced(str(first.value.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "\ue000"
                for part in node.values
            )
            if HAN.search(text):
                yield _named(text)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside | documented
            and HAN.search(node.value)
        ):
            yield spaced(node.value)
