"""What the address asks of a list, read once; what is not understood is said and shows no row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Date

from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from storage.database import UtcDateTime
from web.lists.listing import Listing, Sort

LONGEST = 60  #: characters of what is looked for
_WORD = "E_FORMAT"


class TooManyFound(Refusal):
    """符合的记录过多，请输入完整的姓名或者编号。"""

    code = "E_TOO_MANY_FOUND"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question to a list: all of it stands in the address."""

    q: str
    filters: Mapping[str, str]  #: only those that were chosen
    sort: Sort
    page: int
    after: tuple[Any, ...] | None  #: value of the order and id of the last row of the page before
    faults: Mapping[str, Fault]
    typed: Mapping[str, str]

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.q or self.filters)


def read(listing: Listing, args: Mapping[str, str]) -> Asked:
    """Read an address."""
    faults: dict[str, Fault] = {}
    typed = {name: args.get(name, "").strip() for name in _names(listing)}
    if len(typed["q"]) > LONGEST:
        faults["q"] = Fault(
            f"查找内容最多 {LONGEST} 个字，请只输入一个姓名或者编号。", "E_TOO_LONG"
        )
        typed["q"] = typed["q"][:LONGEST]
    chosen = {}
    for choice in listing.filters:
        word = typed[choice.key]
        if word and not choice.choices and readings.as_day(word) is None:
            faults[choice.key] = Fault("请填写日期，形如 2026-11-24。", _WORD)
        elif word and choice.choices and word not in dict(choice.choices):
            faults[choice.key] = Fault(f"请从列表中选择{choice.label}。", _WORD)
        elif word:
            chosen[choice.key] = word
    sorts = {sort.key: sort for sort in listing.sorts}
    if typed["sort"] and typed["sort"] not in sorts:
        faults["sort"] = Fault("请从列表中选择排序方式。", _WORD)
    sort = sorts.get(typed["sort"], listing.sorts[0])
    return Asked(
        q=typed["q"] if listing.search else "",
        filters=chosen,
        sort=sort,
        page=_page(args.get("page", "")),
        after=_place(sort, args.get("after")),
        faults=faults,
        typed=typed,
    )


def _names(listing: Listing) -> list[str]:
    return ["q", "sort", *(choice.key for choice in listing.filters)]


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else 1


def address(listing: Listing, asked: Asked, **more: object) -> str:
    """Write the address of the same question, of another page or in another form."""
    usual = listing.sorts[0].key
    said = {**listing.kept, "q": asked.q, **asked.filters}
    said |= {"sort": asked.sort.key} if asked.sort.key != usual else {}
    said |= {name: str(value) for name, value in more.items()}
    written = urlencode([(name, value) for name, value in said.items() if value])
    return f"?{written}" if written else ""


def mark(value: object, identifier: str) -> str:
    """Name the place of a row in an order.

    >>> mark(date(2026, 11, 24), "0a1b"), mark(None, "0a1b")
    ('2026-11-24~0a1b', '~0a1b')
    """
    text = value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
    return f"{text}~{identifier}"


def _place(sort: Sort, text: str | None) -> tuple[Any, ...] | None:
    """Read a place back; what is none gives the first page."""
    value, tilde, identifier = (text or "").rpartition("~")
    if not tilde or not (identifier.isascii() and identifier.isalnum()):
        return None
    if sort.by is None:
        return (identifier,)
    try:
        return (_value(sort.by, value), identifier)
    except (ValueError, OverflowError):  # the first and the last day of the calendar have an end
        return None


def _value(by: ColumnElement[Any], text: str) -> Any:
    if isinstance(by.type, UtcDateTime):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC)
    return date.fromisoformat(text) if isinstance(by.type, Date) else text
