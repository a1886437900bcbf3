"""What a document is made of: its own file and the definitions of its components that it names.

A component holds many definitions, and a document uses few: only a change of these can change how
it is set. Whatever is named in any way counts as used, and a component that cannot be cut into
definitions with certainty is used as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pdfgen.source import SUFFIX, TemplateSource, closure

_WORD = re.compile(r"[^\W\d][\w-]*")
_COMMENT = re.compile("^//.*$", re.MULTILINE)
_LET = re.compile(r"#let\s+([^\W\d][\w-]*)")
_GOES_ON = (" ", "\t", "}", ")", "]")  #: how the further lines of a definition begin
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))

Piece = tuple[str, str]  #: name of the definition, empty for what always counts; its text


def parts(
    document: str, shelf: Mapping[str, bytes], read: Mapping[str, TemplateSource]
) -> list[tuple[str, str]]:
    """Return file and text of all that `document` is made of, in order."""
    files = closure(document + SUFFIX, read)
    if not files:
        return []
    own, *components = files
    used = [(own, shelf[own].decode("utf-8-sig"))]
    ahead = [(file, piece) for file in components for piece in _pieces(shelf[file])]
    words = _words(used[0][1])
    while named := [(file, piece) for file, piece in ahead if not piece[0] or piece[0] in words]:
        ahead = [placed for placed in ahead if placed not in named]
        used += [(file, text) for file, (_, text) in named]
        words.update(word for _, (_, text) in named for word in _words(text))
    return sorted(used)


def _words(text: str) -> set[str]:
    return {*_WORD.findall(_COMMENT.sub("", text))}


@lru_cache(maxsize=64)
def _pieces(content: bytes) -> tuple[Piece, ...]:
    r"""Cut a component into its definitions, each with the comments above it.

    >>> [name for name, _ in _pieces(b"// Ink.\n#let ink = 1\n#let f() = {\n}\n#show: f")]
    ['', 'ink', 'f', '']
    >>> [name for name, _ in _pieces(b"#let f() = {\n#let g = 1\n}")]
    ['']
    """
    text = content.decode("utf-8-sig")
    whole = (("", text),)
    pieces: list[tuple[str, list[str]]] = [("", [])]
    above: list[str] = []
    for line in text.split("\n"):
        if "```" in line or "/*" in line or line.replace('\\"', "").count('"') % 2:
            return whole  # a text may go on in the next line
        if line.startswith("//") or not line:
            above.append(line)
        elif line.startswith("#"):
            let = _LET.match(line)
            pieces.append((let[1] if let else "", [*above, line]))
            above = []
        elif line.startswith(_GOES_ON):
            pieces[-1][1].extend([*above, line])
            above = []
        else:
            return whole
    names = [name for name, _ in pieces if name]
    cut = tuple((name, "\n".join(lines)) for name, lines in pieces)
    if len(names) > len({*names}) or not all(_is_closed(told) for _, told in cut):
        return whole
    return cut


def _is_closed(text: str) -> bool:
    return all(text.count(opening) == text.count(closing) for opening, closing in _PAIRS)
