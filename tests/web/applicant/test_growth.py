"""What grows is looked up: no statement of pages or engine walks through a table that grows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from casework import upkeep
from engine import queries
from engine.jobs import queue
from registry.applications import documents
from registry.authority import identities
from registry.certificates import certificates
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw
from web.process import wiring

#: Tables with a row for each case, person, paper or event.
GROWING = frozenset(
    re.split(
        r"\s+",
        "application attachment audit_event ban blob certificate certificate_copy decision"
        " document document_version form_draft form_revision instance_event job letter_intent"
        " notice person process_instance qualification registration signature_record sms"
        " statement timeline_entry user_task",
    )
)
#: Read as a whole because that is their work, and why that is bearable.
WHOLE = {
    "audit_event": "the newest first, as many as a page shows, by the key",
    "ban": "those that were not lifted, newest first, a page at a time, by the key",
    "notice": "those past their period, by the night, a page at a time, by the key",
    "sms": "those past their period, by the night, a page at a time, by the key",
}
#: What pages ask that no page of this story shows.
QUESTIONS: tuple[Callable[[Session], object], ...] = (
    lambda session: identities.find(session, "张三"),
    lambda session: documents.is_newest(session, "a" * 64),
    lambda session: certificates.by_sha256(session, "a" * 64),
    lambda session: queue.counts(session, datetime.now(UTC)),
)
#: Indexes that hold few rows, however much grows: walking through one of them is short.
SHORT = ("ix_user_task_held",)
#: Asked of a person, and looked up by what very many cases share: SQLite has no statistics.
_OF_PERSON = re.compile(r"application(_\d+)?\.person_id (=|IN)")
_SHARED = re.compile(
    r"SEARCH application(_\d+)? USING \w* ?(COVERING )?INDEX \w+ \((type|matter|status)="
)
_ASKS = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b")
_SORT = re.compile("TEMP B-TREE|Sort")
_SCAN = re.compile(r"SCAN (\w+)|Seq Scan on (\w+)")


@pytest.fixture
def told(app_on_both: Flask) -> Iterator[dict[str, Any]]:
    """Every statement of the main database that is sent, with what it was sent with at first."""
    statements: dict[str, Any] = {}

    def note(connection: Any, _: Any, statement: str, values: Any, __: Any, many: bool) -> None:
        is_ours = "keys.db" not in str(connection.engine.url)
        if is_ours and _ASKS.match(statement):
            statements.setdefault(statement, values[0] if many else values)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.both_databases
def test_no_statement_walks_through_what_grows(app_on_both: Flask, told: dict[str, Any]) -> None:
    """One registration, the lists of everybody, the night: each by an index, on both databases."""
    app = app_on_both
    office = app.extensions["zhuce_office"]
    me = Desk(app).comes_as("person-01").starts()
    me.saves(action="verify", enterprise_name=COMPANY.name)
    me.saves(photo=("我.jpg", draw(1)))
    me.signs()
    me.open(me.base)
    me.open(f"{me.base}/progress")
    seal = Desk(app).comes_as("enterprise")
    for page in ("/enterprise", "/enterprise/confirmed", "/notices"):
        seal.open(page)
    seal.seals(me.application)
    Desk(app).comes_as("shencha").does("review", outcome="approve")
    officer = Desk(app).comes_as("jueding")
    officer.open("/agency/inbox")
    officer.does("decide", outcome="approve")
    _walks_through_pages_of_all_cases(app, me.application)
    wiring.sweep(office)
    upkeep.recount(office, office.now())
    with office.sessions() as session:
        for ask in QUESTIONS:
            ask(session)
    me.open("/certificates")
    me.open("/notices")

    engine = office.sessions.kw["bind"]
    scans = [plan for plan in plans(engine, told) if scanned(plan) - WHOLE.keys()]
    assert len(told) > 120
    in_order = [plan for plan in plans(engine, told) if "ORDER BY job.due_at, job.id" in plan]
    assert in_order
    assert [plan for plan in in_order if _SORT.search(plan)] == []
    assert scans == [], "\n\n".join(scans)
    others = [
        plan for plan in plans(engine, told) if _OF_PERSON.search(plan) and _SHARED.search(plan)
    ]
    assert others == [], "\n\n".join(others)
    again = _prepared_again(engine, told)
    assert again == [], "\n\n".join(again)


def _prepared_again(engine: Engine, told: dict[str, Any]) -> list[str]:
    """Name what SQLite prepares with each execution, for a value that could decide its plan.

    A page of a list is as long as it is asked for. The database asks whoever watches what a
    statement may touch, each time that it prepares one.
    """
    if engine.dialect.name != "sqlite":
        return []
    asked: list[object] = []
    found = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_authorizer(lambda *about: asked.append(about) or 0)
        for statement, values in told.items():
            if not statement.startswith("SELECT") or "LIMIT ?" in statement:
                continue
            for _ in range(2):  # setting who watches has made each prepared anew, once
                asked.clear()
                driver.execute(statement, values).fetchall()
            found += [statement] if asked else []
        driver.set_authorizer(None)
    return found


def _walks_through_pages_of_all_cases(app: Flask, case: str) -> None:
    """Open what counts or lists over everything: officers' figures, versions, diagrams, trail."""
    office = app.extensions["zhuce_office"]
    with office.sessions() as session:
        instance = queries.instance_of(session, case)
        assert instance is not None
        version, process = instance.definition, instance.process_id
    studio = f"/studio/versions/{version}"
    pages = {
        "yunwei": ("/operations", "/operations/versions", "/operations/trail"),
        "jueding": (
            "/agency/inbox",
            "/agency/done",
            "/agency/workload",
            "/agency/held",
            "/agency/people",
        ),
        "fenxi": ("/studio", f"{studio}/diagrams/{process}"),
    }
    for login, addresses in pages.items():
        sits = Desk(app).comes_as(login)
        for address in addresses:
            assert sits.open(address).status_code == 200, address


def scanned(plan: str) -> set[str]:
    """Name the growing tables that a plan walks through."""
    lines = [line for line in plan.splitlines() if not any(index in line for index in SHORT)]
    names = {
        re.sub(r"_\d+$", "", first or second) for first, second in _SCAN.findall("\n".join(lines))
    }
    return names & GROWING


def plans(engine: Engine, told: dict[str, Any]) -> Iterator[str]:
    """Give each statement with its plan; PostgreSQL avoids what it would choose for few rows."""
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, values in told.items():
            rows = connection.exec_driver_sql(f"{word} {statement}", values)
            yield statement + "\n" + "\n".join(str(row) for row in rows)
