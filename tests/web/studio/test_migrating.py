"""Running cases are moved to a version with other diagrams, from the studio, on pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from casework.office import Office
from engine import definitions
from registry.trail.version_corrections import VersionCorrection
from storage.database import writing
from tests.professions.folders import structural_engineer
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.operations.test_versions import address_of, corrected, newest

__all__ = ["app", "clock", "desk", "office", "prepared"]

Sit = Callable[[str], Desk]
REASON = "决定阶段改为另一种画法"
PROCESS = "initial_registration"


@pytest.fixture
def case(desk: Sit) -> Desk:
    return desk("person-01").starts()


def rewritten(office: Office, word: str, other: str) -> str:
    """Deploy the type with every use of an id replaced; return the version before."""
    text = office.definitions.get(newest(office)).files["initial.bpmn"].decode()
    return corrected(office, "initial.bpmn", text, text.replace(word, other))


def works(office: Office) -> None:
    while office.runner.run_due():
        pass


def test_an_analyst_tries_and_asks_and_an_operator_confirms_and_undoes(
    desk: Sit, office: Office, case: Desk
) -> None:
    """Pairs are suggested and drawn; the dry run says yes or no; two people agree; and back."""
    analyst, operator, colleague = desk("fenxi"), desk("yunwei"), desk("yunwei2")
    old = rewritten(office, "decision_stage", "decision_part")
    page = f"/studio/versions/{old}/migrate"
    analyst.open("/studio")
    assert analyst.soup().find(href=page) is not None

    analyst.open(page)
    pictures = analyst.soup().select(".picture svg")
    assert len(pictures) == 2
    select = analyst.soup().select_one(f"select[name='{PROCESS}/decision_stage'] option[selected]")
    assert select is not None
    assert select["value"] == "decision_part"
    numbered = {text.get_text() for text in pictures[0].select("text[font-weight='700']")}
    assert numbered & {text.get_text() for text in pictures[1].select("text[font-weight='700']")}

    nothing = {f"{PROCESS}/decision_stage": "", "action": "show"}
    analyst.send(page, nothing)
    assert "停在这里的申请不能改" in analyst.text
    wrong = {f"{PROCESS}/decision_stage": "fill_form", "action": "try"}
    assert analyst.send(page, wrong).status_code == 422
    assert "E_NODES_REFUSED" in analyst.text

    migration = analyst.send(page, {"action": "try"}).headers["Location"]
    assert "正在逐件试算：已试0件，共1件" in analyst.open(migration).text
    assert analyst.send(migration, {"reason": REASON}).status_code == 422
    assert "E_NOT_TRIED" in analyst.text
    works(office)
    assert "1件可以改，0件不可以" in analyst.open(migration).text
    assert analyst.send(migration, {"reason": "短"}).status_code == 422
    assert "E_CORRECTION_REASON" in analyst.text
    analyst.send(migration, {"reason": REASON}, follow=True)
    assert "等待确认" in analyst.text
    assert analyst.send(migration, {"reason": REASON}).status_code == 303  # pressed twice
    assert analyst.send(migration, {"reason": f"{REASON}，再提一次"}).status_code == 422

    address = address_of(operator)
    assert REASON in operator.text
    assert operator.soup().find(href=migration) is not None
    assert "1件可以改" in operator.open(migration).text
    operator.send(address, {"action": "confirm"}, follow=True)
    works(office)
    operator.open(address)
    assert re.search(r"已改用\s*1件", operator.text)
    assert "改过以后没有继续办理的申请可以恢复原状" in operator.text

    operator.send(address, {"action": "undo", "reason": REASON}, follow=True)
    back = address_of(colleague)
    colleague.send(back, {"action": "confirm"}, follow=True)
    works(office)
    colleague.open(back)
    assert re.search(r"已改用\s*1件", colleague.text)
    assert "撤回改到新版本" in colleague.open("/operations/versions/corrections").text


def test_a_case_that_stays_is_listed_with_its_reason(desk: Sit, office: Office, case: Desk) -> None:
    """The step at which it waits has no counterpart: told, and nothing to ask for."""
    analyst = desk("fenxi")
    old = rewritten(office, "draft_60_days", "draft_two_months")
    page = f"/studio/versions/{old}/migrate"

    migration = analyst.send(page, {f"{PROCESS}/fill_form": "", "action": "try"}).headers[
        "Location"
    ]
    works(office)
    analyst.open(migration)

    assert "停在“填写初始注册申请表”，新版本没有对应的环节" in analyst.text
    assert analyst.soup().find("textarea") is None


@pytest.mark.proves("F:trust-2")
@pytest.mark.parametrize("posts", ["what it showed", "another version", "nothing"])
def test_a_version_that_was_not_shown_is_not_tried(
    desk: Sit, office: Office, case: Desk, posts: str
) -> None:
    """Another was published between the page and the press: told, and no trial has begun."""
    analyst, old = desk("fenxi"), rewritten(office, "draft_60_days", "draft_two_months")
    page = f"/studio/versions/{old}/migrate"
    analyst.open(page)
    shown = analyst.seen(page)["seen"]
    assert shown == newest(office)
    if posts == "what it showed":
        corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
        assert newest(office) != shown
    seen = {"what it showed": shown, "another version": old, "nothing": ""}[posts]

    analyst.send(page, {"action": "try", "seen": seen})

    assert analyst.page.status_code == 422
    assert "已有更新的版本" in analyst.text
    with office.sessions() as session:
        assert session.query(VersionCorrection).count() == 0


def test_migrations_are_for_analysts(desk: Sit, office: Office, case: Desk) -> None:
    """Whoever else asks is refused; a version that is the newest has none."""
    old = rewritten(office, "draft_60_days", "draft_two_months")
    page = f"/studio/versions/{old}/migrate"
    for login in ("shencha", "yunwei", "person-01"):
        assert desk(login).open(page).status_code in (302, 303, 403, 404)
    analyst = desk("fenxi")
    assert analyst.open(f"/studio/versions/{newest(office)}/migrate").status_code == 404
    assert analyst.open("/studio/migrations/nobody").status_code == 404


def moves(desk: Sit, office: Office, old: str) -> None:
    """Move the cases of a version to the newest, as the pages do."""
    analyst, operator = desk("fenxi"), desk("yunwei")
    page = f"/studio/versions/{old}/migrate"
    migration = analyst.send(page, {"action": "try"}).headers["Location"]
    works(office)
    analyst.send(migration, {"reason": REASON}, follow=True)
    operator.send(address_of(operator), {"action": "confirm"}, follow=True)
    works(office)


def marked(me: Desk, field: str) -> str:
    """Give what the form says above a field."""
    place = me.soup().select_one(f'[name="{field}"]')
    assert place is not None, field
    mark = place.find_previous("p", class_="asked")
    return "" if mark is None else " ".join(mark.get_text().split())


def asks(office: Office, name: str, title: str, other: str = "OTHER") -> str:
    """Deploy the type with one more question beside the phone; return the version before."""
    kind = structural_engineer()
    files = dict(kind.files)
    field = f'"{name}": {{"type": "string", "title": "{title}"}}, "enterprise_phone": {{'
    for path, before, after in (
        ("forms/initial.schema.json", '"enterprise_phone": {', field),
        ("forms/initial.schema.json", '"const": "OTHER"', f'"const": "{other}"'),
        ("forms/initial.ui.json", '"enterprise_phone"]', f'"enterprise_phone", "{name}"]'),
    ):
        assert before in files[path].decode()
        files[path] = files[path].decode().replace(before, after, 1).encode()
    with writing(office.sessions) as session:
        old = definitions.keys(session)[kind.key]
        definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()
    return old


def test_a_draft_on_a_newer_form_keeps_what_matches_and_says_what_changed(
    desk: Sit, office: Office
) -> None:
    """New, gone, other options: told at the field; what was typed elsewhere stands."""
    asks(office, "reachable", "紧急联系人")
    case = desk("person-01").starts()
    case.open(f"{case.base}/form")
    assert "申请表有了新的版本" not in case.text
    form = case.soup().select_one("form[data-autosave]")
    assert form is not None
    shown = {name: form.select_one(f'input[name="{name}"]') for name in ("csrf_token", "draft")}
    typed = {name: str(field["value"]) for name, field in shown.items() if field is not None}
    typed |= {"enterprise_phone": "021-00000001", "qualification_region": "OTHER"}
    typed |= {"reachable": "李四"}
    assert case.client.post(f"{case.base}/form/draft", data=typed).status_code == 200

    moves(desk, office, asks(office, "second_phone", "备用电话", "ELSEWHERE"))
    case.open(f"{case.base}/form")

    assert "申请表有了新的版本" in case.text
    assert "紧急联系人：李四" in case.text
    assert "新增的内容" in marked(case, "second_phone")
    assert "不再提供，请重新选择" in marked(case, "qualification_region")
    phone = case.soup().select_one('input[name="enterprise_phone"]')
    assert phone is not None
    assert phone["value"] == "021-00000001"
    assert case.soup().select_one('[name="qualification_region"][checked]') is None
