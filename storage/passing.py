"""Rows that go along from one session to the next, so that nobody reads them again.

Who passes rows on answers for them: the engine does, of a case whose version it compares when it
writes, so that what was read before and changed since is read again. A session that was given
nothing reads everything itself, and learns nothing.

    pass_on(session, {(Person, key): person})
    person = recall(session, (Person, key), lambda: session.get(Person, key))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from storage.connections import WRITES
from storage.database import Base, hold

Slot = tuple[Any, ...]  #: what a row is to its readers: a table with a key, or a role in a case
Row = TypeVar("Row", bound=Base)
Answer = TypeVar("Answer")
Rows = Mapping[Slot, Base | None]  #: None: there is no such row

_PASSED, _VOUCHED, _ASKED = "passed", "vouched", "asked"


class _Passed:
    """What a session was given, and what it made its own of it or has read since."""

    def __init__(self, given: Rows) -> None:
        self.given = dict(given)
        self.own: dict[Slot, Base | None] = {}


def pass_on(session: Session, rows: Rows) -> None:
    """Let a session know rows that were read a moment ago, and remember what it reads itself."""
    passed = session.info.setdefault(_PASSED, _Passed({}))
    passed.given |= rows


def recall(session: Session, slot: Slot, read: Callable[[], Row | None]) -> Row | None:
    """Give the row in a slot: as the session knows it, otherwise as it is read now.

    A row that was passed on is copied, so that a transaction that fails changes nothing at hand.
    """
    passed: _Passed | None = session.info.get(_PASSED)
    if passed is None:
        return ask_once(session, slot, read)
    if slot not in passed.own:
        if slot in passed.given:
            row: Any = _copied(session, passed.given[slot])
        else:
            row = read()
        passed.own[slot] = row if row is None else hold(session, row)
    known: Any = passed.own[slot]
    return known  # type: ignore[no-any-return]


def ask_once(session: Session, slot: Slot, ask: Callable[[], Answer]) -> Answer:
    """Ask once in a transaction that only reads, however many parts of a page want to know.

    On SQLite such a transaction sees one moment anyway. Whoever writes asks each time.
    """
    if session.info.get(WRITES):
        return ask()
    began, answers = session.info.get(_ASKED, (None, {}))
    if began is None or began is not session.get_transaction():
        answer = ask()
        session.info[_ASKED] = (session.get_transaction(), {slot: answer})
        return answer
    if slot not in answers:
        answers[slot] = ask()
    known: Answer = answers[slot]
    return known


def know(session: Session, slot: Slot, answer: Any) -> None:
    """Let a transaction that only reads know an answer that was read for it a moment ago."""
    ask_once(session, slot, lambda: answer)


def remember(session: Session, slot: Slot, row: Base | None) -> None:
    """Put what was written a moment ago into its slot, where the session remembers.

    None says that there is nothing in it, and whoever writes into it then lets it be read again.
    """
    passed: _Passed | None = session.info.get(_PASSED)
    if passed is not None:
        passed.own[slot] = row if row is None else hold(session, row)


def is_empty(session: Session, slot: Slot) -> bool:
    """Tell whether the session knows without asking that there is nothing in a slot."""
    passed: _Passed | None = session.info.get(_PASSED)
    if passed is None:
        return False
    known = passed.own if slot in passed.own else passed.given
    return slot in known and known[slot] is None


def vouch(session: Session, slot: Slot, value: str) -> None:
    """Let one transaction know what was read with a version that it compares itself."""
    session.info.setdefault(_VOUCHED, {})[slot] = value


def vouched(session: Session, slot: Slot) -> str | None:
    """Give what somebody vouches for in this transaction, None when nobody does."""
    value: str | None = session.info.get(_VOUCHED, {}).get(slot)
    return value


def forget(session: Session, slot: Slot) -> None:
    """Let a slot be read again: what was in it counts no more."""
    passed: _Passed | None = session.info.get(_PASSED)
    if passed is not None:
        passed.own.pop(slot, None)
        passed.given.pop(slot, None)


def learned(session: Session) -> dict[Slot, Base | None]:
    """Give what may be passed on to the next session."""
    passed: _Passed | None = session.info.get(_PASSED)
    return {} if passed is None else {**passed.given, **passed.own}


def _copied(session: Session, row: Base | None) -> Base | None:
    if row is None:
        return None
    known = session.identity_map.get(identity_key(instance=row))
    return known if isinstance(known, Base) else session.merge(row, load=False)
