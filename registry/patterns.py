"""How a profession writes its numbers: patterns, and whether two of them can ever meet."""

from __future__ import annotations

import re
from dataclasses import dataclass

APPLICATION_LETTERS = {
    "INITIAL": "C",
    "RENEWAL": "Y",
    "CANCELLATION": "Z",
    "PAPER_EXCHANGE": "H",
    "ENTERPRISE_CANCELLATION": "Q",
    "EX_OFFICIO": "J",
    "CORRECTION": "G",
    "REPORT": "B",
    "REOPENING": "F",
    "CLAIM": "L",
}


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """How a profession writes its numbers; a number is unique for ever because of `{serial}`.

    `{matter}` a letter, `{date}` yyyymmdd, `{yy}` and `{yyyy}` the year, `{province}` two digits,
    `{serial}` five digits, `{check}` a MOD 37,36 character over what stands before it.
    """

    application: str = "31S2{matter}{date}{serial}{check}"
    registration: str = "S2{yy}{province}{serial}"
    certificate: str = "DZ31S2{yyyy}{serial}{check}"


DEFAULT = Patterns()
PLACES = frozenset({"matter", "date", "yy", "yyyy", "province", "serial", "check"})
LONGEST = {"application": 24, "registration": 20, "certificate": 24}  #: characters of a number


def fault(pattern: str, kind: str = "application") -> str | None:
    """Return what is wrong with a pattern, None when it makes numbers that are unique.

    `kind` is the name in `Patterns`: only applications have a matter, and rows have a length.

    >>> fault("S2{yy}{province}{serial}") is None, fault("S2{year}{serial}")
    (True, '不认识占位符{year}')
    """
    unknown = [
        placeholder for placeholder in re.findall(r"{(.*?)}", pattern) if placeholder not in PLACES
    ]
    if unknown:
        return f"不认识占位符{{{unknown[0]}}}"
    if pattern.count("{serial}") != 1:
        return "须有且只有一个{serial}"
    if "{check}" in pattern.removesuffix("{check}"):
        return "{check}只能在最后"
    if kind != "application" and "{matter}" in pattern:
        return "只有申请编号可以用{matter}"
    if not re.fullmatch(r"[0-9A-Z]*", re.sub(r"{.*?}", "", pattern)):
        return "只能用大写字母和数字"
    if len(_characters(pattern)) > LONGEST[kind]:
        return f"写出的号码超过{LONGEST[kind]}个字符"
    return None


_DIGITS, _ALL = frozenset("0123456789"), frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WRITTEN = {  #: the characters that a place may hold, one set a character
    "matter": (frozenset(APPLICATION_LETTERS.values()),),
    "date": (_DIGITS,) * 8,
    "yy": (_DIGITS,) * 2,
    "yyyy": (_DIGITS,) * 4,
    "province": (_DIGITS,) * 2,
    "serial": (_DIGITS,) * 5,
    "check": (_ALL,),
}


def may_meet(pattern: str, other: str) -> bool:
    """Tell whether two patterns can ever write the same number.

    >>> may_meet("S2{yy}{serial}", "S2{serial}{yy}"), may_meet("S2{yy}{serial}", "J2{yy}{serial}")
    (True, False)
    """
    first, second = _characters(pattern), _characters(other)
    return len(first) == len(second) and all(a & b for a, b in zip(first, second, strict=True))


def _characters(pattern: str) -> list[frozenset[str]]:
    return [
        kinds
        for place, character in re.findall(r"{(.*?)}|(.)", pattern)
        for kinds in (_WRITTEN[place] if place else (frozenset(character),))
    ]
