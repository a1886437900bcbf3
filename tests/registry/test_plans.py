"""Lists that people open all day go through an index, whatever the size of the tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from registry.applications import applications, documents, timeline
from registry.certificates import certificates, registrations
from registry.identifiers import IdType
from registry.people import persons
from registry.trail import audit, notices
from tests.registry.conftest import NOW

QUERIES: dict[str, Callable[[Session], object]] = {
    "own applications": lambda s: applications.of_person(s, "p", after="f" * 32),
    "the open one": lambda s: applications.open_for(s, "p", "t"),
    "current form": lambda s: applications.current_revision(s, "a"),
    "current paper": lambda s: documents.current(s, "a", "application"),
    "paper by hash": lambda s: documents.by_sha256(s, "a" * 64),
    "timeline": lambda s: timeline.of(s, "a"),
    "notices": lambda s: notices.inbox(s, "person:p", after="f" * 32),
    "person by number": lambda s: persons.by_identity(s, IdType.PASSPORT, "X0000001"),
    "own certificates": lambda s: certificates.of_person(s, "p"),
    "certificate of a case": lambda s: certificates.of_application(s, "a"),
    "valid registration": lambda s: registrations.valid_for(s, "p", "t", on=date(2026, 1, 1)),
    "expiry sweep": lambda s: registrations.expire(s, at=NOW),
    "audit of a thing": lambda s: audit.of(s, "application:a"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_lists_use_an_index(sessions: sessionmaker[Session], engine: Engine, name: str) -> None:
    """Nothing ever reads a whole table."""
    asked: list[tuple[str, object]] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    with sessions() as session:
        QUERIES[name](session)
    event.remove(engine, "before_cursor_execute", note)

    assert asked
    for statement, parameters in asked:
        plan = explain(engine, statement, parameters)
        assert "SCAN " not in plan, plan
        assert "Seq Scan" not in plan, plan


def explain(engine: Engine, statement: str, parameters: object) -> str:
    """Return the plan; PostgreSQL is told to avoid what it would choose for empty tables."""
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = connection.exec_driver_sql(f"{word} {statement}", parameters)
        return "\n".join(str(row) for row in rows)
