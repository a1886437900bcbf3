"""What analysts, operators and officers begin is begun once, however often they press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from adapters import world
from casework.office import Office
from storage.database import Base
from tests.offices import TYPE
from tests.web.applicant.test_late_press import Twice
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock, app, clock, office, prepared
from tests.web.operations.test_versions import corrected, newest
from tests.web.sign_in.test_second_factor import enrol
from web.demo.people.population import populate

__all__ = ["app", "clock", "office", "prepared"]

HELP = "help/renewal.md"
#: Rows that each request leaves, and the looks at a page that follows.
_NOTED = frozenset(
    {"audit_event", "audit_head", "web_session", "web_attempts", "web_refusal", "day_count"}
    | {"table_answer"}  # what a look asked of a table
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

    def hidden(self, action: str) -> dict[str, str]:
        """Give what the form of this page with `action` in its address posts unseen."""
        forms = [
            form
            for form in self.soup().select('main form[method="post"]')
            if action in str(form.get("action") or self.page.request.path)
        ]
        fields = forms[0].select("input[type=hidden]")
        return {str(field["name"]): str(field["value"]) for field in fields}

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
    """A post asked for, confirmed and ended; who asks for just this once more has asked."""
    asking, operator, colleague = sit("yunwei"), sit("yunwei"), sit("yunwei2")
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

    assert fault_of(asking, operator, colleague) == []


@pytest.mark.proves("F:crossed-7")
def test_a_lost_factor_is_asked_for_once(app: Flask, sit: Sit, clock: Clock) -> None:
    """The request that waits is the one that was asked for; another reason is another request."""
    enrol(Desk(app).comes_as("shencha"), clock)
    operator, page = sit("yunwei"), "/operations/officers/shencha/second-factor"

    operator.send(page, {"reason": "手机遗失，已当面核对工作证"})

    assert fault_of(operator) == []
    plain = Desk(app).comes_as("yunwei")
    plain.send(page, {"reason": "手机损坏，已当面核对工作证"})
    assert "E_RESET_ASKED" in plain.text


@pytest.mark.proves("F:crossed-7")
@pytest.mark.proves("F:crossed-2")
def test_a_task_is_taken_back_once(app: Flask, sit: Sit, clock: Clock) -> None:
    """A second press is done; a minute later nobody holds it, and that is told."""
    me = Desk(app).comes_as("person-01").fills().signs()
    Desk(app).comes_as("enterprise").seals(me.application)
    holder, approver = Desk(app).comes_as("shencha"), sit("jueding")
    task = holder.task()
    holder.send(f"{task}/claim")
    page = f"/agency/held/{task.rpartition('/')[2]}"

    approver.send(page, {"reason": "病假，由同事继续办理"})

    assert fault_of(approver) == []
    clock.turn(minutes=2)
    late = Desk(app).comes_as("jueding")
    late.send(page, {"reason": "病假，由同事继续办理"})
    assert "E_TASK_NOT_OPEN" in late.text


@pytest.mark.proves("F:crossed-7")
def test_a_task_is_given_on_once(app: Flask, sit: Sit) -> None:
    """Who has given it on holds it no more: the second press says done, and no refusal is noted."""
    me = Desk(app).comes_as("person-01").fills().signs()
    Desk(app).comes_as("enterprise").seals(me.application)
    holder = sit("shencha")
    task = holder.task()
    holder.send(f"{task}/claim")
    holder.open(task)
    colleague = holder.soup().select_one('select[name="to"] option[value]:not([value=""])')
    assert colleague is not None

    page = f"/agency/held/{task.rpartition('/')[2]}/hand-over"
    holder.send(page, {"to": str(colleague["value"]), "reason": "病假，由同事继续办理"})

    assert fault_of(holder) == []
    operator = Desk(app).comes_as("yunwei")
    operator.open("/operations/trail?kind=refused")
    assert "E_NOT_YOUR_TASK" not in operator.text


@pytest.mark.proves("F:crossed-7")
def test_a_fault_is_reported_once_from_the_guide(app: Flask, sit: Sit, office: Office) -> None:
    """变更指南: who has a certificate opens one case, however often he presses."""
    populate(office, only=("practising-1",))
    me = sit("person-01")
    me.sign_in("person", "engineer-practising-1")

    me.send("/change/report?changed=OTHER", {"text": "出生日期的月份写错了，请更正。"})

    assert fault_of(me) == []
    other = Desk(app)
    other.sign_in("person", "engineer-practising-1")
    other.send("/change/report?changed=OTHER", {"text": "照片不是本人的，请更正。"})
    assert "E_REPORT_RUNNING" in other.text


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


@pytest.mark.proves("F:crossed-7")
def test_keys_of_an_enterprise(app: Flask, sit: Sit) -> None:
    """A PIN changed, the certificate renewed, revoked and applied for: each press once."""
    clerk, page, new = sit("enterprise"), "/digital-certificate", "246802"

    clerk.send(f"{page}/pin", {"old_pin": str(COMPANY.pin), "new_pin": new, "again_pin": new})
    clerk.open(page)
    clerk.send(f"{page}/renew", {**clerk.hidden("renew"), "pin": new})
    clerk.open(f"{page}/revoke")
    revoked = {"cause": "cessationOfOperation", "confirmed": "true", "pin": new}
    clerk.send(f"{page}/revoke", {**clerk.hidden("revoke"), **revoked})
    clerk.send(f"{page}/apply", {"new_pin": str(COMPANY.pin), "again_pin": str(COMPANY.pin)})

    assert fault_of(clerk) == []
    clerk.open(page)
    assert "有效" in clerk.text
    # A minute later it is another press: the old PIN is wrong, and counted.
    app.extensions["zhuce_office"].clock.turn(minutes=2)
    late = Desk(app).comes_as("enterprise")
    late.send(f"{page}/pin", {"old_pin": "135791", "new_pin": new, "again_pin": new})
    assert "E_PIN_WRONG" in late.text


@pytest.mark.proves("F:crossed-7")
def test_what_two_operators_do_with_the_key_of_another(sit: Sit) -> None:
    """Asked for, declined; asked for again, confirmed: each second press is done."""
    operator, colleague = sit("yunwei"), sit("yunwei2")
    page = f"/operations/key-holders/enterprise/{COMPANY.uscc}"
    why = {"reason": "法院裁定吊销", "proof": "裁定书原件已核对", "cause": "privilegeWithdrawn"}

    for action in ("decline", "confirm"):
        operator.open(page)
        operator.send(page, {**operator.hidden("key-holders"), **why, "action": "revoke"})
        colleague.open("/operations/key-holders")
        waits = colleague.soup().select_one('form[action*="/requests/"]')
        assert waits is not None
        colleague.send(str(waits["action"]), {"action": action})

    assert fault_of(operator, colleague) == []


@pytest.mark.proves("F:crossed-7")
def test_a_correction_of_a_version(app: Flask, sit: Sit, office: Office) -> None:
    """Asked for and confirmed twice it is one; the second press is no refusal."""
    Desk(app).comes_as("person-01").starts()
    old = corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
    operator, colleague = sit("yunwei"), sit("yunwei2")
    page = f"/operations/versions/{old}"

    operator.send(page, {"to": newest(office), "reason": "草稿的期限写错了"})
    colleague.open("/operations/versions")
    waits = colleague.soup().select_one("form[action*='/corrections/']")
    assert waits is not None
    colleague.send(str(waits["action"]), {"action": "confirm"})

    assert fault_of(operator, colleague) == []


@pytest.mark.proves("F:crossed-7")
def test_posts_of_an_enterprise_and_a_stopped_list(app: Flask, sit: Sit) -> None:
    """An operator appointed, limited, withdrawn is told once each; a list is stopped once."""
    admin = sit("enterprise")
    page = "/enterprise/operators"
    deputy = world.CITIZENS[6]
    typed = {"name": deputy.name, "id_no": deputy.id_no, "role": "VIEWER", "action": "confirm"}

    admin.send(page, typed)
    admin.open(page)
    row = next(row for row in admin.soup().select("tr") if deputy.name in row.get_text())
    operator = str(row.select_one(f'a[href^="{page}/"]')["href"])  # type: ignore[index]
    admin.send(operator, {"role": "SEAL_OPERATOR"})
    admin.send(f"{operator}/withdraw")
    me = Desk(app).comes_as("person-01").fills().signs()
    clerk = Desk(app).comes_as("enterprise")
    clerk.send("/enterprise/seals", {"items": [me.application]}, follow=True)
    seals = clerk.page.request.path
    box = clerk.soup().select_one('input[name="items"]')
    assert box is not None
    fields = {"items": str(box["value"]), "opinion": "true", "pin": str(COMPANY.pin)}
    admin.send(seals, fields)
    admin.send(f"{seals}/stop")

    assert fault_of(admin) == []
    admin.open(seals)
    assert "已停止" in admin.text


@pytest.mark.proves("F:crossed-7")
def test_what_people_do_with_their_own_data(sit: Sit) -> None:
    """An export, its end, a consent withdrawn and given: the second press is done."""
    me = sit("person-07")

    me.send("/my-data/export")
    me.send("/my-data/export/delete")
    for action in ("withdraw", "give"):
        me.send("/my-data/consent", {"purpose": "portrait", "action": action})

    assert fault_of(me) == []


@pytest.mark.proves("F:crossed-7")
def test_what_proves_an_officer(sit: Sit, clock: Clock) -> None:
    """New recovery codes are asked for once more, and a factor is removed once."""
    officer = sit("shencha")
    enrol(officer, clock)
    officer.open("/second-factor")
    form = officer.soup().select_one('form[action$="/remove"]')
    assert form is not None

    officer.send("/second-factor/codes")
    officer.send(str(form["action"]))

    assert fault_of(officer) == []
