"""注册类型的版本: two operators give running cases a corrected version on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.professions.folders import structural_engineer
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared

__all__ = ["app", "clock", "desk", "office", "prepared"]

PAGE = "/operations/versions"
REASON = "草稿的期限写错了"
Sit = Callable[[str], Desk]


@pytest.fixture
def operator(desk: Sit) -> Desk:
    return desk("yunwei")


@pytest.fixture
def colleague(desk: Sit) -> Desk:
    return desk("yunwei2")


@pytest.fixture
def case(desk: Sit) -> Desk:
    """Start an application on the version that is deployed first."""
    return desk("person-01").starts()


def corrected(office: Office, path: str, before: str, after: str) -> str:
    """Deploy the type with one text replaced; return the version on which cases run."""
    kind = structural_engineer()
    text = kind.files[path].decode()
    assert before in text
    files = {**kind.files, path: text.replace(before, after, 1).encode()}
    with writing(office.sessions) as session:
        old = definitions.keys(session)[kind.key]
        definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()
    return old


def address_of(tab: Desk) -> str:
    """Open the list; give where the correction on top is settled."""
    tab.open(PAGE)
    form = tab.soup().select_one("form[action*='/corrections/']")
    assert form is not None
    return str(form["action"])


def newest(office: Office) -> str:
    with office.sessions() as session:
        return definitions.keys(session)[structural_engineer().key]


def test_one_asks_and_another_confirms(
    operator: Desk, colleague: Desk, office: Office, case: Desk
) -> None:
    """The list names the version, the dry run counts, the colleague reads why and confirms."""
    operator.open(PAGE)
    assert "最新版本" in operator.text
    old = corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
    operator.open(PAGE)
    assert operator.soup().find(href=f"{PAGE}/{old}") is not None
    operator.open(f"{PAGE}/{old}")
    assert re.search(r"可以改用\s*1件", operator.text)

    fields = {"to": newest(office), "reason": "短"}
    assert operator.send(f"{PAGE}/{old}", fields).status_code == 422
    assert "E_CORRECTION_REASON" in operator.text
    operator.send(f"{PAGE}/{old}", {**fields, "reason": REASON}, follow=True)
    assert "等待另一名运行维护人员确认" in operator.text
    operator.send(f"{PAGE}/{old}", {**fields, "reason": REASON}, follow=True)  # pressed twice
    assert "等待另一名运行维护人员确认" in operator.text
    other = {**fields, "reason": f"{REASON}。"}
    assert operator.send(f"{PAGE}/{old}", other).status_code == 422
    assert "E_CORRECTION_WAITS" in operator.text
    assert operator.send(address_of(operator), {"action": "confirm"}).status_code == 409
    assert "E_CORRECTION_NEEDS_ANOTHER" in operator.text

    address = address_of(colleague)
    assert REASON in colleague.text
    assert "路运维" in colleague.text
    colleague.send(address, {"action": "confirm"}, follow=True)
    assert "正在逐件改用" in colleague.text
    operator.open(address)
    assert "已看0件，还有1件" in operator.text
    office.runner.run_due()
    operator.open(address)
    assert "正在逐件改用" not in operator.text

    assert "最新版本" in colleague.open(PAGE).text
    colleague.open(address)
    assert re.search(r"已改用\s*1件", colleague.text)
    colleague.send(address, {"action": "confirm"}, follow=True)  # pressed twice
    assert "已经确认并办理完毕" in colleague.text
    assert operator.send(address, {"action": "confirm"}).status_code == 409
    assert "E_CORRECTION_NOT_ASKED" in operator.text
    colleague.send(address, {"action": "undo", "reason": REASON}, follow=True)
    assert "撤回更正" in colleague.text


def test_a_case_that_cannot_go_on_is_listed_with_its_reason(
    operator: Desk, office: Office, case: Desk
) -> None:
    """The diagram is another: file and element, and nothing to ask for."""
    role = 'name="actorRole" value="{}"'
    old = corrected(office, "initial.bpmn", role.format("applicant"), role.format("enterprise"))

    operator.open(f"{PAGE}/{old}")

    assert re.search(r"不能改用\s*1件", operator.text)
    assert "initial.bpmn#" in operator.text
    assert operator.soup().find("textarea") is None


def test_versions_are_for_operators(desk: Sit, operator: Desk, office: Office) -> None:
    """Whoever else asks is refused; a version that no case runs on is not there."""
    assert desk("shencha").open(PAGE).status_code in (403, 404)
    assert operator.open(f"{PAGE}/{newest(office)}").status_code == 404
    assert operator.open(f"{PAGE}/corrections/nobody").status_code == 404


def test_a_version_that_was_withdrawn_meanwhile_is_told_at_the_confirmation(
    operator: Desk, colleague: Desk, office: Office, case: Desk
) -> None:
    """Cause and remedy stand on the page; the request can be declined, and the case stays."""
    old = corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
    operator.open(f"{PAGE}/{old}")
    operator.send(f"{PAGE}/{old}", {"to": newest(office), "reason": REASON}, follow=True)
    address = address_of(colleague)
    with writing(office.sessions) as session:
        definitions.withdraw(session, structural_engineer().key, office.now())
    office.definitions.forget()

    assert colleague.send(address, {"action": "confirm"}).status_code in (409, 422)
    assert "E_CORRECTION_VERSION" in colleague.text
    assert "撤下" in colleague.text
    assert "请刷新页面" in colleague.text

    colleague.send(address, {"action": "decline"}, follow=True)
    assert colleague.send(address, {"action": "confirm"}).status_code == 409
    assert "E_CORRECTION_NOT_ASKED" in colleague.text
