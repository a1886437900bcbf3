"""Sample data to try templates with: the kinds of `given.toml` filled in."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any

from PIL import Image

from pdfgen import given
from pdfgen.pictures import Qr
from pdfgen.source import AskedValue

_FULL = ""  #: the choice between everything there is and the least
_MOST = 32  #: combinations of choices that depend on each other; beyond, each is tried alone


def of(
    kind: str, asked: Iterable[AskedValue], marked: Mapping[str, str | int] = MappingProxyType({})
) -> Iterator[dict[str, Any]]:
    """Yield data to try a template with, so that each branch on what it asks for is set.

    With everything there is and with the least, with each word and truth; choices that stand in
    each other's branches in all their combinations. Only what is asked for, each data once.
    Values that are `marked` can be told from each other.
    """
    wanted = given.shape(kind)
    asked = list(asked)
    names = {value.path[0] for value in asked}
    choices = {_FULL: [True, False]} | {
        name: _words(inner)
        for name, inner in wanted.items()
        if name in names and len(_words(inner)) > 1
    }
    optional = {key.rstrip("?") for key, inner in wanted.items() if _may_be_less(key, inner)}
    told = set()
    for choice in _covering(choices, _together(asked, choices, optional)):
        data = {
            key.rstrip("?"): choice.get(key, _sample(key, inner, bool(choice[_FULL]), marked))
            for key, inner in wanted.items()
            if key.rstrip("?") in names
        }
        if (shown := repr(data)) not in told:
            told.add(shown)
            yield data


def _together(
    asked: Iterable[AskedValue], choices: Mapping[str, list[Any]], optional: Collection[str]
) -> Iterator[tuple[str, ...]]:
    """Yield the choices that must be tried in all their combinations."""
    for value in asked:
        names = {*value.beside, value.path[0]}
        group = names & choices.keys() | ({_FULL} if names & {*optional} else set())
        yield tuple(sorted(group))
        if value.flows and value.path[0] in choices:
            yield from ((value.path[0], other) for other in choices if other != value.path[0])
    yield from ((choice,) for choice in choices)


def _covering(
    choices: Mapping[str, list[Any]], groups: Iterable[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return few rows that hold every combination of the choices of each group.

    >>> yes = [True, False]
    >>> len(_covering({"a": yes, "b": yes, "c": yes}, [("a", "b"), ("c",)]))
    4
    """
    wanted: list[dict[str, Any]] = []
    for group in dict.fromkeys(groups):
        words = [choices[name] for name in group]
        if math.prod(map(len, words)) <= _MOST:
            wanted += [
                dict(zip(group, combination, strict=True)) for combination in product(*words)
            ]
    rows: list[dict[str, Any]] = []
    for part in sorted(wanted, key=len, reverse=True):
        fits = (row for row in rows if all(row.get(key, part[key]) == part[key] for key in part))
        row = next(fits, None)
        if row is None:
            rows.append(row := {})
        row.update(part)
    return [{**{name: words[0] for name, words in choices.items()}, **row} for row in rows]


def _may_be_less(name: str, inner: given.Shape) -> bool:
    """Tell whether the least data lack some of it."""
    if isinstance(inner, dict):
        return name.endswith("?") or any(_may_be_less(*part) for part in inner.items())
    return name.endswith("?") or isinstance(inner, list)


def _words(inner: given.Shape) -> list[Any]:
    if isinstance(inner, str) and inner.startswith(given.ONE_OF):
        return inner.removeprefix(given.ONE_OF).split(", ")
    return [True, False] if inner == "yes" else [None]


def marks(kind: str) -> dict[str, str | int]:
    """Return a value of its own for each text, day and number of a kind of data, by its path.

    >>> marks("rename")["old_name"], marks("rename")["computed_on"]
    ('样例003', '2006-07-07')
    """
    paths = [*_paths(given.shape(kind), "")]
    marked = {path: _MARKS[inner](number) for number, (path, inner) in enumerate(paths, 1)}
    return marked | {path: f"{marked[path]}{_MORE}" for path in _LONG & marked.keys()}


def _day(number: int) -> str:
    return f"{2000 + number}-{number % 12 + 1:02}-{number % 28 + 1:02}"


_LONG = frozenset({"title", "enterprise_name", "enterprise.name"})  #: what is long in real papers
_MORE = "名称有二十个字的样例而已"

_MARKS: Mapping[str, Callable[[int], str | int]] = {
    "text": lambda number: f"样例{number:03}",
    "day": _day,
    "number": lambda number: 900 + number,
}


def _paths(inner: given.Shape, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(inner, list):
        yield from _paths(inner[0], path)
    elif isinstance(inner, dict):
        for key, value in inner.items():
            yield from _paths(value, f"{path}.{key.rstrip('?')}".lstrip("."))
    elif inner in _MARKS:
        yield path, inner


def _sample(
    name: str, inner: given.Shape, full: bool, marked: Mapping[str, str | int], within: str = ""
) -> Any:
    path = f"{within}.{name.rstrip('?')}".strip(".")
    if name.endswith("?") and not full:
        return None
    if isinstance(inner, list):
        return [_sample("", inner[0], full, marked, path)] if full else []
    if isinstance(inner, dict):
        return {
            key.rstrip("?"): _sample(key, value, full, marked, path) for key, value in inner.items()
        }
    if inner.startswith(given.ONE_OF) or inner == "yes":
        return _words(inner)[0 if full else -1]
    return marked.get(path, _SAMPLES[inner])


def _dot() -> bytes:
    out = io.BytesIO()
    Image.new("L", (5, 7)).save(out, "PNG")
    return out.getvalue()


TEXT = "样例"  #: stands for each text
_SAMPLES: Mapping[str, Any] = {
    "text": TEXT,
    "number": 3,
    "day": "2026-01-31",
    "picture": _dot(),
    "code": Qr("样例"),
}
