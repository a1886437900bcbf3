"""What a variable of a diagram may be: one of some words, true or false, a number, a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The values that a variable may have."""

    name: str
    title: str  #: in Chinese, for the check
    words: frozenset[str] = frozenset()
    keys: Mapping[str, Kind] = field(default_factory=dict, hash=False)  #: of a record
    member: Kind | None = None  #: of a list
    or_null: bool = False  #: it may be null too
    unit: str = field(default="", compare=False)  #: of a figure, see `vocabulary.UNITS`

    def values(
        self, constants: Iterable[object], lists: Iterable[list[object]], other: str
    ) -> list[object]:
        """Give the values that conditions with these constants can tell apart."""
        if self.or_null:
            return [*replace(self, or_null=False).values(constants, lists, other), None]
        if self.name == "flag":
            return [True, False]
        if self.words:
            return [*sorted(self.words)]
        numbers = [number for number in constants if type(number) in (int, float)]
        if self.name == "number":
            return [0, *(number + step for number in numbers for step in (-1, 0, 1))]  # type: ignore[operator]  # numbers here
        if self.name == "items":
            return [[], *lists, [other], [other, other]]
        return [*dict.fromkeys([*constants, *([other] if self.name != "any" else [other, 0])])]


ANYTHING = Kind(name="any", title="任意值")
FLAG = Kind(name="flag", title="真假")
NUMBER = Kind(name="number", title="数")
TEXT = Kind(name="text", title="文字")


def words(*known: str) -> Kind:
    """Give the kind of what is one of these words."""
    return Kind(name="words", title="规定的词", words=frozenset(map(str, known)))


def record(keys: Mapping[str, Kind]) -> Kind:
    """Give the kind of a record with these keys."""
    return Kind(name="record", title="记录", keys=dict(keys))


def items(member: Kind) -> Kind:
    """Give the kind of a list of such things."""
    return Kind(name="items", title="列表", member=member)


def either(*kinds: Kind) -> Kind:
    """Give the kind of what is one of several kinds.

    >>> sorted(either(words("approve"), words("reject")).words)
    ['approve', 'reject']
    """
    return reduce(_or, kinds)


def _or(left: Kind, right: Kind) -> Kind:
    if left == right:
        return left
    if left.or_null or right.or_null:
        present = _or(replace(left, or_null=False), replace(right, or_null=False))
        return present if present == ANYTHING else replace(present, or_null=True)
    if left.words and right.words:
        return words(*left.words, *right.words)
    if left.keys and right.keys:
        both = left.keys.keys() & right.keys.keys()
        merged = {key: _or(left.keys[key], right.keys[key]) for key in both}
        return record({**left.keys, **right.keys, **merged})
    return ANYTHING
