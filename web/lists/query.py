"""The one query of all lists: own rows, narrowed by what was asked, a page by place or by number.

`下一页` goes by the place of the last row, so that it neither repeats nor loses a row however deep
one reads. A page by its number is reached by counting rows off, which is only done as far as the
rows are counted: `CAP`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from web.lists.asked import Asked, mark
from web.lists.listing import Listing, Row

CAP = 1000  #: how far rows are counted
EXPORTED = 10_000  #: how many rows an export holds at most
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list."""

    rows: Sequence[Row]
    total: int  #: at most `CAP` + 1
    after: str | None  #: place of the last row, when more follow
    size: int

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.total > CAP

    @property
    def pages(self) -> int:
        """Return how many pages can be reached by their number."""
        return -(-min(self.total, CAP) // self.size)


NOTHING = Page(rows=(), total=0, after=None, size=1)


def page(session: Session, listing: Listing, asked: Asked) -> Page:
    """Give the page that was asked for; behind the end it has no rows."""
    narrowed, size = _narrowed(listing, asked), listing.size
    wanted = _ordered(listing, asked, narrowed).limit(size + 1)
    if asked.after is not None:
        wanted = wanted.where(_behind(listing, asked.sort.by, asked.sort.descending, asked.after))
    elif asked.page > 1:
        if (asked.page - 1) * size >= CAP:
            return Page(rows=(), total=_count(session, listing, narrowed), after=None, size=size)
        wanted = wanted.offset((asked.page - 1) * size)
    places = session.execute(wanted).all()
    is_whole = asked.after is None and asked.page == 1 and len(places) <= size
    shown = places[:size]
    return Page(
        rows=_rows(listing, [place[0] for place in shown]),
        total=len(places) if is_whole else _count(session, listing, narrowed),
        after=mark(shown[-1][1] if asked.sort.by is not None else None, shown[-1][0])
        if places[size:]
        else None,
        size=size,
    )


def everything(session: Session, listing: Listing, asked: Asked) -> Iterator[Row]:
    """Give the rows of all pages in their order, `EXPORTED` at most."""
    wanted = _ordered(listing, asked, _narrowed(listing, asked)).limit(EXPORTED)
    ids = [place[0] for place in session.execute(wanted)]
    for first in range(0, len(ids), _AT_ONCE):
        yield from _rows(listing, ids[first : first + _AT_ONCE])


def count(session: Session, listing: Listing, asked: Asked) -> int:
    """Count the rows of a question, no further than `CAP` + 1."""
    return _count(session, listing, _narrowed(listing, asked))


def _narrowed(listing: Listing, asked: Asked) -> Select[str]:
    narrowed = listing.query
    if asked.q and listing.search is not None:
        narrowed = narrowed.where(listing.search.where(asked.q))
    for choice in listing.filters:
        if word := asked.filters.get(choice.key):
            narrowed = narrowed.where(choice.where(word))
    return narrowed


def _ordered(listing: Listing, asked: Asked, narrowed: Select[str]) -> Select[Any]:
    order = [listing.id] if asked.sort.by is None else [asked.sort.by, listing.id]
    if asked.sort.by is not None:
        narrowed = narrowed.add_columns(asked.sort.by)
    directed = [part.desc() for part in order] if asked.sort.descending else order
    return narrowed.order_by(*directed)


def _behind(listing: Listing, by: Any, descending: bool, place: tuple[Any, ...]) -> Any:
    if by is None:
        return listing.id < place[0] if descending else listing.id > place[0]
    order = tuple_(by, listing.id)
    return order < place if descending else order > place


def _count(session: Session, listing: Listing, narrowed: Select[str]) -> int:
    counted = narrowed.limit(CAP + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def _rows(listing: Listing, ids: Sequence[str]) -> list[Row]:
    loaded = listing.rows(ids) if ids else {}
    return [loaded[identifier] for identifier in ids if identifier in loaded]
