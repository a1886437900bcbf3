"""Changes to a JSON file that leave everything else as it was written, byte for byte.

Editors and people lay out forms in their own way; a form that is changed at one field must differ
at that field only. Values are found by their place in the text, and only their text is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_PLAIN = re.compile(r"[^\s,\]}]+")


@dataclass(frozen=True, kw_only=True)
class _Node:
    """A value in a text: where it stands, and what it holds."""

    start: int
    end: int
    #: member → where its key (of a list: itself) begins, and its value; in order
    members: dict[str | int, tuple[int, _Node]] = field(default_factory=dict)


def replace(text: str, path: Path, value: Any) -> str:
    """Replace a value that is there. Raises KeyError, ValueError (no JSON)."""
    node = _at(_read(text), path)
    return text[: node.start] + _written(value) + text[node.end :]


def put(text: str, path: Path, value: Any) -> str:
    """Replace the member of an object, or add it as the last one. Raises KeyError, ValueError."""
    *outer, name = path
    node = _at(_read(text), tuple(outer))
    if name in node.members:
        return replace(text, path, value)
    return _added(text, node, f"{json.dumps(str(name), ensure_ascii=False)}: {_written(value)}")


def append(text: str, path: Path, value: Any) -> str:
    """Add an element to the end of a list. Raises KeyError, ValueError."""
    return _added(text, _at(_read(text), path), _written(value))


def remove(text: str, path: Path) -> str:
    """Take a member or element out, with its comma; what is not there stays away."""
    *outer, name = path
    try:
        node = _at(_read(text), tuple(outer))
    except KeyError:
        return text
    if name not in node.members:
        return text
    names = list(node.members)
    place = names.index(name)
    if len(names) == 1:
        return text[: node.start + 1] + text[node.end - 1 :]
    if place + 1 < len(names):  # up to where the next one begins
        start, until = node.members[name][0], node.members[names[place + 1]][0]
        return text[:start] + text[until:]
    before = node.members[names[place - 1]][1].end  # the last one goes with the comma before it
    return text[:before] + text[node.members[name][1].end :]


def apply(text: str, changes: Mapping[str, Any], path: Path) -> str:
    """Put each member of an object as `changes` says; None takes it out."""
    for name, value in changes.items():
        text = remove(text, (*path, name)) if value is None else put(text, (*path, name), value)
    return text


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _added(text: str, node: _Node, written: str) -> str:
    """Add a member after the last, on a line of its own where the last one has one."""
    if not node.members:
        return text[: node.start + 1] + written + text[node.end - 1 :]
    start, last = list(node.members.values())[-1]
    line = text.rfind("\n", 0, start) + 1
    indent = text[line:start]
    between = f",\n{indent}" if line and not indent.strip() else ", "
    return text[: last.end] + between + written + text[last.end :]


def _at(node: _Node, path: Sequence[str | int]) -> _Node:
    for name in path:
        node = node.members[name][1]
    return node


def _read(text: str) -> _Node:
    """Read where each value stands. Raises ValueError for what is no JSON."""
    json.loads(text)
    return _value(text, _skip(text, 0))


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _value(text: str, start: int) -> _Node:
    opened = text[start]
    if opened == '"':
        return _Node(start=start, end=_DECODER.raw_decode(text, start)[1])
    if opened not in "{[":
        plain = _PLAIN.match(text, start)
        return _Node(start=start, end=plain.end() if plain else start)
    members: dict[str | int, tuple[int, _Node]] = {}
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        begins, name = at, len(members)
        if opened == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # over the colon
            inner = _value(text, at)
            members[key] = (begins, inner)
        else:
            inner = _value(text, at)
            members[name] = (begins, inner)
        at = _skip(text, inner.end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return _Node(start=start, end=at + 1, members=members)
