"""People of the demonstration with everything that is theirs: what copies are made from.

A family is a person with all rows of his cases, prepared so that a copy costs little: each value
is what stays, or the places in it where an id, a number, a name or a moment stands.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, Table, Text, select
from sqlalchemy.orm import Session

from engine.tables import NEVER, InstanceStatus, JobKind
from registry.trail.notices import SmsState
from storage.database import Base, Encrypted, EncryptedJson, Json, to_json

#: Columns by which a row belongs to a person, a case or a paper.
LINKS = (
    "person_id",
    "application_id",
    "business_key",
    "instance_id",
    "registration_id",
    "certificate_id",
    "document_id",
    "decision_id",
)
#: Rows that are not copied, and why.
LEFT_OUT = {
    "corrected_case": "of a correction of running cases, which is one for all",
    "data_export": "a file of the person's own",
    "ofd_file": "a file has one row",
    "operator": "of the enterprise",
    "pending_authorization": "opens a key",
    "rename_item": "of a change of an enterprise's name, which is one for all",
    "seal_item": "of a list that an enterprise seals at once",
    "tried_case": "of a correction of running cases, which is one for all",
}
#: Columns that identify: what is written in them stands for nothing else in the whole family.
_NAMES = {
    ("person", "name"): "name",
    ("person", "id_no"): "id_no",
    ("person", "mobile"): "mobile",
    ("application", "no"): "application",
    ("application", "acceptance_no"): "letter",
    ("application", "qualification_no"): "letter",
    ("registration", "no"): "registration",
    ("certificate", "no"): "certificate",
    ("certificate", "identifier"): "identifier",
    ("certificate", "qr_token"): "code",
    ("certificate_copy", "qr_token"): "code",
    ("letter_intent", "token"): "code",
    ("letter_intent", "number"): "letter",
    ("qualification", "certificate_no"): "letter",
}
_INDEXES = {("person", "id_no_index"): "id_no_index", ("sms", "mobile_index"): "mobile_index"}
#: Days that are somebody's own, whatever the day of the copy.
_OWN_DAYS = frozenset({("person", "birth"), ("qualification", "issued_on")})
#: What a copy says whatever it is made from: its messages have been sent.
_SAID = {("sms", "state"): SmsState.SENT.value}
_AS_TEXT = (String, Text, Json, Encrypted, EncryptedJson)
_NEVER = NEVER.year
_OWN_IDS = frozenset({"id", "key", "task_id"})  #: where ids stand that are the family's own
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")

Piece = str | int | datetime  #: what stays, the place of a token, a moment that moves


@dataclass(frozen=True)
class Token:
    """Something that is another one in each copy."""

    text: str
    kind: str  #: "id", or a function of `numbers`
    place: int  #: among those of its kind in the family


@dataclass(frozen=True)
class Value:
    """One value of a row that differs from copy to copy."""

    column: int
    pieces: tuple[Piece, ...] = ()
    moment: date | datetime | None = None
    is_state: bool = False


@dataclass(frozen=True)
class Line:
    """One row, with the values of which copies have others."""

    table: Table
    values: tuple[Any, ...]
    changing: tuple[Value, ...]


@dataclass
class Family:
    """A person with all that is his."""

    lines: list[Line] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    opened: int = 0  #: cases that run
    closed: int = 0


@dataclass(frozen=True)
class Company:
    """An enterprise as rows name it."""

    uscc: str
    name: str


def columns(table: Table) -> list[str]:
    """Name the columns in their order."""
    return [column.name for column in table.columns]


def tables() -> list[Table]:
    """Give the tables whose rows belong to a person or a case, what is referred to first."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.name not in LEFT_OUT
        and (table.name in {"person", "audit_event"} or set(LINKS) & set(columns(table)))
    ]


def read(session: Session, now: datetime) -> list[Family]:
    """Read everybody who has a case or a registration."""
    rows = {table: _all(session, table) for table in tables()}
    people = next(rows[table] for table in rows if table.name == "person")
    families = [_family(_rows_of(person["id"], rows), now) for person in people]
    return [family for family in families if family.opened or family.closed]


def _all(session: Session, table: Table) -> list[dict[str, Any]]:
    found = [dict(row) for row in session.execute(select(table)).mappings()]
    if table.name == "job":  # what was to be done at once is the template's own
        return [row for row in found if row["kind"] == JobKind.TIMER]
    return found


