"""What an editor drew, in the wording that the file had: only what was changed is written anew.

Editors of diagrams and tables write the whole file in their own manner: order of attributes, line
breaks, empty elements. A file that nobody edited comes back byte for byte, an edited one differs
only at its edits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from xml.parsers import expat
from xml.sax.saxutils import escape

DEEPEST = 60
#: What an editor leaves out because it counts anyway.
_USUAL = {"hitPolicy": "UNIQUE"}
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*+>""")
_QUOTES = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}


@dataclass
class _Node:
    """An element with where it stands in its file, in bytes."""

    name: str  #: as written, with its prefix
    attributes: dict[str, str]
    start: int
    opened: int = 0  #: behind the start tag
    closing: int = 0  #: before the end tag
    end: int = 0
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    @cached_property
    def means(self) -> object:
        """What it says, whatever its wording."""
        said = frozenset(_values(self.attributes).items())
        text = "" if self.children else self.text.strip()
        inside = [child.means for child in self.children]
        if self.is_unordered:
            return self.name, said, text, frozenset(Counter(inside).items())
        return self.name, said, text, tuple(inside)

    @property
    def is_unordered(self) -> bool:
        """Whether the order of what is inside means nothing: editors draw in an order of theirs."""
        return self.name.rpartition(":")[2] in ("BPMNPlane", "lane")


class _Unreadable(Exception):
    """Nothing can be kept of such a file."""


def kept(before: bytes, drawn: bytes) -> bytes:
    """Return `drawn` in the wording of `before`; as it is where one of them cannot be read."""
    try:
        old, new = _read_before(before), _read(drawn)
    except _Unreadable:
        return drawn
    if old.name != new.name:
        return drawn
    written = "".join(_written(new, old, before, 0))
    return before[: old.start] + written.encode() + before[old.end :]


def _value(text: str) -> object:
    """Read a number as a number: editors write 100 for 100.0."""
    try:
        return float(text)
    except ValueError:
        return text


@lru_cache(maxsize=8)
def _read_before(data: bytes) -> _Node:
    """Read the file that is edited: an editor asks about it again and again."""
    return _read(data)


def _read(data: bytes) -> _Node:
    """Read a file; raise _Unreadable for what is no plain XML in UTF-8."""
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    stack: list[_Node] = []
    roots: list[_Node] = []

    def start(name: str, attributes: list[str]) -> None:
        pairs = dict(zip(attributes[::2], attributes[1::2], strict=True))
        node = _Node(name=name, attributes=pairs, start=parser.CurrentByteIndex)
        if len(stack) >= DEEPEST:
            raise _Unreadable
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def end(_: str) -> None:
        node, at = stack.pop(), parser.CurrentByteIndex
        node.opened = _tag_end(data, node.start)
        is_empty = data[node.opened - 2 : node.opened] == b"/>"
        node.closing = node.opened if is_empty else at
        node.end = node.opened if is_empty else data.index(b">", at) + 1

    def said(text: str) -> None:
        if stack:
            stack[-1].text += text

    def refuse(*_: object) -> None:
        raise _Unreadable

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = refuse
    try:
        data.decode("utf-8")
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeDecodeError, ValueError) as error:
        raise _Unreadable from error
    if not roots:
        raise _Unreadable
    return roots[0]


def _tag_end(data: bytes, at: int) -> int:
    """Return the place behind the start tag that begins at `at`; quoted marks do not end it."""
    found = _TAG.match(data, at)
    if found is None:
        raise _Unreadable
    return found.end()


def _written(new: _Node, old: _Node | None, before: bytes, depth: int) -> Iterator[str]:
    """Yield an element: as it was where it means the same, else with its changes."""
    if old is not None and new.means == old.means:
        yield before[old.start : old.end].decode()
        return
    yield _start_tag(new, old, before)
    if not new.children and not new.text.strip():
        was_empty = old is None or old.opened == old.end
        yield "/>" if was_empty else f"></{new.name}>"
        return
    yield ">"
    if new.children:
        yield from _children(new, old, before, depth)
    else:
        yield escape(new.text)
    yield f"</{new.name}>"


def _start_tag(new: _Node, old: _Node | None, before: bytes) -> str:
    """Return the start tag without its last mark; what did not change keeps its place."""
    if old is not None and _same(new.attributes, old.attributes):
        return before[old.start : old.opened].decode().removesuffix(">").removesuffix("/")
    first = [] if old is None else [name for name in old.attributes if name in new.attributes]
    names = [*first, *(name for name in new.attributes if name not in first)]
    was = {} if old is None else old.attributes
    values = {
        name: was[name] if name in was and _value(was[name]) == _value(value) else value
        for name, value in new.attributes.items()
    }
    return f"<{new.name}" + "".join(f' {name}="{escape(values[name], _QUOTES)}"' for name in names)


def _same(one: dict[str, str], other: dict[str, str]) -> bool:
    return _values(one) == _values(other)


def _values(attributes: dict[str, str]) -> dict[str, object]:
    """Read attributes, without what counts anyway."""
    return {name: _value(text) for name, text in attributes.items() if _USUAL.get(name) != text}


def _children(new: _Node, old: _Node | None, before: bytes, depth: int) -> Iterator[str]:
    """Yield the elements inside, each behind the blanks and notes that stood before it."""
    known = {} if old is None else dict(zip(_keys(old), _placed(old), strict=True))
    inside = list(zip(_keys(new), new.children, strict=True))
    if new.is_unordered:
        places = {key: place for place, key in enumerate(known)}
        inside.sort(key=lambda pair: places.get(pair[0], len(places)))
    for key, child in inside:
        if key in known:
            former, blank_from = known[key]
            yield before[blank_from : former.start].decode()
            yield from _written(child, former, before, depth + 1)
        else:
            yield "\n" + "  " * (depth + 1)
            yield from _written(child, None, before, depth + 1)
    if old is not None and old.children:
        yield before[old.children[-1].end : old.closing].decode()
    else:
        yield "\n" + "  " * depth


def _placed(node: _Node) -> Iterator[tuple[_Node, int]]:
    """Yield the elements inside, each with where the blanks before it begin."""
    at = node.opened
    for child in node.children:
        yield child, at
        at = child.end


def _keys(node: _Node) -> list[object]:
    """Name the elements inside: by their id, else by what they mean, else by their order."""
    times: Counter[object] = Counter()
    keys: list[object] = []
    for child in node.children:
        own = child.attributes.get("id")
        if own is None and not child.children and child.text.strip():
            own = child.text.strip()
        name: object = (child.name, own)
        times[name] += 1
        keys.append((name, times[name]))
    return keys
