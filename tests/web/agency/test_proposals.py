"""Guidance, search, acts of the agency, corrections and bans, through the front door."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.applications import applications
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.ports import Identity
from registry.trail import audit
from registry.trail.audit import AuditEvent
from storage.database import new_id, writing
from tests import papers
from tests.web.browser import asks_once_more
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.furnished import Clock

Sits = Callable[[str], Desk]
TAO = world.CITIZENS[0]
TYPE = "structural-engineer-2"


@pytest.fixture
def registration(office: Office) -> Registration:
    """Put a registration of the first citizen on record."""
    now = office.now()
    with writing(office.sessions) as session:
        person = persons.by_identity(session, IdType(TAO.id_type), TAO.id_no)
        assert person is not None
        case = applications.Application(
            no=f"31S2C{new_id()[-10:]}",
            person_id=person.id,
            type=TYPE,
            definition=office.definitions.latest(TYPE).hash,
            matter="INITIAL",
            status="COMPLETED",
            status_since=now,
            created_at=now,
            saved_at=now,
            uscc=COMPANY.uscc,
            enterprise_name=COMPANY.name,
        )
        session.add(case)
        session.flush()
        return registrations.grant(
            session, case, valid_from=office.today(), years=3, at=now, province="99"
        )


def uploads(desk: Desk, address: str, fields: dict[str, Any], *, name: str = "evidence") -> None:
    """Send a form with one PDF."""
    sent = {
        "csrf_token": desk.token(),
        **desk.seen(address),
        **fields,
        name: (io.BytesIO(pdf()), "证据.pdf"),
    }
    desk.page = desk.client.post(address, data=sent, content_type="multipart/form-data")
    desk._follow()
    if asks_once_more(desk.page):
        desk.confirms()


def finds(desk: Desk, words: str) -> Desk:
    desk.send("/agency/people", {"q": words})
    return desk


# -- guidance -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "says", "leads"),
    [
        ("PERSON_NAME", "联系市住建委受理窗口，咨询电话", None),
        ("ID_NUMBER", "联系市住建委受理窗口，咨询电话", None),
        ("EMPLOYER", "先办理注销注册", "/applications/new"),
        ("EMPLOYER_NAME", "企业名称变更", None),
        ("MOBILE", "实名制信息采集系统", "/readiness"),
        ("PHOTO", "上传新照片", "/applications/new"),
        ("OTHER", "联系市住建委", None),
    ],
)
@pytest.mark.proves("R110")
@pytest.mark.proves("R111")
@pytest.mark.proves("R109")
def test_each_change_has_its_way(me: Desk, changed: str, says: str, leads: str | None) -> None:
    """R109–R111: what changed decides the way; the page says why and leads there."""
    me.open(f"/change?changed={changed}")

    assert says in me.text
    button = me.soup().select_one("main a.govuk-button")
    assert (str(button["href"]) if button else None) == leads


def test_guidance_is_open_to_everybody(app: Flask, desk: Sits) -> None:
    """R109–R111: without signing in; an enterprise finds its own way; nonsense finds none."""
    guest = Desk(app)
    assert guest.open("/change").status_code == 200
    guest.open("/change?changed=PERSON_NAME")
    assert "登录个人账号" in guest.text
    assert guest.open("/change?changed=<b>x").status_code == 200
    assert "<b>x" not in guest.page.text

    enterprise = desk("enterprise")
    enterprise.open("/change?changed=EMPLOYER_NAME")
    button = enterprise.soup().select_one("main a.govuk-button")
    assert button is not None
    assert button["href"] == "/enterprise/rename"


def test_reporting_what_is_to_be_corrected(me: Desk, desk: Sits) -> None:
    """R109: without a certificate here, officers read it, and the person is told what it is not."""
    me.open("/change?changed=PERSON_NAME")
    assert "本系统中没有您的有效证书" in me.text
    me.send("/change/report?changed=PERSON_NAME", {"text": "改"})
    assert me.page.status_code == 422
    assert "至少5个字" in me.text

    me.send("/change/report", {"text": "姓名已由公安机关更正。"}, follow=True)

    assert "已转告市住建委受理人员" in me.text
    assert "这不是申请，没有编号，本系统不显示处理结果" in me.text
    me.open("/notices")
    assert "姓名已由公安机关更正。这不是申请" in me.text  # one stop, though both texts bring theirs
    assert "本系统不显示处理结果" in me.text
    officer = desk("shouli")
    officer.open("/notices")
    assert "姓名已由公安机关更正" in officer.text


def test_what_a_holder_says_in_the_guide_is_a_report(me: Desk, desk: Sits, office: Office) -> None:
    """R109: whoever holds a certificate here begins a case, and reads its result beside it."""
    with office.sessions() as session:
        holder = persons.by_identity(session, IdType(TAO.id_type), TAO.id_no)
    assert holder is not None
    papers.paper(office, holder.id)
    me.open("/change?changed=PERSON_NAME")
    assert "结果在【电子注册证书管理】显示" in me.text

    me.send("/change/report?changed=PERSON_NAME", {"text": "改"})
    assert me.page.status_code == 422
    assert "至少5个字" in me.text
    me.send("/change/report", {"text": "姓名已由公安机关更正"}, follow=True)

    assert "核实中" in me.text
    officer = desk("shouli")
    officer.open(officer.task())
    assert "核实信息有误报告" in officer.text
    assert "姓名已由公安机关更正" in officer.text


# -- search -------------------------------------------------------------------------------------


def test_a_search_finds_masked_and_is_logged(
    desk: Sits, office: Office, registration: Registration
) -> None:
    """D.4, I20: by name, number or registration number; masked; each search in the audit log."""
    officer = desk("shencha")

    for words in (TAO.name, TAO.id_no, registration.no):
        finds(officer, words)
        assert TAO.name in officer.text
        assert registration.no in officer.text
        assert persons.mask_id(TAO.id_no) in officer.text
        assert words == TAO.id_no or TAO.id_no not in officer.page.text

    with office.sessions() as session:
        logged = session.scalars(select(AuditEvent).where(AuditEvent.action == "person.search"))
        facts = [event.facts for event in logged]
    assert len(facts) == 3
    assert all(TAO.id_no not in str(fact) and fact["found"] == 1 for fact in facts)


def test_a_search_that_finds_nobody(desk: Sits) -> None:
    """D.4: an empty answer says what to check; one character is no search."""
    officer = finds(desk("shencha"), "查无此人")
    assert "没有查到" in officer.text

    assert finds(officer, "陶").page.status_code == 422


def test_the_whole_number_is_shown_on_a_click_that_is_logged(
    desk: Sits, office: Office, registration: Registration
) -> None:
    """D.4: masked until the officer asks."""
    officer = desk("shencha")
    address = f"/agency/people/{registration.person_id}"
    officer.open(address)
    assert TAO.id_no not in officer.page.text

    officer.send(f"{address}/number")

    assert TAO.id_no in officer.page.text
    with office.sessions() as session:
        said = [event.action for event in audit.of(session, f"person:{registration.person_id}")]
    assert {"person.view", "person.number_shown"} <= set(said)


def test_who_may_not_look(desk: Sits, me: Desk, registration: Registration) -> None:
    """D.4: persons, enterprises and the operator of the machine find no people."""
    for visitor in (me, desk("enterprise")):
        assert visitor.open("/agency/people").status_code == 403
    operator = desk("yunwei")
    assert operator.open("/agency/people").status_code == 404
    assert operator.open(f"/agency/people/{registration.person_id}").status_code == 404
    officer = desk("shencha")
    assert officer.open("/agency/people/none").status_code == 404
    assert officer.open("/agency/cases/none").status_code == 404
    assert officer.open("/agency/registrations/none/act").status_code == 404
    assert desk("shouli").open(f"/agency/registrations/{registration.id}/act").status_code == 403


# -- acts ---------------------------------------------------------------------------------------


def proposes(officer: Desk, registration: Registration, **changes: str) -> None:
    fields = {"act": "RESCIND", "ground": "FRAUD", "facts": "提交的继续教育证明系伪造"}
    uploads(officer, f"/agency/registrations/{registration.id}/act", {**fields, **changes})


@pytest.mark.proves("I19")
def test_an_act_from_proposal_to_decision(
    me: Desk, desk: Sits, office: Office, registration: Registration
) -> None:
    """I14, I19: proposed, checked, served, heard, decided by another; each on its own page."""
    reviewer, approver = desk("shencha"), desk("jueding")
    proposes(reviewer, registration)
    assert "核对并提出处理意见" in reviewer.text
    assert "第七十九条" in reviewer.text
    task = reviewer.soup().select_one("form.card:not(.card--wash)")
    assert task is not None
    me.open("/applications")
    assert "陈述申辩" not in me.text

    reviewer.send(str(task["action"]), {"action": "propose_act", "outcome": "submit"}, follow=True)
    assert "正在告知当事人" in reviewer.text

    me.open("/applications")
    link = me.soup().select_one('a[href^="/hearings/"]')
    assert link is not None
    hearing = str(link["href"])
    me.open(hearing)
    assert "拟处理告知书" in me.text
    assert "陈述申辩期限" in me.text
    assert "含当日" in me.text
    me.send(hearing, {"statement": "无"})
    assert me.page.status_code == 422
    uploads(me, hearing, {"statement": "证明由培训机构提供，本人不知情"})
    assert "已提交" in me.text
    assert "本人不知情" in me.text
    assert "正在作出决定，您无需操作" in me.text
    assert "陈述申辩期限" not in me.text

    approver.open(approver.task())
    assert "本人不知情" in approver.text
    assert "剩" not in approver.text.partition("当前状态")[0]  # a decision has no hearing's due day
    approver.does("decide_act", outcome="act")
    assert approver.page.status_code == 422
    assert "请写明理由" in approver.text
    approver.does("decide_act", outcome="act", reasons="申辩没有证据支持，事实清楚")
    assert "注册和证书已终止" in approver.text

    me.open(hearing)
    assert "作出处理决定" in me.text
    assert "撤销注册决定书" in me.text or "处理决定书" in me.text
    with office.sessions() as session:
        assert registrations.get(session, registration.id).status == "RESCINDED"
    reviewer.open(f"/agency/people/{registration.person_id}")
    assert "已撤销" in reviewer.text
    assert "禁止申请" in reviewer.text
    me.open("/applications/new")
    assert "前不得再次申请" in me.text


def test_a_bad_proposal_says_what_is_wrong(desk: Sits, registration: Registration) -> None:
    """I19: nothing chosen, no facts, no file, no such law: each beside its field, input kept."""
    officer = desk("shencha")
    address = f"/agency/registrations/{registration.id}/act"

    assert officer.send(address, {"facts": "事实清楚证据充分"}).status_code == 422
    assert "请选择处理方式" in officer.text
    assert "事实清楚证据充分" in officer.page.text
    proposes(officer, registration, facts="短")
    assert "至少5个字" in officer.text
    proposes(officer, registration, act="REVOKE", ground="EXPIRED")
    assert "不适用于该情形" in officer.text
    officer.send(address, {"act": "RESCIND", "ground": "FRAUD", "facts": "证明系伪造的"})
    assert "请上传证据材料" in officer.text
    proposes(officer, registration, act="CANCEL", ground="EXPIRED")
    assert "尚未届满" in officer.text


def test_withdrawn_on_the_page_of_the_case(
    desk: Sits, registration: Registration, office: Office
) -> None:
    """I19: while the person is heard, an officer takes it back with a reason."""
    officer = desk("shencha")
    proposes(officer, registration)
    officer.does("propose_act", outcome="submit")
    officer.open(f"/agency/people/{registration.person_id}")
    link = officer.soup().select_one('a[href^="/agency/cases/"]')
    assert link is not None
    case = str(link["href"])

    assert officer.send(f"{case}/withdraw", {"reason": "错"}).status_code == 422
    officer.send(f"{case}/withdraw", {"reason": "事实尚需进一步核实"}, follow=True)

    assert "已撤回" in officer.text
    with office.sessions() as session:
        assert registrations.get(session, registration.id).status == "VALID"


def test_a_hearing_is_the_persons_own(
    desk: Sits, me: Desk, registration: Registration, office: Office
) -> None:
    """D.4: another person finds nothing; nobody finds a case that was not served."""
    officer = desk("shencha")
    proposes(officer, registration)
    with office.sessions() as session:
        case = session.scalars(
            select(applications.Application.id).where(
                applications.Application.matter == "EX_OFFICIO"
            )
        ).one()
    assert me.open(f"/hearings/{case}").status_code == 404
    officer.does("propose_act", outcome="submit")

    assert me.open(f"/hearings/{case}").status_code == 200
    assert me.open(f"/applications/{case}").status_code == 404
    assert desk("person-02").open(f"/hearings/{case}").status_code == 404
    assert desk("enterprise").open(f"/enterprise/applications/{case}").status_code == 404


@pytest.mark.proves("F:crossed-7")
def test_what_comes_after_the_hearing_is_told_and_not_lost(
    desk: Sits, me: Desk, registration: Registration, office: Office, clock: Clock
) -> None:
    """The period passed while the page was open: the answer says so, and shows what was typed."""
    officer = desk("shencha")
    proposes(officer, registration)
    officer.does("propose_act", outcome="submit")
    me.open("/applications")
    link = me.soup().select_one('a[href^="/hearings/"]')
    assert link is not None
    hearing = str(link["href"])
    clock.turn(days=40)
    while office.runner.run_due():
        pass
    me.comes_as("person-01")

    me.send(hearing, {"statement": "证明由培训机构提供，本人不知情"})

    assert me.page.status_code == 422
    assert "您填写的内容（没有提交）" in me.text
    assert "本人不知情" in me.text
    assert "没有提交" in me.text
    assert not me.soup().select("textarea")


# -- corrections --------------------------------------------------------------------------------


class Changed:
    """The real-name system after the person's name was corrected there."""

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Know the new name alone."""
        if (id_no, name) != (TAO.id_no, "陶更名"):
            return None
        return Identity(
            name="陶更名",
            sex=Sex(TAO.sex),
            birth=date(1992, 8, 25),
            id_type=id_type,
            id_no=id_no,
            mobile=TAO.mobile,
        )


def test_a_correction_by_two_officers(
    desk: Sits, office: Office, registration: Registration
) -> None:
    """R109, I20: proposed with evidence, checked, confirmed by another; the record follows."""
    acceptor, approver = desk("shouli"), desk("jueding")
    address = f"/agency/people/{registration.person_id}/correction"
    good = {
        "name": "陶更名",
        "id_type": TAO.id_type,
        "id_no": TAO.id_no,
        "reason": "公安机关已更正姓名",
    }
    uploads(acceptor, address, good)
    assert "实名制信息采集系统中没有" in acceptor.text
    assert "公安机关已更正姓名" in acceptor.page.text
    office.realnames = Changed()

    uploads(acceptor, address, good)
    assert "核对并提出更正" in acceptor.text
    acceptor.does("propose_correction", outcome="submit")
    approver.does("confirm_correction", outcome="decline")
    assert approver.page.status_code == 422
    approver.does("confirm_correction", outcome="confirm")

    assert "身份信息已更正" in approver.text
    with office.sessions() as session:
        assert persons.get(session, registration.person_id).name == "陶更名"
    finds(acceptor, TAO.name)
    assert "陶更名" in acceptor.text
    acceptor.open(f"/agency/people/{registration.person_id}")
    assert "曾用身份信息" in acceptor.text


# -- bans ---------------------------------------------------------------------------------------


def test_a_ban_is_imposed_listed_and_lifted(
    me: Desk, desk: Sits, registration: Registration
) -> None:
    """R19, I19, Law 78: by an approver, with ground and facts; lifted with a reason."""
    approver = desk("jueding")
    approver.open("/agency/bans")
    assert "没有禁止申请的人员" in approver.text
    address = f"/agency/people/{registration.person_id}/bans"

    assert approver.send(address, {"reason": "提供虚假材料"}).status_code == 422
    assert "请选择依据" in approver.text
    wrong = {"basis": "CRIMINAL", "reason": "提供虚假材料", "until": "2020-01-01"}
    assert approver.send(address, wrong).status_code == 422
    assert "今天以后的日期" in approver.text
    good = {"basis": "FALSE_MATERIAL", "reason": "申请时提供虚假材料"}
    approver.send(address, good, follow=True)
    assert "已记录" in approver.text

    approver.open("/agency/bans")
    assert "2027年11月24日前" in approver.text
    lift = approver.soup().select_one('form[action$="/lift"]')
    assert lift is not None
    assert approver.send(str(lift["action"]), {"reason": "无"}).status_code == 422
    approver.send(str(lift["action"]), {"reason": "经复议撤销原决定"}, follow=True)
    assert "已解除" in approver.text
    assert "没有禁止申请的人员" in approver.text
    assert approver.send("/agency/bans/none/lift", {"reason": "经复议撤销"}).status_code == 404
    assert desk("shencha").open("/agency/bans").status_code == 403
    assert desk("shencha").send(address, good).status_code == 403


def test_the_pages_of_cases_nobody_has(desk: Sits, registration: Registration) -> None:
    """D.4: an address made up leads nowhere."""
    officer = desk("shencha")

    assert (
        officer.send("/agency/cases/none/withdraw", {"reason": "没有这个案件"}).status_code == 404
    )
    assert officer.send("/agency/people/none/number").status_code == 404
    assert re.search("404|不存在", officer.text)
