"""A page of a list and a search in it go through an index, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from flask import Flask, g
from sqlalchemy import Engine, event

from casework.office import Office
from engine import actors
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import writing
from tests.registry.test_plans import explain
from tests.web.desk import COMPANY
from tests.web.furnished import app_on_both, clock
from web.agency import lists as of_officers
from web.enterprise import lists as of_enterprise
from web.enterprise import people_lists
from web.extensions import db
from web.lists import asked, query
from web.lists.listing import Listing
from web.operations import trail
from web.ui import trail_words
from web.visitors import notices
from web.visitors.access import Visitor

__all__ = ["app_on_both", "clock"]

#: A table that is read from end to end; a walk along an index stops with the page.
_WHOLE = re.compile(r"SCAN (?!CONSTANT|anon_|\d|\()\w+\b(?! USING)|Seq Scan")
_TODAY = date(2026, 11, 24)
_OFFICER = actors.officer("0a1b", OfficerRole.REVIEWER)
_CLERK = Visitor(kind="enterprise", name="", actor=actors.operator("0a1b", COMPANY.uscc))

LISTS: dict[str, Callable[[], Listing]] = {
    "waiting": lambda: of_enterprise.waiting(COMPANY.uscc),
    "all": lambda: of_enterprise.named(COMPANY.uscc),
    "confirmed": lambda: of_enterprise.confirmed(COMPANY.uscc),
    "roster": lambda: people_lists.roster(COMPANY.uscc, _TODAY),
    "inbox": lambda: of_officers.inbox(OfficerRole.REVIEWER, _OFFICER),
    "done": lambda: of_officers.done(_OFFICER),
    "cases": lambda: of_officers.all_cases(_OFFICER),
    "messages": lambda: notices.of_visitor(_CLERK, _TODAY),
}


@contextmanager
def noted(engine: Engine) -> Iterator[list[tuple[str, object]]]:
    """Collect the questions that are asked."""
    said: list[tuple[str, object]] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT") and "FROM parameter" not in statement:  # a few lines
            said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_no_list_reads_a_whole_table(app_on_both: Flask) -> None:
    """Each order, the next page, a page by number, a search by number, and 办理下一件."""
    office: Office = app_on_both.extensions["zhuce_office"]
    engine: Engine = office.sessions.kw["bind"]
    with app_on_both.test_request_context():
        g.visitor = _CLERK
        for name, made in LISTS.items():
            listing = made()
            questions = [{"sort": sort.key} for sort in listing.sorts]
            questions += [{"page": "3"}, {"q": "31S2C20261124000158"}]
            questions += [{"after": "2026-11-24T00:00:00+00:00~0a1b"}, {"after": "2026-11-24~0a1b"}]
            for question in questions:
                with noted(engine) as said:
                    query.page(db.session(), listing, asked.read(listing, question))
                assert said
                if name == "cases" and "q" not in question:
                    continue  # every case in turn, newest first, until the page is full
                for statement, parameters in said:
                    plan = explain(engine, statement, parameters)
                    assert not _WHOLE.search(plan), (name, question, statement, plan)
        with noted(engine) as said:
            of_officers.next_task(db.session(), OfficerRole.REVIEWER, _OFFICER)
        for statement, parameters in said:
            assert not _WHOLE.search(explain(engine, statement, parameters))
        db.session.remove()


def test_no_choice_of_a_filter_reads_a_whole_table(app_on_both: Flask) -> None:
    """What a list is narrowed by is looked up: each choice of each filter, also of the trail."""
    office: Office = app_on_both.extensions["zhuce_office"]
    engine: Engine = office.sessions.kw["bind"]
    with writing(office.sessions) as session:  # so that each kind of the trail has something
        for _, beginnings in trail_words.KINDS.values():
            for start in beginnings:
                audit.record(session, f"{start}x", actor="a", subject="b", at=office.now())
    with app_on_both.test_request_context():
        g.visitor = _CLERK
        for name, made in (LISTS | {"trail": trail.listing}).items():
            listing = made()
            for choice in listing.filters:
                for word, _ in choice.choices or [("2026-11-24", "")]:
                    with noted(engine) as said:
                        question = asked.read(listing, {choice.key: word})
                        query.page(db.session(), listing, question)
                    for statement, parameters in said:
                        plan = explain(engine, statement, parameters)
                        assert not _WHOLE.search(plan), (name, choice.key, word, statement, plan)
        db.session.remove()