def _rows_of(
    person: str, rows: dict[Table, list[dict[str, Any]]]
) -> list[tuple[Table, dict[str, Any]]]:
    """Gather what belongs to a person, directly or through what belongs to him."""
    taken: list[tuple[Table, dict[str, Any]]] = []
    mine, known = {person}, -1
    while known != len(taken):
        known, taken = len(taken), []
        for table, found in rows.items():
            for row in found:
                if row.get("id") in mine or mine & set(_owners(table, row)):
                    taken.append((table, row))
                    if table.name not in {"audit_event", "notice", "sms"}:
                        mine.update(filter(None, (row.get("id"),)))
    return taken


def _owners(table: Table, row: dict[str, Any]) -> Iterator[str]:
    if table.name == "audit_event":
        yield str(row["subject"]).partition(":")[2]
        return
    yield from (str(row[link]) for link in LINKS if row.get(link))


def _family(rows: list[tuple[Table, dict[str, Any]]], now: datetime) -> Family:
    family = Family(tokens=_tokens(rows))
    pattern = _pattern(family.tokens)
    places = {token.text: place for place, token in enumerate(family.tokens)}
    for table, row in rows:
        family.lines.append(_line(table, row, pattern, places, now))
        if table.name == "application":
            family.closed += 1
        if table.name == "process_instance" and row["status"] == InstanceStatus.ACTIVE:
            family.opened += 1
    family.closed -= family.opened
    return family


def _tokens(rows: list[tuple[Table, dict[str, Any]]]) -> list[Token]:
    found: dict[str, str] = {}
    for table, row in rows:
        for column, value in row.items():
            place = (table.name, column)
            if value and (kind := _NAMES.get(place) or _INDEXES.get(place)):
                found.setdefault(str(value), kind)
            elif column in _OWN_IDS and value:
                found.update((own, "id") for own in _HEX.findall(str(value)) if own not in found)
        if table.name in {"application", "registration"} and row["uscc"]:
            found.setdefault(row["uscc"], "uscc")
            found.setdefault(row["enterprise_name"] or row["uscc"], "company")
    counts: dict[str, int] = {}
    tokens = []
    for text, kind in found.items():
        counts[kind] = counts.get(kind, -1) + 1
        tokens.append(Token(text, kind, counts[kind]))
    return tokens


def _pattern(tokens: list[Token]) -> re.Pattern[str]:
    longest = sorted((token.text for token in tokens), key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest)) + ")")


def _line(
    table: Table,
    row: dict[str, Any],
    pattern: re.Pattern[str],
    places: dict[str, int],
    now: datetime,
) -> Line:
    values, changing = [], []
    for place, column in enumerate(table.columns):
        value, kind = row[column.name], column.type
        name = (table.name, column.name)
        if isinstance(value, date):
            is_own = name in _OWN_DAYS or value.year == _NEVER
            if not is_own:
                changing.append(Value(place, moment=value))
        elif name == ("process_instance", "state"):
            text = zlib.decompress(value).decode()
            changing.append(Value(place, tuple(_pieces(text, pattern, places, now)), is_state=True))
        elif value is not None and isinstance(kind, _AS_TEXT):
            value = to_json(value) if isinstance(kind, Json | EncryptedJson) else value
            pieces = tuple(_pieces(value, pattern, places, None))
            is_sealed = isinstance(kind, Encrypted | EncryptedJson)
            if is_sealed or any(not isinstance(piece, str) for piece in pieces):
                changing.append(Value(place, pieces))
        values.append(_SAID.get(name, value))
    return Line(table, tuple(values), tuple(changing))


def _pieces(
    text: str, pattern: re.Pattern[str], places: dict[str, int], now: datetime | None
) -> Iterator[Piece]:
    """Cut a text where a token stands, and where a moment to come does when `now` is given."""
    for number, part in enumerate(pattern.split(text)):
        if number % 2:
            yield places[part]
        elif now is None:
            yield from (part,) if part else ()
        else:
            yield from _with_moments(part, now)


def _with_moments(text: str, now: datetime) -> Iterator[Piece]:
    last = 0
    for found in _MOMENT.finditer(text):
        moment = datetime.fromisoformat(found.group())
        if moment > now:
            yield text[last : found.start()]
            yield moment
            last = found.end()
    yield text[last:]


def facts_of(text: str) -> Any:
    """Read what a JSON column says."""
    return json.loads(text) if text != "{}" else {}
