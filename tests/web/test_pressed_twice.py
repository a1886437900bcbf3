"""What analysts, operators and officers begin is begun once, however often they press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from casework.office import Office
from storage.database import Base
from tests.offices import TYPE
from tests.web.applicant.test_late_press import Twice
from tests.web.desk import Desk
from tests.web.furnished import app, clock, office, prepared

__all__ = ["app", "clock", "office", "prepared"]

HELP = "help/renewal.md"
#: Rows that each request leaves, and the looks at a page that follows.
_NOTED = frozenset(
    {"audit_event", "audit_head", "web_session", "web_attempts", "web_refusal", "day_count"}
)


class Once(Twice):
    """Sends every form twice, and counts what the second time has left in the database."""

    def __init__(self, app: Flask) -> None:
        self.doubled: list[str] = []
        self._rows: dict[str, int] = {}
        self._office: Office = app.extensions["zhuce_office"]
        super().__init__(app)

    def pressed(self, path: str, *, again: bool = False) -> None:
        """Count the rows after each press; the second has left none."""
        before, self._rows = self._rows, self._counted()
        if again:
            grown = [name for name in before if before[name] != self._rows[name]]
            self.doubled += [f"{path}: {name}" for name in grown]

    def _counted(self) -> dict[str, int]:
        with self._office.sessions() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
                if name not in _NOTED
            }


Sit = Callable[[str], Once]


@pytest.fixture
def sit(app: Flask) -> Sit:
    def sit_down(who: str) -> Once:
        hand = Once(app)
        hand.comes_as(who)
        return hand

    return sit_down


def fault_of(*hands: Once) -> list[str]:
    return [told for hand in hands for told in (*hand.complaints, *hand.doubled)]


@pytest.mark.proves("F:crossed-7")
def test_what_is_written_about_a_case(app: Flask, sit: Sit) -> None:
    """A message, an opinion for colleagues, a question to a list, a note without a certificate."""
    me = Desk(app).comes_as("person-01").fills().signs()
    Desk(app).comes_as("enterprise").seals(me.application)
    applicant, officer, approver = sit("person-01"), sit("shencha"), sit("jueding")

    applicant.send(f"/case-messages/{me.application}", {"text": "请问还需要补交材料吗？"})
    officer.send(f"/case-messages/{me.application}", {"text": "不需要，请等待通知。"})
    approver.send(
        "/agency/templates", {"step": "decide", "title": "准予", "text": "符合规定条件。"}
    )
    view = {"list": "inbox", "name": "我的", "address": "/agency/inbox?sort=newest"}
    officer.send("/views", view)
    applicant.send("/change/report", {"text": "姓名中的一个字写错了，请更正。"})

    assert fault_of(applicant, officer, approver) == []


@pytest.mark.proves("F:crossed-7")
def test_what_operators_ask_of_each_other(app: Flask, sit: Sit) -> None:
    """A post confirmed and ended; who asks for it once more is told that it waits."""
    asking, operator, colleague = Desk(app).comes_as("yunwei"), sit("yunwei"), sit("yunwei2")
    post: dict[str, Any] = {
        "login": "gu",
        "name": "顾受理",
        "roles": ["acceptor"],
        "reason": "沪建任〔2026〕5号",
    }
    page = "/operations/officers"

    asking.send(page, post)
    colleague.open(page)
    waits = colleague.soup().select_one(f'form[action^="{page}/requests/"]')
    assert waits is not None
    colleague.send(str(waits["action"]), {"action": "confirm"})
    operator.send(f"{page}/gu/dismiss", {"reason": "调离本单位，沪建任〔2026〕9号"})

    assert fault_of(operator, colleague) == []


@pytest.mark.proves("F:crossed-7")
def test_what_analysts_begin(sit: Sit) -> None:
    """A draft, a file saved and taken out, the draft deleted; a matter stopped and resumed."""
    analyst, publisher = sit("fenxi"), sit("fenxi2")

    analyst.send("/studio/drafts", {"type": TYPE, "title": "延续注册的说明"}, follow=True)
    link = analyst.soup().select_one("a[href*='/studio/drafts/']")
    assert link is not None
    draft = "/".join(str(link["href"]).split("/")[:4])
    analyst.send(f"{draft}/files/{HELP}", {"content": "新的说明。", "seen": "0"})
    analyst.send(f"{draft}/remove/{HELP}", {"seen": "1"})
    analyst.send(f"{draft}/delete")
    stops = "/studio/publications/stops"
    publisher.send(stops, {"type": TYPE, "matter": "RENEWAL", "notice": "系统升级，暂停受理。"})
    publisher.open("/studio/publications")
    stop = publisher.soup().select_one(f'form[action^="{stops}/"]')
    assert stop is not None
    publisher.send(str(stop["action"]))

    assert fault_of(analyst, publisher) == []
