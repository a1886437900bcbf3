"""Differences in words: what a file is made of, part by part, and what became of each part.

Every kind of file is read into parts (an element, a row, a field), each with its facts by their
path. Whatever a reader does not know keeps its path for a label: nothing is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

ORDER = (
    "order:"  #: begins the path of a fact that is an order; told only where nothing else differs
)
MOST_FACTS = 40  #: of a new part, that are told with it; of more is said how many
LONGEST = 60  #: characters of a value that are told whole
_AROUND = 12  #: characters that are told around what differs in a longer one


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs between two packages."""

    kind: str  #: of the file, as analysts call it: 流程图, 决策表, …
    file: str
    title: str  #: what the file is called: the name of its process, table, form
    place: str  #: the element, row, field or line, in words; empty: the whole file
    element: str  #: the id of the same in the file; empty where it has none
    text: str  #: what became of it

    def __str__(self) -> str:
        return f"{self.place}：{self.text}" if self.place else self.text


class Fact(NamedTuple):
    """One thing that a part says."""

    label: str
    raw: str  #: as the file has it; two facts are the same when this is
    shown: str  #: as people read it


@dataclass(kw_only=True)
class Part:
    """A part of a file, with what it says."""

    name: str  #: in words
    facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """What it says, as its file has it."""
        return {path: fact.raw for path, fact in self.facts.items()}

    def say(self, path: str, label: str, raw: object, shown: str | None = None) -> None:
        """Add what the part says; a value that is no text is kept as JSON."""
        text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
        self.facts[path] = Fact(label, text, worded(raw) if shown is None else shown)

    def keep_order(self, name: str, label: str, keys: Mapping[str, str]) -> None:
        """Add the order of parts: key → name of each."""
        self.facts[ORDER + name] = Fact(label, json.dumps([*keys]), "、".join(keys.values()))


class Told(NamedTuple):
    """What became of a part."""

    place: str
    element: str
    text: str


def told(before: Mapping[str, Part], after: Mapping[str, Part]) -> Iterator[Told]:
    """Yield what became of the parts of a file, in the order of the later one."""
    called = _called_otherwise(before, after)
    for key, part in before.items():
        if key not in after and key not in called.values():
            yield Told(part.name, key, "已删除")
    for key, part in after.items():
        if key in called:
            yield Told(part.name, key, f"标识：{called[key]} → {key}")
        elif key not in before:
            yield Told(part.name, key, _new(part))
        else:
            former = before[key].facts
            for path in [*former, *(path for path in part.facts if path not in former)]:
                if text := _changed(path, former.get(path), part.facts.get(path)):
                    yield Told(part.name, key, text)


def _called_otherwise(before: Mapping[str, Part], after: Mapping[str, Part]) -> dict[str, str]:
    """Return the parts that say the same under another key: key → the former one."""
    gone: dict[object, list[str]] = {}
    for key, part in before.items():
        if key not in after:
            gone.setdefault((part.name, tuple(part.said.items())), []).append(key)
    called = {}
    for key, part in after.items():
        if key not in before and (same := gone.get((part.name, tuple(part.said.items())))):
            called[key] = same.pop(0)
    return called


def _new(part: Part) -> str:
    said = [
        f"{fact.label}{brief(fact.shown)}"
        for path, fact in part.facts.items()
        if fact.label != path and not path.startswith(ORDER) and fact.label != "名称" and fact.shown
    ]
    more = f"；共{len(said)}项" if len(said) > MOST_FACTS else ""
    return "新增" + (f"（{'；'.join(said[:MOST_FACTS])}{more}）" if said else "")


def _changed(path: str, old: Fact | None, new: Fact | None) -> str:
    if old is not None and new is not None:
        if old.raw == new.raw:
            return ""
        if path.startswith(ORDER) and sorted(json.loads(old.raw)) != sorted(json.loads(new.raw)):
            return ""
        one, other = (old.shown, new.shown) if old.shown != new.shown else (old.raw, new.raw)
        label = "更名" if new.label == "名称" else new.label
        return f"{label}：{arrow(one, other)}"
    if new is not None:
        return "" if path.startswith(ORDER) else f"新增{new.label}：{brief(new.shown or '（空）')}"
    if old is not None and not path.startswith(ORDER):
        return f"删去{old.label}（原为{brief(old.shown or '（空）')}）"
    return ""


def arrow(old: str, new: str) -> str:
    """Write a change; of long texts what differs, with a little around it.

    >>> arrow("20日", "30日"), arrow("", "有")
    ('20日 → 30日', '（空） → 有')
    """
    if max(len(old), len(new)) <= LONGEST:
        return f"{old or '（空）'} → {new or '（空）'}"
    start, end = 0, 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    start, end = max(0, start - _AROUND), max(0, end - _AROUND)
    return " → ".join(_cut(text, start, len(text) - end) for text in (old, new))


def _cut(text: str, start: int, end: int) -> str:
    inside = text[start:end]
    if len(inside) > 4 * LONGEST:
        inside = f"{inside[: 2 * LONGEST]}……{inside[-2 * LONGEST :]}"
    return ("…" if start else "") + inside + ("…" if end < len(text) else "") or "（空）"


def brief(text: str) -> str:
    """Shorten a long value."""
    return text if len(text) <= 2 * LONGEST else f"{text[: 2 * LONGEST]}…"


def worded(value: object) -> str:
    """Write a value as people read it.

    >>> worded(True), worded(["甲", "乙"]), worded(None), worded(5)
    ('是', '甲、乙', '无', '5')
    """
    if isinstance(value, bool) or value is None:
        return {True: "是", False: "否", None: "无"}[value]
    if isinstance(value, list):
        return "、".join(map(worded, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


_NAMED_BY = ("id", "code", "const", "name", "title")


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield what stands in JSON or TOML: path → text, number, flag, or list of such."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for name, item in zip(_names(value), value, strict=True):
            yield from leaves(item, f"{path}[{name}]")
    else:
        yield path, value


def _names(items: Sequence[object]) -> list[str]:
    """Name the items of a list: by what all of them call themselves, else by their places."""
    for key in _NAMED_BY:
        names = [str(item[key]) for item in items if isinstance(item, dict) and key in item]
        if len(set(names)) == len(items):
            return names
    return [str(number) for number in range(1, len(items) + 1)]
