"""The one query of all lists: own rows, narrowed by what was asked, a page by place or by number.

`下一页` goes by the place of the last row, so that it neither repeats nor loses a row however deep
one reads. A page by its number is reached by counting rows off, which is only done as far as the
rows are counted: `CAP`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select, tuple_, union_all
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
    narrowed, size, skipped = _narrowed(listing, asked), listing.size, 0
    if asked.after is None and asked.page > 1:
        skipped = (asked.page - 1) * size
        if skipped >= CAP:
            return Page(rows=(), total=_count(session, narrowed), after=None, size=size)
    places = _places(session, listing, asked, narrowed, limit=size + 1, offset=skipped)
    is_whole = asked.after is None and asked.page == 1 and len(places) <= size
    shown = places[:size]
    return Page(
        rows=_rows(listing, [place[0] for place in shown]),
        total=len(places) if is_whole else _count(session, narrowed),
        after=mark(shown[-1][1] if asked.sort.by is not None else None, shown[-1][0])
        if places[size:]
        else None,
        size=size,
    )


def everything(session: Session, listing: Listing, asked: Asked) -> Iterator[Row]:
    """Give the rows of all pages in their order, `EXPORTED` at most."""
    whole = replace(asked, after=None)
    places = _places(session, listing, whole, _narrowed(listing, asked), limit=EXPORTED)
    ids = [place[0] for place in places]
    for first in range(0, len(ids), _AT_ONCE):
        yield from _rows(listing, ids[first : first + _AT_ONCE])


def count(session: Session, listing: Listing, asked: Asked) -> int:
    """Count the rows of a question, no further than `CAP` + 1."""
    return _count(session, _narrowed(listing, asked))


def _narrowed(listing: Listing, asked: Asked) -> list[Select[str]]:
    """Give the questions whose answers together are the rows; no row answers two."""
    narrowed = [listing.query]
    if asked.q and listing.search is not None:
        narrowed = [listing.query.where(listing.search.where(asked.q))]
    for choice in listing.filters:
        if word := asked.filters.get(choice.key):
            where = choice.where(word)
            ways = where if isinstance(where, Sequence) else [where]
            narrowed = [part.where(way) for part in narrowed for way in ways]
    return narrowed


def _places(
    session: Session,
    listing: Listing,
    asked: Asked,
    narrowed: Sequence[Select[str]],
    *,
    limit: int,
    offset: int = 0,
) -> Sequence[Any]:
    """Give the ids of rows in their order, with what they are ordered by.

    Each question is asked no further than a page can reach; then their answers are put in order.
    """
    if not narrowed:
        return []
    by, descending = asked.sort.by, asked.sort.descending
    if asked.after is not None:
        behind = _behind(listing, by, descending, asked.after)
        narrowed = [part.where(behind) for part in narrowed]
    if by is not None:
        narrowed = [part.add_columns(by) for part in narrowed]
    if len(narrowed) == 1:
        ordered: Select[Any] = narrowed[0].order_by(*_order(listing.id, by, descending=descending))
    else:
        reached = [
            part.order_by(*_order(listing.id, by, descending=descending)).limit(offset + limit)
            for part in narrowed
        ]
        whole = union_all(*(select(part.subquery()) for part in reached)).subquery()
        order = _order(*whole.c, descending=descending)
        ordered = select(whole).order_by(*order)
    return session.execute(ordered.limit(limit).offset(offset)).all()


def _order(identifier: Any, by: Any = None, *, descending: bool) -> list[Any]:
    order = [identifier] if by is None else [by, identifier]
    return [part.desc() for part in order] if descending else order


def _behind(listing: Listing, by: Any, descending: bool, place: tuple[Any, ...]) -> Any:
    if by is None:
        return listing.id < place[0] if descending else listing.id > place[0]
    order = tuple_(by, listing.id)
    return order < place if descending else order > place


def _count(session: Session, narrowed: Sequence[Select[str]]) -> int:
    if not narrowed:
        return 0
    parts = [part.limit(CAP + 1) for part in narrowed]
    if len(parts) == 1:
        counted = parts[0].subquery()
    else:
        counted = union_all(*(select(part.subquery()) for part in parts)).limit(CAP + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def _rows(listing: Listing, ids: Sequence[str]) -> list[Row]:
    loaded = listing.rows(ids) if ids else {}
    return [loaded[identifier] for identifier in ids if identifier in loaded]
