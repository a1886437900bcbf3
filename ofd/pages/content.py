"""The content stream of a page, cut into operators with their operands.

Typst writes plain streams: no comments, no inline pictures. Most operators have numbers alone
and are read by one regular expression; whatever fits neither it nor the tokens below is refused.
pikepdf reads the same, in three times the time, as each number becomes an object of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ofd.pages.refusals import NotDrawable

Operand = float | str | bytes | list["Operand"] | None  #: number, /Name, string, array, dictionary
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_END = r"(?=[\s/\[\]()<>]|$)"
_PLAIN = re.compile(rf"([-+.\d\s]*)([A-Za-z]+[*]?){_END}")
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{_NUMBER}){_END}|(?P<name>/[^\s/\[\]()<>{{}}%]+)|(?P<hex><[0-9A-Fa-f\s]*>)"
    rf"|(?P<sign><<|>>|[(\[\]])|(?P<operator>[A-Za-z]+[*]?){_END})"
)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\n": "", "\r": "", "\r\n": ""}


def instructions(content: bytes) -> Iterator[tuple[str, list[Operand]]]:
    r"""Give each operator with its operands. Raises: NotDrawable.

    >>> list(instructions(b"q 1 0 m[(a\\)b)-80<4e00>]TJ"))
    [('q', []), ('m', [1.0, 0.0]), ('TJ', [[b'a)b', -80.0, b'N\x00']])]
    """
    text = content.decode("latin-1").rstrip()
    at, end = 0, len(text)
    try:
        while at < end:
            if plain := _PLAIN.match(text, at):
                at = plain.end()
                yield plain[2], [*map(float, plain[1].split())]
            else:
                operator, operands, at = _mixed(text, at)
                yield operator, operands
    except ValueError as error:
        raise NotDrawable(f"numbers before {text[at : at + 20]!r}") from error


def _mixed(text: str, at: int) -> tuple[str, list[Operand], int]:
    """Read an operator whose operands are not numbers alone; give where it ends."""
    operands: list[Operand] = []
    stack: list[list[Operand]] = []
    while token := _TOKEN.match(text, at):
        at, kind, said = token.end(), token.lastgroup, token[0].strip()
        if kind == "operator":
            if stack:
                break
            return said, operands, at
        if kind == "number":
            operands.append(float(said))
        elif kind == "name":
            operands.append(said)
        elif kind == "hex":
            digits = "".join(said[1:-1].split())
            operands.append(bytes.fromhex(digits + "0" * (len(digits) % 2)))
        elif said == "(":
            string, at = _string(text, at)
            operands.append(string)
        elif said in ("[", "<<"):
            stack.append(operands)
            operands = []
        elif stack:
            held, operands = operands, stack.pop()
            operands.append(held if said == "]" else None)
        else:
            break
    raise NotDrawable(f"no operator at {text[at : at + 20]!r}")


def _string(text: str, begin: int) -> tuple[bytes, int]:
    """Read a string up to the parenthesis that closes it; give where it ends."""
    depth = 1
    for sign in _PARENTHESIS.finditer(text, begin):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if not depth:
            said = text[begin : sign.start()]
            return _ESCAPE.sub(_unescaped, said).encode("latin-1"), sign.end()
    raise NotDrawable("a string without an end")


def _unescaped(escape: re.Match[str]) -> str:
    said = escape[1]
    if said[0] in "01234567":
        return chr(int(said, 8) & 0xFF)
    return _ESCAPED.get(said, said)
