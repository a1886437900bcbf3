"""The content stream of a page, cut into operators with their operands.

Typst writes plain streams: no comments, no inline pictures. A run of outline operators comes as the
text that it is, since the frame of a paper is the same for everybody; most operators are read by
one expression that never goes back (`++`), others token by token, and what fits no token is
refused. pikepdf reads the same in three times the time: each number becomes an object of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ofd.pages.refusals import NotDrawable

Operand = float | str | bytes | list["Operand"] | None  #: number, /Name, string, array, dictionary
RUN = "run of outline operators"  #: stands for the operator; its operand is the text
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_END = r"(?=[\s/\[\]()<>]|$)"
_NAME = r"/[^\s/\[\]()<>{}%]+"
_LIKE_MOST = re.compile(
    rf"\s*(?:(?P<run>(?:[-+.\d\s]++[mlch](?=\s))++)"
    rf"|(?:(?P<name>{_NAME}){_END})?(?P<numbers>[-+.\d\s]*+)(?P<operator>[A-Za-z]+[*]?){_END}"
    rf"|\[(?P<shown>(?:[-+.\d\s]++|\((?:[^()\\]++|\\.)*+\))*+)\]\s*TJ{_END}"
    rf"|\((?P<string>(?:[^()\\]++|\\.)*+)\)\s*Tj{_END}"
    rf"|(?P<mark>{_NAME}\s*<<[^<>()]*>>\s*BDC){_END})",
    re.DOTALL,
)
_SHOWN = re.compile(r"\(((?:[^()\\]++|\\.)*+)\)|([-+.\d]++)", re.DOTALL)
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{_NUMBER}){_END}|(?P<name>{_NAME})|(?P<hex><[0-9A-Fa-f\s]*>)"
    rf"|(?P<sign><<|>>|[(\[\]])|(?P<operator>[A-Za-z]+[*]?){_END})"
)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\n": "", "\r": "", "\r\n": ""}


def instructions(content: bytes) -> Iterator[tuple[str, list[Operand]]]:
    r"""Give each operator with its operands. Raises: NotDrawable.

    >>> list(instructions(b"q[(a\\)b)-80<4e00>]TJ"))
    [('q', []), ('TJ', [[b'a)b', -80.0, b'N\x00']])]
    """
    text = content.decode("latin-1").rstrip()
    at, end = 0, len(text)
    try:
        while at < end:
            read = _LIKE_MOST.match(text, at)
            if read is None:
                operator, operands, at = _mixed(text, at)
                yield operator, operands
                continue
            at = read.end()
            run, name, numbers, operator, shown, string, _ = read.groups()
            if operator is not None:
                values = map(float, numbers.split())
                yield operator, [*values] if name is None else [name, *values]
            elif run is not None:
                yield RUN, [run]
            elif shown is not None:
                yield "TJ", [_shown(shown)]
            elif string is not None:
                yield "Tj", [_plain(string)]
            else:
                yield "BDC", []
    except ValueError as error:
        raise NotDrawable(f"what ends at {text[at : at + 20]!r}") from error


def _shown(inside: str) -> list[Operand]:
    """Read what stands between the brackets of `TJ`."""
    return [float(item[2]) if item[2] else _plain(item[1]) for item in _SHOWN.finditer(inside)]


def _plain(said: str) -> bytes:
    """Give the bytes of what stands between the parentheses of a string."""
    return (_ESCAPE.sub(_unescaped, said) if "\\" in said else said).encode("latin-1")


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
            return _plain(text[begin : sign.start()]), sign.end()
    raise NotDrawable("a string without an end")


def _unescaped(escape: re.Match[str]) -> str:
    said = escape[1]
    if said[0] in "01234567":
        return chr(int(said, 8) & 0xFF)
    return _ESCAPED.get(said, said)
