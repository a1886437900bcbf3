"""Fills a database with copies: so many open and closed cases, so many events of the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from psycopg.sql import SQL, Identifier
from sqlalchemy import Dialect, Table, insert
from sqlalchemy.orm import Session

from casework.office import Office
from refusals.refusal import Refusal
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus, fold_name
from registry.numbering import Sequence as Serial
from registry.trail import audit
from storage.database import Base, writing
from web.demo.load import numbers
from web.demo.load.copies import Copier, Days, Rows, empty
from web.demo.load.families import Company, Family, columns, read, tables
from web.values import Profile

MARK = "load"  #: the row of `sequence` that says how many copies there are
AT_ONCE = 100  #: copies of one transaction
_OF_ONE = 50  #: cases for each enterprise that is added
_TURN = 10  #: of so many copies one stays with the enterprise it is made from
_OPEN_DAYS, _TO_COME_DAYS, _CLOSED_DAYS = 10, 20, 1_000  #: over which the copies are spread


class AlreadyLoaded(Refusal):
    """数据库中已有载入的案件（{count}份），不能再次载入。请换用新的数据库。"""

    code = "E_ALREADY_LOADED"


class NothingToCopy(Refusal):
    """数据库中没有可以复制的演示业务。请先运行zhuce seed --population。"""

    code = "E_NOTHING_TO_COPY"


class LoadNotHere(Refusal):
    """只有开启演示方式且不是正式运行的数据库才可以载入大量案件。请检查ZHUCE_DEMO和ZHUCE_PROFILE。"""

    code = "E_LOAD_NOT_HERE"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How much there is to be."""

    opened: int  #: cases that run
    closed: int
    events: int | None = None  #: at most so many of the trail; None: all that the cases have


@dataclass
class Filled:
    """How much there is."""

    copies: int = 0
    opened: int = 0
    closed: int = 0
    events: int = 0


def refuse_here(demo: bool, profile: Profile) -> None:
    """Raise LoadNotHere where the cases of real people may be."""
    if not demo or profile is Profile.PRODUCTION:
        raise LoadNotHere


def refuse_second(session: Session) -> None:
    """Raise AlreadyLoaded where copies are."""
    if (mark := session.get(Serial, MARK)) is not None:
        raise AlreadyLoaded(count=mark.value)


def fill(
    office: Office,
    wanted: Wanted,
    watch: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> Filled:
    """Copy the cases that are there until there are as many as wanted.

    `watch` hands the numbers of the batches through, to see how far it is. Raises AlreadyLoaded;
    NothingToCopy when nobody has a case of a kind that is wanted.
    """
    now = office.now()
    with office.sessions() as session:
        refuse_second(session)
        families = read(session, now)
        dialect = session.get_bind().dialect
    plan = list(_plan(families, wanted))
    batches = [plan[start : start + AT_ONCE] for start in range(0, len(plan), AT_ONCE)]
    filler = _Filler(dialect, now, wanted, len(plan))
    companies = [Company(*numbers.enterprise(n)) for n in range(1 + len(plan) // _OF_ONE)]
    with writing(office.sessions) as session:
        while audit.seal_batch(session):
            pass
        _establish(session, companies, now)
    for batch in watch(range(len(batches))):
        with writing(office.sessions) as session:
            filler.write(session, batch * AT_ONCE, batches[batch], companies)
    return filler.filled


def _plan(families: Sequence[Family], wanted: Wanted) -> Iterator[Family]:
    """Choose who is copied, in turn, those with closed cases first: they are the oldest."""
    running = [family for family in families if family.opened]
    ended = [family for family in families if not family.opened]
    opened, closed, chosen = 0, 0, []
    if (wanted.opened and not running) or (wanted.closed and not ended):
        raise NothingToCopy
    for family in cycle(running):
        if opened >= wanted.opened:
            break
        opened, closed = opened + family.opened, closed + family.closed
        chosen.append(family)
    for family in cycle(ended):
        if closed >= wanted.closed:
            break
        closed += family.closed
        yield family
    yield from chosen


class _Filler:
    """Writes batch after batch and counts."""

    def __init__(self, dialect: Dialect, now: datetime, wanted: Wanted, count: int) -> None:
        self._copier, self._now, self._wanted, self._count = Copier(dialect), now, wanted, count
        self.filled = Filled()

    def write(
        self, session: Session, first: int, families: list[Family], companies: list[Company]
    ) -> None:
        """Write one batch in the caller's transaction."""
        rows = empty()
        for number, family in enumerate(families, first):
            company = None if number % _TURN == 0 else companies[number % len(companies)]
            self._copier.copy(family, number, company, self._days(family, number), rows)
            self.filled.copies += 1
            self.filled.opened += family.opened
            self.filled.closed += family.closed
        self._chain(session, rows)
        for table in tables():
            if rows[table]:
                _insert(session, table, rows[table])
        mark = session.get(Serial, MARK) or Serial(key=MARK, value=0)
        mark.value = self.filled.copies
        session.add(mark)

    def _days(self, family: Family, number: int) -> Days:
        share = (self._count - number) / self._count
        back = (_OPEN_DAYS if family.opened else _CLOSED_DAYS) * share
        ahead = timedelta(days=number % _TO_COME_DAYS if family.opened else number % 700)
        return Days(now=self._now, back=timedelta(days=back), ahead=ahead)

    def _chain(self, session: Session, rows: Rows) -> None:
        """Chain the events of the batch as a sealer would, in the order of their ids."""
        table: Table = Base.metadata.tables["audit_event"]
        names = columns(table)
        event, digest, seq = names.index("id"), names.index("digest"), names.index("seq")
        chain = names.index("chain")
        left = None
        if self._wanted.events is not None:
            left = max(0, self._wanted.events - self.filled.events)
        events = sorted(rows[table], key=lambda row: str(row[event]))[:left]
        places = audit.continue_chain(session, [row[digest] for row in events])
        chained = []
        for row, (place, link) in zip(events, places, strict=True):
            values = list(row)
            values[seq], values[chain] = place, link
            chained.append(tuple(values))
        rows[table][:] = chained
        self.filled.events += len(chained)


def _insert(session: Session, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Write rows as the driver does it fastest: COPY on PostgreSQL."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        inserting = str(table.insert().compile(dialect=connection.dialect))
        connection.exec_driver_sql(inserting, rows)
        return
    names = SQL(", ").join(map(Identifier, columns(table)))
    copying = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(copying) as lines:
        for row in rows:
            lines.write_row(row)


def _establish(session: Session, companies: list[Company], now: datetime) -> None:
    """Put the enterprises of the copies on record; nobody acts for them."""
    rows = [
        {
            "uscc": company.uscc,
            "name": company.name,
            "folded_name": fold_name(company.name),
            "status": EnterpriseStatus.ACTIVE.value,
            "design_qualifications": [],
            "checked_at": now,
            "created_at": now,
        }
        for company in companies
    ]
    session.execute(insert(Enterprise), rows)
