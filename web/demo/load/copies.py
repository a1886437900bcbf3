"""Copies of families: each under other names, in an enterprise of its own, on days of its own."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Dialect, Table

from storage.database import Encrypted, EncryptedJson, to_json
from storage.vault import current_vault
from web.demo.load import numbers
from web.demo.load.families import Company, Family, Line, Token, Value, columns, facts_of

_APART = 16  #: numbers of one kind that a family may have
_TIME = 16  #: characters of an id that tell when it was made
_MAKERS: dict[str, Callable[[str, int], str]] = {
    "name": lambda _, number: numbers.name(number),
    "id_no": numbers.id_no,
    "mobile": lambda _, number: numbers.mobile(number),
    "application": numbers.application,
    "registration": numbers.registration,
    "certificate": numbers.certificate,
    "identifier": numbers.identifier,
    "code": numbers.code,
    "letter": numbers.letter,
}
_OF_PEOPLE = frozenset({"name", "id_no", "mobile"})  #: one of each, so that numbers need no room
Rows = Mapping[Table, list[tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class Days:
    """How far a copy is from what it is made from."""

    now: datetime
    back: timedelta  #: what has happened, happened so much earlier
    ahead: timedelta  #: what is to come, comes so much later

    def moved(self, moment: date) -> date:
        """Move a day or a moment."""
        now = self.now if isinstance(moment, datetime) else self.now.date()
        return moment + self.ahead if moment > now else moment - self.back


class Copier:
    """Makes the rows of copies as a database's driver wants them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._bound: dict[Table, list[Callable[[Any], Any]]] = {}

    def copy(
        self, family: Family, number: int, company: Company | None, days: Days, rows: Rows
    ) -> None:
        """Add the rows of one copy; `number` is another for each."""
        new = _renamed(family.tokens, number, company, days)
        for line in family.lines:
            rows[line.table].append(self._row(line, new, days))

    def _row(self, line: Line, new: Sequence[str], days: Days) -> tuple[Any, ...]:
        row = list(line.values)
        binders = self._binders(line.table)
        for value in line.changing:
            row[value.column] = binders[value.column](_made(value, new, days))
        if line.table.name == "audit_event":
            _digest(line.table, row, line, new, days)
        return tuple(row)

    def _binders(self, table: Table) -> list[Callable[[Any], Any]]:
        if table not in self._bound:
            self._bound[table] = [self._binder(column.type) for column in table.columns]
        return self._bound[table]

    def _binder(self, kind: Any) -> Callable[[Any], Any]:
        if isinstance(kind, Encrypted | EncryptedJson):
            return partial(current_vault().encrypt, place=kind.place)
        if kind.python_type in {date, datetime}:
            return kind.dialect_impl(self._dialect).bind_processor(self._dialect) or _same
        return _same


def _same(value: Any) -> Any:
    return value


def _made(value: Value, new: Sequence[str], days: Days) -> Any:
    if value.moment is not None:
        return days.moved(value.moment)
    text = "".join(
        [
            piece if isinstance(piece, str) else new[piece] if isinstance(piece, int)
            else days.moved(piece).isoformat()
            for piece in value.pieces
        ]
    )  # fmt: skip  # one line a piece
    return zlib.compress(text.encode(), 1) if value.is_state else text


def _digest(table: Table, row: list[Any], line: Line, new: Sequence[str], days: Days) -> None:
    """Say the digest of an event anew: it is about the copy (`registry.trail.audit.digest`)."""
    names = columns(table)
    said = dict(zip(names, row, strict=True))
    at = next(value for value in line.changing if names[value.column] == "at")
    moment = days.moved(at.moment) if at.moment else days.now
    covered = {name: value for name, value in said.items() if name not in _BESIDE}
    covered |= {"facts": facts_of(said["facts"]), "at": moment.isoformat()}
    row[names.index("digest")] = current_vault().seal_of(to_json(covered), place=table.name)
    row[names.index("seq")] = row[names.index("chain")] = None


_BESIDE = frozenset({"digest", "seq", "chain"})


def _renamed(
    tokens: Iterable[Token], number: int, company: Company | None, days: Days
) -> list[str]:
    back_ns = int(days.back.total_seconds()) * 10**9
    made: dict[str, str] = {}
    new: list[str] = []
    for token in tokens:
        if token.kind == "id":
            new.append(_id(token.text, number, back_ns, days.now))
        elif token.kind in {"uscc", "company"}:
            named = company and (company.uscc if token.kind == "uscc" else company.name)
            new.append(named or token.text)
        elif token.kind.endswith("_index"):
            index = current_vault().blind_index
            new.append(index(made[token.kind.removesuffix("_index")]))
        else:
            place = number if token.kind in _OF_PEOPLE else number * _APART + token.place
            new.append(_MAKERS[token.kind](token.text, place))
        made.setdefault(token.kind, new[-1])
    return new


def _id(text: str, number: int, back_ns: int, now: datetime) -> str:
    """Give an id that sorts as the one it is made from, so much earlier; others stay unordered."""
    made_ns = int(text[:_TIME], 16)
    if abs(made_ns - now.timestamp() * 1e9) > 10**18:  # not of our clock: of a token of the engine
        return f"{number:08x}{text[8:]}"
    return f"{made_ns - back_ns:0{_TIME}x}{number:08x}{text[_TIME + 8 :]}"


def empty() -> defaultdict[Table, list[tuple[Any, ...]]]:
    """Give a place for rows."""
    return defaultdict(list)
