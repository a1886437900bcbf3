"""Rows that go along to the next session: read once, never stale for who compares the version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from registry.people import persons
from registry.people.persons import Person
from storage.database import writing
from storage.passing import ask_once, forget, learned, pass_on

Sessions = sessionmaker[Session]


@contextmanager
def listening(session: Session) -> Iterator[list[str]]:
    """Hear what a session asks the database."""
    asked: list[str] = []

    def hear(_connection: object, _cursor: object, text: str, *_: object) -> None:
        asked.append(text)

    event.listen(session.get_bind(), "before_cursor_execute", hear)
    yield asked
    event.remove(session.get_bind(), "before_cursor_execute", hear)


def test_a_row_that_was_passed_on_is_not_read_again(sessions: Sessions, person: Person) -> None:
    """The next session knows what the one before has read, under the same key."""
    with sessions() as session:
        pass_on(session, {})
        persons.get(session, person.id)

    with sessions() as other:
        pass_on(other, learned(session))
        with listening(other) as asked:
            again = persons.get(other, person.id)

    assert (again.name, again is person, asked) == (person.name, False, [])


def test_a_page_asks_once_until_its_transaction_ends(sessions: Sessions, person: Person) -> None:
    """Two parts of a page read the same; what is committed since is seen by the next look."""

    def name(session: Session) -> str:
        slot = ("name", person.id)
        return ask_once(
            session,
            slot,
            lambda: session.execute(select(Person.name).where(Person.id == person.id)).scalar_one(),
        )

    with sessions() as session:
        with listening(session) as asked:
            first = [name(session), name(session)]
        with writing(sessions) as other:
            other.get_one(Person, person.id).name = "另一人"
        session.rollback()
        then = name(session)

    assert (first, len(asked)) == ([person.name, person.name], 1)
    assert then == "另一人"


def test_who_writes_asks_each_time(sessions: Sessions, person: Person) -> None:
    """A transaction that writes sees what it has written itself."""
    with writing(sessions) as session:
        row = session.get_one(Person, person.id)
        before = ask_once(session, ("name",), lambda: row.name)
        row.name = "另一人"
        after = ask_once(session, ("name",), lambda: row.name)

    assert (before, after) == (person.name, "另一人")


def test_what_fails_changes_nothing_at_hand(sessions: Sessions, person: Person) -> None:
    """Who writes has a copy: a transaction that is rolled back leaves the row as it was."""
    rows = {(Person, person.id): person}

    def rename() -> None:
        with writing(sessions) as session:
            pass_on(session, rows)
            persons.get(session, person.id).name = "另一人"
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rename()

    assert person.name == "陶示例"


def test_what_a_transaction_wrote_goes_along(sessions: Sessions, person: Person) -> None:
    """After the commit the next one sees the row as it was written."""
    with writing(sessions) as session:
        pass_on(session, {(Person, person.id): person})
        persons.get(session, person.id).name = "另一人"

    with sessions() as other:
        pass_on(other, learned(session))
        assert persons.get(other, person.id).name == "另一人"


def test_what_counts_no_more_is_read(sessions: Sessions, person: Person) -> None:
    """A slot that was forgotten is asked of the database, and so is one that nobody passed on."""
    stale = Person(**{column.key: getattr(person, column.key) for column in Person.__table__.c})
    stale.name = "从前的名字"

    with sessions() as session:
        pass_on(session, {(Person, person.id): stale})
        forget(session, (Person, person.id))

        assert persons.get(session, person.id).name == "陶示例"

    with sessions() as session:
        assert persons.get(session, person.id).name == "陶示例"
        assert learned(session) == {}
