"""Sessions: what has ended stays ended, and what a page does by itself is no use of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from casework.office import Office
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web.visitors import sessions
from web.visitors.sessions import WebSession


def rows(office: Office) -> int:
    with office.sessions() as database:
        return int(database.scalar(select(func.count()).select_from(WebSession)) or 0)


@pytest.mark.proves("F:crossed-3")
def test_signing_out_is_not_undone_by_a_request_in_flight(
    app: Flask, office: Office, tab: Tab
) -> None:
    """§crossed 3: a session that was ended is never written again."""
    tab.sign_in("person", "person-01")

    def late() -> str:
        with office.sessions() as database:
            visitor = database.scalars(select(WebSession.visitor)).one()
        sessions.end_all_of(office.sessions, str(visitor))  # the other tab signs out
        session["said"] = "something"
        return "late"

    app.view_functions["home.front"] = sessions_public(late)
    tab.open("/")

    assert rows(office) == 0
    assert tab.open("/applications").status_code == 303


def sessions_public(view: Any) -> Any:
    from web.visitors.access import public

    return public(view)


@pytest.mark.proves("F:sessions-3")
def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    clock: Clock, office: Office, tab: Tab
) -> None:
    """The idle end counts what a person does."""
    tab.sign_in("person", "person-01")
    for _ in range(4):
        clock.turn(minutes=10)
        tab.client.get("/applications", headers={"HX-Request": "true"})

    assert tab.open("/applications").status_code == 303


def test_a_person_who_reads_stays_signed_in(clock: Clock, tab: Tab) -> None:
    tab.sign_in("person", "person-01")
    for _ in range(4):
        clock.turn(minutes=10)
        tab.open("/applications")

    assert tab.page.status_code == 200


def test_two_tabs_sign_in_at_once(tab: Tab) -> None:
    """One slot a state: the sign-in of one tab does not end that of the other."""
    first = tab.open("/sign-in/person").location
    second = tab.open("/sign-in/person").location

    for asked in (first, second):
        tab.open(asked)
        back = tab.send(asked, {"subject": "person-01"}).location
        assert tab.open(back).status_code == 303


def test_an_answer_goes_out_although_its_session_cannot_be_saved(
    app: Flask, tab: Tab, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§crossed 5: what was committed before is told, not an empty 500."""
    tab.sign_in("person", "person-01")
    clock.turn(minutes=5)

    def away(*_: object) -> bool:
        raise OperationalError("UPDATE", {}, Exception("away"))

    monkeypatch.setattr(app.session_interface, "_change", away)

    assert tab.open("/applications").status_code == 200


@pytest.mark.proves("F:crossed-5")
def test_an_error_page_needs_no_database(app: Flask, tab: Tab) -> None:
    """§crossed 5: while the database is away everybody gets our page, on every address."""
    app.extensions["zhuce_office"].sessions.kw["bind"].dispose()

    def away() -> str:
        raise OperationalError("SELECT", {}, Exception("away"))

    app.jinja_env.globals["site_name"] = away
    page = tab.open("/nowhere")

    assert page.status_code == 404
    assert "E_NOT_FOUND" in page.text


def test_a_body_that_was_cut_is_refused(app: Flask) -> None:
    """A form that arrived by half is told as such, it is not an empty form."""
    builder = EnvironBuilder(path="/verify", method="POST", data={"code": "4711"})
    environ = builder.get_environ()
    environ["CONTENT_LENGTH"] = str(int(environ["CONTENT_LENGTH"]) + 1000)
    environ["wsgi.input_terminated"] = True

    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    environ["wsgi.input"].close()
    builder.close()

    assert status.startswith("400")
    assert "E_BAD_REQUEST" in b"".join(body).decode()
