"""Sessions: what has ended stays ended, and what a page does by itself is no use of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, flash, session
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from adapters import world
from casework.office import Office
from registry.trail.audit import AuditEvent
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web.visitors import access, sessions
from web.visitors.sessions import WebSession


def rows(office: Office) -> int:
    with office.sessions() as database:
        return int(database.scalar(select(func.count()).select_from(WebSession)) or 0)


@pytest.mark.proves("F:crossed-3")
@pytest.mark.proves("J5")
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


def test_who_signs_in_is_known_whatever_he_was_before(tab: Tab) -> None:
    """A session is read with the tables of its visitor's kind, from the second page on."""
    for kind, subject, page in (
        ("officer", "shencha", "/agency/inbox"),
        ("person", "person-01", "/applications"),
        ("officer", "shencha", "/agency/inbox"),
    ):
        tab.sign_in(kind, subject)

        assert [tab.open(page).status_code for _ in range(3)] == [200, 200, 200]


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


@pytest.mark.proves("F:sessions-4")
@pytest.mark.parametrize(
    ("kind", "subject"), [("person", "person-01"), ("enterprise", ""), ("officer", "shencha")]
)
def test_everybody_sees_and_ends_his_sessions(
    app: Flask, office: Office, kind: str, subject: str
) -> None:
    """Device, address, since and last use; ending one or all others is on record."""
    desks = [Tab(app) for _ in range(3)]
    for desk in desks:
        desk.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/132.0"
        extra = {} if subject else {"pin": str(world.COMPANIES[0].pin)}
        desk.sign_in(kind, subject or world.COMPANIES[0].uscc, **extra)

    desks[0].open("/sessions")
    assert desks[0].text.count("Windows，Firefox 浏览器") == 3
    assert desks[0].text.count("127.0.0.1") == 3
    assert desks[0].text.count("本次登录") == 1
    other = desks[0].soup().select_one("input[name=session]")
    assert other is not None
    desks[0].send("/sessions/end", {"session": str(other["value"])}, follow=True)
    assert "该登录已结束" in desks[0].text
    assert rows(office) == 2
    desks[0].send("/sessions/end-others", follow=True)
    assert "已结束其他 1 处登录" in desks[0].text

    assert [desk.open("/sessions").status_code for desk in desks] == [200, 303, 303]
    with office.sessions() as database:
        ended = database.scalars(
            select(AuditEvent.action).where(AuditEvent.action.like("session.%"))
        )
        assert sorted(ended) == ["session.end", "session.end_others"]


@pytest.mark.proves("F:sessions-4")
def test_nobody_ends_anothers_session(app: Flask, office: Office) -> None:
    """What is not yours does not exist for you."""
    one, other = Tab(app), Tab(app)
    one.sign_in("person", "person-01")
    with office.sessions() as database:
        name = database.scalars(select(WebSession.id_hash)).one()
    other.sign_in("person", "person-02")

    assert other.send("/sessions/end", {"session": name}).status_code == 404
    assert one.open("/sessions").status_code == 200


def test_who_only_looks_gets_no_session(app: Flask, office: Office, tab: Tab) -> None:
    """A page that everybody may open writes no row for a browser without a cookie."""
    public = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and rule.endpoint != "static"
        and access.rule_of(app, rule.endpoint) == access.PUBLIC
        and not rule.rule.startswith(("/portal", "/phone", "/sign-in/", "/tour"))
    ]
    assert "/verify" in public
    for address in public:
        answer = tab.client.get(address)
        assert "Set-Cookie" not in answer.headers, address
    assert rows(office) == 0
    assert "请选择需要查验" in tab.client.post("/verify", data={}).text


def test_what_is_told_on_the_next_page_writes_no_row(app: Flask, office: Office, tab: Tab) -> None:
    """A word for the next page goes along in the browser; it is told once, and in that session."""
    tab.sign_in("person", "person-01")
    with office.sessions() as database:
        before = database.scalars(select(WebSession.data)).one()

    def say() -> str:
        flash("已经办好", "success")
        return ""

    app.view_functions["home.front"] = sessions_public(say)
    tab.client.get("/")

    with office.sessions() as database:
        assert database.scalars(select(WebSession.data)).one() == before
    assert "已经办好" in tab.open("/applications").text
    assert "已经办好" not in tab.open("/applications").text


def test_what_was_signed_for_another_session_is_not_told(app: Flask, tab: Tab) -> None:
    """Words of another session, and forged ones, are thrown away."""
    tab.sign_in("person", "person-01")

    def say() -> str:
        flash("已经办好", "success")
        return ""

    app.view_functions["home.front"] = sessions_public(say)
    tab.client.get("/")
    said = tab.client.get_cookie("zhuce-told")
    assert said is not None
    other = Tab(app)
    other.sign_in("person", "person-02")

    for words in (said.value, said.value[:-2] + "xx", "x", ""):
        other.client.set_cookie("zhuce-told", words)
        page = other.open("/applications")
        assert (page.status_code, "已经办好" in page.text) == (200, False)


def test_what_is_too_long_for_a_cookie_is_told_all_the_same(app: Flask, tab: Tab) -> None:
    """Browsers keep some four thousand characters; more waits in the row of the session."""
    tab.sign_in("person", "person-01")
    words = "".join(chr(0x4E00 + number) for number in range(4000))

    def say() -> str:
        flash(words, "success")
        return ""

    app.view_functions["home.front"] = sessions_public(say)
    tab.client.get("/")

    assert tab.client.get_cookie("zhuce-told") is None
    assert words in tab.open("/applications").text
    assert words not in tab.open("/applications").text


@pytest.mark.proves("F:sessions-1")
@pytest.mark.parametrize(
    "before", ["{name}=", "{name}", "=", "=x", '{name}=""', "{name}=of-another-path", "a=b;;  "]
)
def test_a_cookie_in_front_of_ours_signs_nobody_out(app: Flask, tab: Tab, before: str) -> None:
    """§sessions: another path or site has set an empty one, or one of the same name."""
    tab.sign_in("person", "person-01")
    name = app.session_interface.get_cookie_name(app)
    held = tab.client.get_cookie(name)
    assert held is not None
    sent = f"{before.format(name=name)}; {name}={held.value}; {name}=; last="
    beside = app.test_client(use_cookies=False)

    looked = beside.get("/sessions", headers={"Cookie": sent})
    left = beside.post("/sign-out", data={"csrf_token": tab.token()}, headers={"Cookie": sent})

    assert looked.status_code == 200
    assert left.status_code == 303
    assert tab.open("/sessions").status_code == 303
