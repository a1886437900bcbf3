"""消息设置 through the front door: what comes by telephone and by e-mail, as each chose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from adapters import world
from adapters.faults import OutsideFault
from adapters.sms import SmsTwin
from casework.case import announcements
from casework.notice import notice_texts, topics
from casework.office import Office
from registry.identifiers import IdType
from registry.people import persons
from storage.database import new_id, writing
from tests.web.desk import Desk
from tests.web.furnished import Clock, app, clock, desk, office, prepared

__all__ = ["app", "clock", "desk", "office", "prepared"]

PAGE, ADDRESS = "/notices/channels", "name@example.cn"
ME = world.CITIZENS[0]


def phone(me: Desk) -> str:
    return me.client.get(f"/phone?person={ME.subject}").text


def told(office: Office, kind: str, text: str) -> None:
    """Let the house tell somebody something, as a case does."""
    with writing(office.sessions) as session:
        person = persons.by_identity(session, IdType(ME.id_type), ME.id_no)
        assert person is not None
        word = announcements.to_person(person, kind, text, f"test/{new_id()}")
        announcements.tell(session, [word], office.now())
    office.runner.run_due()


def confirmed(app: Flask) -> Desk:
    """Give somebody whose address counts."""
    me = Desk(app).comes_as(ME.subject)
    me.send(f"{PAGE}/email", {"action": "ask", "address": ADDRESS}, follow=True)
    assert "验证码已发送" in me.text
    me.send(f"{PAGE}/email", {"action": "confirm", "code": code(me)}, follow=True)
    assert "电子邮箱已验证" in me.text
    return me


def code(me: Desk) -> str:
    """Read the newest code that was sent by e-mail."""
    me.client.application.extensions["zhuce_office"].runner.run_due()  # the worker's turn
    return re.findall(r"验证码(\d{6})，30分钟", phone(me))[0]


def test_an_address_counts_once_its_code_came_back(app: Flask, clock: Clock) -> None:
    """Wrong addresses, wrong and late codes are told; nothing is mailed before."""
    me = Desk(app).comes_as(ME.subject)
    for typed in ("", "name", "name@", "a b@example.cn", "x" * 260 + "@example.cn", "<b>@c.cn"):
        assert me.send(f"{PAGE}/email", {"action": "ask", "address": typed}).status_code == 422
        assert "E_EMAIL" in me.text
    assert me.send(PAGE, {"email": ["message"]}).status_code == 422
    assert "E_EMAIL_MISSING" in me.text

    me.send(f"{PAGE}/email", {"action": "ask", "address": ADDRESS}, follow=True)
    sent = code(me)
    wrong = f"{(int(sent) + 1) % 10**6:06d}"
    assert me.send(f"{PAGE}/email", {"action": "confirm", "code": wrong}).status_code == 422
    assert "E_EMAIL_CODE" in me.text
    clock.turn(minutes=31)
    me.comes_as(ME.subject)
    assert me.send(f"{PAGE}/email", {"action": "confirm", "code": sent}).status_code == 422
    me.send(f"{PAGE}/email", {"action": "ask", "address": ADDRESS}, follow=True)
    me.send(f"{PAGE}/email", {"action": "confirm", "code": code(me)}, follow=True)
    assert ADDRESS in me.open(PAGE).text


@pytest.mark.proves("F:traces-1")
def test_five_wrong_codes_end_a_code(app: Flask) -> None:
    """Whoever guesses learns nothing: after five the right one counts no more either."""
    me = Desk(app).comes_as(ME.subject)
    me.send(f"{PAGE}/email", {"action": "ask", "address": ADDRESS}, follow=True)
    sent = code(me)
    for number in range(5):
        wrong = f"{(int(sent) + 1 + number) % 10**6:06d}"
        assert me.send(f"{PAGE}/email", {"action": "confirm", "code": wrong}).status_code == 422

    assert me.send(f"{PAGE}/email", {"action": "confirm", "code": sent}).status_code == 422
    operator = Desk(app).comes_as("yunwei")
    operator.open("/operations/trail?kind=refused")
    rows = [row.get_text(" ", strip=True) for row in operator.soup().select("main tbody tr")]
    assert sum("电子邮箱的验证码不正确" in row and "拒绝" in row for row in rows) == 6


def test_what_is_switched_off_is_not_sent_and_the_law_is(app: Flask, office: Office) -> None:
    """Each kind as it was chosen; 消息 has them all and says how each went out."""
    me = confirmed(app)
    me.send(PAGE, {"telephone": ["progress"], "email": ["message", "demanded"]}, follow=True)
    assert "消息设置已保存" in me.text

    told(office, "case_message", "甲：有新留言。")
    told(office, "decided", "乙：已作出决定。")
    told(office, "claim_ready", "丙：可以领证。")

    received = phone(me)
    assert received.count("甲：有新留言。") == 1  # by e-mail only
    assert received.count("乙：已作出决定。") == 2  # by both
    assert received.count("丙：可以领证。") == 1  # by telephone only
    me.open("/notices")
    lines = {line.get_text(" ", strip=True) for line in me.soup().select("tbody tr")}
    [chosen] = [line for line in lines if "甲：" in line]
    assert "短信按您的设置不发送" in chosen
    assert "电子邮件已发送" in chosen
    me.open("/notices?topic=demanded")
    assert "乙：" in me.text
    assert "甲：" not in me.text
    me.send(f"{PAGE}/email", {"action": "drop"}, follow=True)
    told(office, "decided", "丁：已作出决定。")
    assert phone(me).count("丁：已作出决定。") == 1


def test_a_message_that_fails_is_tried_again(app: Flask, office: Office) -> None:
    """The job row is kept until the platform takes it; the list says where it stands."""
    me = confirmed(app)
    me.send(PAGE, {"email": ["message"]}, follow=True)
    twin = office.sms
    assert isinstance(twin, SmsTwin)
    twin.faults.switch(OutsideFault.DOWN)

    told(office, "case_message", "戊：有新留言。")
    assert "戊：" not in phone(me)
    twin.faults.switch(OutsideFault.NONE)
    office.clock.turn(hours=3)  # type: ignore[attr-defined]  # the test's clock
    office.runner.run_due()

    assert phone(me).count("戊：有新留言。") == 1


def test_a_firm_is_chosen_for_by_its_administrator(app: Flask) -> None:
    """Officers have no such page: theirs is their desk."""
    firm = Desk(app).comes_as("enterprise")
    firm.send(PAGE, {"telephone": ["message"]}, follow=True)
    assert "消息设置已保存" in firm.text
    assert firm.soup().select_one('input[name="telephone"][value="reminder"][checked]') is None
    assert Desk(app).comes_as("shencha").open(PAGE).status_code == 404


def test_every_topic_names_kinds_that_exist() -> None:
    """What stands in no topic is told whatever somebody chose."""
    sources = [path.read_text("utf-8") for path in Path("casework").rglob("*.py")]
    for topic in topics.TOPICS.values():
        for kind in topic.kinds:
            assert kind in notice_texts.KINDS or any(
                f'"{kind}"' in source for source in sources if "TOPICS" not in source
            ), kind
    assert topics.of("decided") == topics.of("anything else") == topics.DEMANDED
