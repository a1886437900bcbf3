"""What no walk comes to, pressed twice: what is kept, and what needs a story first."""

from __future__ import annotations

import pytest
from flask import Flask

from casework.office import Office
from registry.certificates.registrations import Registration
from tests.web.agency.test_proposals import TAO, Changed, registration
from tests.web.applicant.test_cancellation import ALONE, registered
from tests.web.applicant.test_renewal import Holds, holds
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.enterprise.test_rename import NEW as RENAMED
from tests.web.enterprise.test_rename import compute, hired, strays, twin, works
from tests.web.furnished import Clock, app, clock, desk, me, office, prepared
from tests.web.studio.test_drafting import HELP, begins, raw, saves
from tests.web.studio.test_new_types import ANSWERS, NEW, OLD, shown
from tests.web.test_pressed_twice import Sit, fault_of, sit

__all__ = ["app", "clock", "desk", "hired", "holds", "me", "office", "prepared"]
__all__ += ["registered", "registration", "sit"]

pytestmark = pytest.mark.proves("F:crossed-7")
KIND = "builder-2"


def test_what_a_script_keeps_of_a_form(sit: Sit, office: Office) -> None:
    """A group asked for anew, the enterprise looked up, what was typed kept: one draft."""
    me = sit("person-01")
    me.starts().open(f"{me.base}/form")
    form = me.soup().select_one("form[data-autosave]")
    assert form is not None
    typed = {
        name: str(form.select_one(f'input[name="{name}"]')["value"])  # type: ignore[index]
        for name in ("revision", "draft")
    }
    group = str(me.soup().select_one("[id^=group-]")["id"])  # type: ignore[index]
    number = group.rpartition("-")[2]
    printed = {group: str(me.soup().select_one(f'[name="{group}"]')["value"])}  # type: ignore[index]

    me.send(f"{me.base}/form/groups/{number}", {**printed, "qualification_region": "OTHER"})
    me.send(f"{me.base}/form/enterprise", {"enterprise_name": COMPANY.name})
    assert fault_of(me) == []
    me.send(f"{me.base}/form/draft", {**typed, "enterprise_phone": "021-00000009"})

    # The page knows its draft by the answer to the first press; a second one is told of it.
    assert me.doubled == []
    me.open(f"{me.base}/form")
    assert me.soup().select_one('input[name="enterprise_phone"][value="021-00000009"]')


def test_what_analysts_take_in_begin_and_publish(app: Flask, sit: Sit, office: Office) -> None:
    """An archive, a new type, a draft asked for and published: nothing is there twice."""
    me, loader, beginner = begins(Desk(app).comes_as("fenxi"), KIND), sit("fenxi"), sit("fenxi")
    archive = me.client.get(f"{me.application}/export").data
    loader.post("/studio/drafts/import", {}, {"archive": ("a.zip", archive)})
    beginner.open(f"{NEW}?from={OLD}")
    beginner.send(NEW, shown(beginner) | ANSWERS)
    saves(me, HELP, f"{raw(me, HELP)}请来电。\n")
    me.send(f"{me.application}/try", {}, follow=True)
    office.runner.run_due()
    asker, publisher = sit("fenxi"), sit("fenxi2")
    ask = f"/studio/publications/ask/{me.application.rpartition('/')[2]}"

    asker.open(ask)
    asker.send(ask, {"why": "说明写得更清楚"})
    publisher.open("/studio/publications")
    link = publisher.soup().select_one('main a[href^="/studio/publications/"]')
    assert link is not None
    publisher.send(str(link["href"]), {"action": "confirm"})

    assert [hand.doubled for hand in (loader, beginner, asker, publisher)] == [[]] * 4
    assert fault_of(publisher) == []


def test_a_correction_is_opened_once(sit: Sit, office: Office, registration: Registration) -> None:
    """更正: two presses with the same evidence are one case."""
    acceptor, person = sit("shouli"), registration.person_id
    office.realnames = Changed()
    good = {
        "name": "陶更名",
        "id_type": TAO.id_type,
        "id_no": TAO.id_no,
        "reason": "公安机关已更正姓名",
    }
    page = f"/agency/people/{person}/correction"

    acceptor.post(page, good, {"evidence": ("证据.pdf", pdf())})

    assert "核对并提出更正" in acceptor.text
    assert fault_of(acceptor) == []


def test_the_agency_is_asked_once_without_the_enterprise(
    app: Flask,
    sit: Sit,
    registered: str,
) -> None:
    """提请市住建委处理: two presses with the same proof are one request."""
    me = sit("person-01")
    me.starts("CANCELLATION")
    form = {"cancel_reason": "EMPLOYMENT_ENDED", "applicant_opinion": "true"}
    me.post(f"{me.base}/form", {"action": "save", "revision": me.revision(), **form})
    me.signs()
    back = {"action": "return", "reason": "工程尚未交接完毕"}
    clerk = Desk(app).comes_as("enterprise")
    clerk.send(f"/enterprise/applications/{me.application}", back, follow=True)
    asks = f"{me.base}/without-enterprise"
    me.open(asks)

    me.post(asks, ALONE, {"proofs": ("证明.pdf", pdf())})

    assert "已提请市住建委处理" in me.text
    assert fault_of(me) == []


def test_an_overtaken_renewal_goes_on_once(
    sit: Sit, holds: Holds, office: Office, clock: Clock
) -> None:
    """按初始注册（逾期）办理: two presses begin one case."""
    holds(5, "柏示例", "DEMO-31-0003")
    me = sit("person-03")
    me.starts("RENEWAL")
    me.renews(ce_compulsory_hours="66", ce_proof=("学时证明.pdf", pdf()))
    clock.turn(days=6)
    office.runner.run_due()
    me.comes_as("person-03")
    me.open(me.base)

    me.send(f"{me.base}/continue", {}, follow=True)

    assert "已带入原申请的内容" in me.text
    assert fault_of(me) == []


def test_what_failed_of_a_change_of_name_is_tried_once(
    app: Flask, sit: Sit, hired: list[str], office: Office
) -> None:
    """重试失败项: pressed twice the list goes round once."""
    twin(office).rename(COMPANY.uscc, RENAMED)
    strays(office)
    clerk = sit("enterprise")
    address = compute(clerk)
    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    works(office)

    clerk.send(f"{address}/retry", {}, follow=True)

    assert fault_of(clerk) == []
