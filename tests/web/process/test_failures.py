"""Whatever fails, nobody gets an empty page: Chinese words, a code, and a number to tell."""

from __future__ import annotations

from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from adapters import world
from tests.web.browser import Tab
from web.extensions import db
from web.visitors import access

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CAUSES = [
    KeyError("name"),
    MemoryError(),
    RecursionError("too deep"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    OSError(28, "No space left on device"),
    TimeoutError(),
    OperationalError("SELECT 1", {}, Exception("away")),
    InterfaceError("SELECT 1", {}, Exception("closed")),
    ProgrammingError("SELECT 1", {}, Exception("no such table")),
]


def _breaks(app: Flask, cause: Exception) -> None:
    @access.public
    def view() -> NoReturn:
        raise cause

    app.add_url_rule("/breaks", "breaks", view, methods=["GET", "POST"])


@pytest.mark.proves("F:crossed-5")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
def test_no_failure_is_an_empty_page(app: Flask, tab: Tab, cause: Exception) -> None:
    """A page that dies tells it in words of ours, and never what it died of."""
    _breaks(app, cause)

    answer = tab.open("/breaks")

    assert answer.status_code in (500, 503)
    assert "您已保存的内容没有丢失" in tab.text
    assert "错误代码" in tab.text
    assert str(cause) not in tab.text or not str(cause)


@pytest.mark.proves("F:crossed-5")
def test_an_error_page_that_fails_itself_is_not_empty(app: Flask, tab: Tab) -> None:
    """What every page shows around itself may be what is broken."""

    @app.context_processor
    def broken() -> dict[str, object]:
        raise RuntimeError("the menu is broken")

    _breaks(app, KeyError("name"))

    for answer in (tab.open("/breaks"), tab.open("/verify"), tab.open("/nowhere")):
        assert answer.status_code == 500
        assert "您已保存的内容没有丢失" in answer.text
        assert "问题编号" in answer.text


@pytest.mark.parametrize("asks_on", [False, True], ids=["told at once", "asked on"])
def test_a_database_that_leaves_in_mid_answer_is_told_as_away(
    app: Flask, tab: Tab, asks_on: bool
) -> None:
    """The menu around the error page asks with the session that was lost: no cause for a 500."""

    @access.public
    def view() -> NoReturn:
        db.session.connection().invalidate()
        if asks_on:
            db.session.execute(text("select 1"))
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    app.add_url_rule("/loses", "loses", view)
    tab.sign_in("person", world.CITIZENS[0].subject)

    answer = tab.open("/loses")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "E_OVERLOADED" in answer.text
    assert tab.open("/applications").status_code == 200
