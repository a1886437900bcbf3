"""What a list declares: its columns, what is looked for, its filters and orders; no more.

A list is made for each request by a function of the page's module, with what its reader may see
already in `query`: whatever is typed can only narrow that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

Row = Mapping[str, Any]
Kind = Literal["text", "day", "moment", "due", "status", "tag", "actions"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; `key` names its value in a row, `kind` how it is written."""

    key: str
    head: str
    kind: Kind = "text"
    note: str = ""  #: key of a second, small line
    note_head: str = ""  #: what that line is, in an export
    #: "fold__number", "fold__name", "fold__firm", "fold__about", "fold__short"; in a "fold__path"
    #: long codes break
    classes: str = ""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A choice of one word of a closed list, or a day."""

    key: str
    label: str
    choices: Sequence[tuple[str, str]] = ()  #: word of the address, text; none: a day is typed
    #: several conditions are met by no row twice; each is then looked up by its own index
    where: Callable[[str], ColumnElement[bool] | Sequence[ColumnElement[bool]]]


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order; equal rows stand by their ids, in the same direction."""

    key: str
    label: str
    by: ColumnElement[Any] | None = None  #: never NULL; None: by the id alone
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Search:
    """What may be looked for in the one box, and how."""

    label: str
    hint: str
    where: Callable[[str], ColumnElement[bool]]  #: raises `TooManyFound`


@dataclass(frozen=True, kw_only=True)
class Empty:
    """What is said of a list that has nothing, and what its reader can do."""

    text: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Choose:
    """What can be done with several rows at once: those whose `choice` is a value, not None."""

    post: str  #: address of the act
    name: str  #: of the values in what is sent
    buttons: Sequence[tuple[str, str, str]]  #: text, name and value of each


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list as its reader is shown it."""

    key: str  #: saved views and the trail know it by this
    caption: str
    query: Select[str]  #: ids of all rows that the reader may see
    id: InstrumentedAttribute[str] | ColumnElement[str]
    rows: Callable[[Sequence[str]], Mapping[str, Row]]  #: loads rows by id
    columns: Sequence[Column]
    sorts: Sequence[Sort]  #: the first is the usual one
    empty: Empty
    search: Search | None = None
    filters: Sequence[Filter] = ()
    choose: Choose | None = None
    unit: str = "件"
    size: int = 20  #: rows of a page
    kept: Mapping[str, str] = field(default_factory=dict)  #: of the address, beside what is asked

    @property
    def shown(self) -> Sequence[Column]:
        """The columns that hold facts, which an export writes."""
        return [column for column in self.columns if column.kind != "actions"]
