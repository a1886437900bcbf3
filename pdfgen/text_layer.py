"""The words in a PDF of ours, as a search finds them: what was printed, in its order.

For files that this service made and sealed. It is no reader of strangers' files: those are walked
by `pdf_walk`, in a child with limits.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf

_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")
_HEX = re.compile(rb"<([0-9A-Fa-f]*)>")
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212]")
_DOTS = re.compile("[\u00b7\u2022\u2027\u30fb]")
_DEEPEST = 10  #: forms within forms
#: Operators that choose a font, show text, or draw a form.
_SHOWING = "Tf Tj TJ ' \" Do"


def words(pdf: bytes) -> str:
    """Return the text of all pages without blanks. Raises pikepdf.PdfError for what is no PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        told = [
            text
            for page in document.pages
            for text in _shown(page, page.obj.get("/Resources", pikepdf.Dictionary()), 0)
        ]
    return "".join("".join(told).split())


def folded(text: str) -> str:
    """Return a text as it looks: characters that fonts draw with one glyph are one, no blanks.

    A PDF says of a glyph one character that it stands for, which may be its twin.

    >>> folded("甲–乙 ⽰例"), folded("甲―乙示例")
    ('甲-乙示例', '甲-乙示例')
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return _DOTS.sub("·", _DASHES.sub("-", plain))


def _shown(stream: Any, resources: Any, depth: int) -> Iterator[str]:
    """Yield what a page or a form shows, decoded by the fonts that it names."""
    fonts: dict[str, Mapping[bytes, str]] = {}
    present: Mapping[bytes, str] = {}
    for instruction in pikepdf.parse_content_stream(stream, _SHOWING):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "Tf":
                name = str(operands[0])
                if name not in fonts:
                    fonts[name] = meanings(resources["/Font"][name])
                present = fonts[name]
            case "Tj" | "'" | '"':
                yield _decoded(bytes(operands[-1]), present)
            case "TJ":
                for part in operands[0]:
                    if isinstance(part, pikepdf.String):
                        yield _decoded(bytes(part), present)
            case "Do" if depth < _DEEPEST:
                form = resources["/XObject"][str(operands[0])]
                if form.get("/Subtype") == "/Form":
                    yield from _shown(form, form.get("/Resources", resources), depth + 1)


def _decoded(codes: bytes, decoder: Mapping[bytes, str]) -> str:
    width = len(next(iter(decoder), b"\0\0"))
    return "".join(decoder.get(codes[at : at + width], "") for at in range(0, len(codes), width))


def meanings(font: Any) -> dict[bytes, str]:
    """Return what the codes of a font stand for, from its ToUnicode map (PDF 32000-1, 9.10.3)."""
    if "/ToUnicode" not in font:
        return {}
    cmap, decoder = font["/ToUnicode"].read_bytes(), {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in _PAIR.findall(block):
            decoder[bytes.fromhex(code.decode())] = _text(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text, texts in _RANGE.findall(block):
            size, start = len(first) // 2, int(first, 16)
            listed = _HEX.findall(texts)
            for at in range(int(last, 16) - start + 1):
                shown = _text(listed[at]) if listed else _after(_text(text), at)
                decoder[(start + at).to_bytes(size, "big")] = shown
    return decoder


def _text(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


def _after(text: str, steps: int) -> str:
    return text[:-1] + chr(ord(text[-1]) + steps)
