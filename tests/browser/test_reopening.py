"""A refused application is decided anew, on the screens of officers (C.8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.applications import applications, decisions
from registry.applications.applications import About
from registry.applications.decisions import DecisionStep, Result
from registry.applications.statuses import Matter
from registry.people.persons import Person
from storage.database import writing
from tests.browser.hands import Hand, pdf
from tests.browser.tales import COMPANY

pytestmark = pytest.mark.browser

RULING = {"evidence": ("复议决定书.pdf", "application/pdf", pdf())}
NO = "沪府复字〔2026〕第12号"
WHY = "继续教育证明与系统记录不符"


def refused(office: Office, citizen: world.Citizen) -> None:
    """Put a refused application on record."""
    now = office.now()
    with writing(office.sessions) as session:
        [person] = [
            somebody
            for somebody in session.scalars(select(Person))
            if somebody.name == citizen.name
        ]
        case = applications.create(
            session,
            About(
                person_id=person.id,
                matter=Matter.INITIAL,
                type="structural-engineer-2",
                uscc=COMPANY.uscc,
                enterprise_name=COMPANY.name,
            ),
            at=now,
            definition=office.definitions.latest("structural-engineer-2").hash,
            status="REJECTED",
        )
        case.closed_at = now
        decisions.record(
            session,
            case.id,
            Result(step=DecisionStep.DECIDE, outcome="reject", reasons=[WHY]),
            officer_id="jueding",
            officer_name="决定人员",
            revision=0,
            at=now,
        )


def test_reopening_on_screen(somebody: Callable[..., Hand], office: Office) -> None:
    """I12: from the person's page to the confirmation; each page fits and is accessible."""
    citizen = world.CITIZENS[3]
    refused(office, citizen)
    reviewer = somebody(width=360, also=1280).comes_as("officer", "shencha")
    reviewer.goes("/agency/people").types(q=citizen.id_no).presses("查询").sees(citizen.name)
    reviewer.presses("查看", exact=False).sees("不予许可、不予受理的申请")
    reviewer.picture("refused")
    reviewer.presses("复议（诉讼）后重新办理", exact=False).sees(WHY)
    reviewer.presses("下一步：核对").sees("请对照文书填写完整").picture("reopening-faults")
    reviewer.chooses("行政复议决定书").chooses("撤销并责令重新作出决定")
    reviewer.types(ruling_no=NO, ruled_on=office.today().isoformat()).uploads(**RULING)
    reviewer.picture("reopening")
    reviewer.presses("下一步：核对").sees("核对并提出重新办理").picture("check")
    reviewer.chooses("提交确认").presses("确认").sees("转确认环节")

    approver = somebody(width=360, also=1280).comes_as("officer", "jueding")
    approver.goes("/agency/inbox").presses("办理", exact=False).sees(NO)
    approver.chooses("不予重新办理").presses("作出决定").sees("请写明理由")
    approver.picture("confirm")
    approver.types(reasons="文书不是针对本申请的决定").presses("作出决定").presses("确认提交").sees(
        "不予重新办理"
    )
