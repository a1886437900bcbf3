"""我的个人信息 through the front door: one's own file, consents, and the end of an account."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from adapters import world
from casework import upkeep
from casework.office import Office
from casework.privacy import said
from registry.applications.applications import Application, FormRevision
from registry.applications.attachments import Attachment
from registry.authority import bans
from registry.enterprises import operators
from registry.enterprises.enterprises import OperatorRole
from registry.identifiers import IdType
from registry.people import persons
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from signing import Role
from storage.database import Base, writing
from tests.web.browser import Tab
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw

ME = world.CITIZENS[0]
PAGE = "/my-data"


def person_of(office: Office) -> Person:
    with office.sessions() as session:
        person = persons.by_identity(session, IdType(ME.id_type), ME.id_no)
        assert person is not None
        return person


def actions(office: Office, person_id: str) -> list[str]:
    """Give what the trail says about a person."""
    with office.sessions() as session:
        about = AuditEvent.subject == f"person:{person_id}"
        return list(session.scalars(select(AuditEvent.action).where(about)))


def archive(me: Desk) -> zipfile.ZipFile:
    answer = me.open(f"{PAGE}/export.zip?download=1")
    assert answer.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def withdraws(me: Desk) -> None:
    me.open(f"{me.base}/withdraw")
    me.send(f"{me.base}/withdraw", me.seen(f"{me.base}/withdraw"), follow=True)


def test_the_file_holds_everything_and_who_looked(me: Desk, desk: Any, office: Office) -> None:
    """PIPL 45: rows, a page to read, every file, who read it; then it ends."""
    me.fills().signs()
    clerk: Desk = desk("enterprise")
    clerk.seals(me.application)
    officer: Desk = desk("shencha")
    officer.open(officer.task())
    person = person_of(office)

    # 1. Asked for twice it is one; the page tells how far it is, and that it is there.
    for _ in range(2):
        me.send(f"{PAGE}/export", {}, follow=True)
    assert "正在整理" in me.text
    office.runner.run_due()
    me.open(PAGE)
    assert "下载" in me.text

    # 2. What is in it, and nothing that finds or opens somebody.
    held = archive(me)
    data = json.loads(held.read("data.json"))
    page = BeautifulSoup(held.read("说明.html"), "html.parser").get_text(" ", strip=True)
    assert data["person"][0]["id_no"] == ME.id_no
    assert data["form_revision"][0]["content"]["person"]["name"] == ME.name
    assert "id_no_index" not in data["person"][0]
    assert {"consent", "notice", "timeline_entry", "document", "attachment"} <= data.keys()
    files = [name for name in held.namelist() if name.startswith("files/")]
    assert any(name.endswith(".pdf") and b"%PDF" in held.read(name)[:8] for name in files)
    assert any(name.endswith(".jpg") for name in files)
    assert "files/signature.png" in files
    assert ME.id_no in page
    assert "市住建委工作人员" in page
    assert COMPANY.name in page
    looks = {look["who"].split()[0] for look in data["looks"]}
    assert looks == {"市住建委工作人员", COMPANY.name}

    # 3. Nobody else gets it; it ends after its days, the bytes with it.
    assert desk("person-02").open(f"{PAGE}/export.zip").status_code == 409
    assert clerk.open(f"{PAGE}/export.zip").status_code == 403
    with office.sessions() as session:
        table = Base.metadata.tables["data_export"]
        digest = str(session.execute(select(table.c.sha256)).scalar_one())
    assert {"export.asked", "export.taken"} <= set(actions(office, person.id))
    office.clock.turn(days=9)  # type: ignore[attr-defined]  # the clock of the tests
    upkeep.run(office, office.today())
    office.runner.run_due()
    me.sign_in("person", ME.subject)
    me.open(PAGE)
    assert "导出我的个人信息" in me.text
    assert office.files.has(digest) is False  # type: ignore[attr-defined]  # a ContentStore has it


def test_the_file_may_be_deleted_before_its_time(me: Desk, office: Office) -> None:
    """Twice is once; asking again makes a new one."""
    me.send(f"{PAGE}/export", {}, follow=True)
    office.runner.run_due()

    for _ in range(2):
        me.send(f"{PAGE}/export/delete", {}, follow=True)
        assert "导出的文件已删除" in me.text

    assert me.open(f"{PAGE}/export.zip").status_code == 409
    assert "E_EXPORT_NOT_READY" in me.text
    me.send(f"{PAGE}/export", {}, follow=True)
    office.runner.run_due()
    assert archive(me).namelist()[:2] == ["说明.html", "data.json"]


def test_a_consent_withdrawn_takes_the_picture_and_stops_photographs(
    me: Desk, office: Office
) -> None:
    """PIPL 15: what was signed stays; nothing new is signed until it is given again."""
    withdraw = {"action": "withdraw", "purpose": "portrait"}
    me.fills()
    answer = me.send(f"{PAGE}/consent", withdraw)
    assert answer.status_code == 409
    assert "E_CLOSING_HINDERED" in me.text
    assert "正在办理，请先撤回" in me.text
    withdraws(me)

    for _ in range(2):
        me.send(f"{PAGE}/consent", withdraw, follow=True)
        assert "已撤回同意" in me.text
    assert person_of(office).signature_sha256 is None
    assert me.send("/readiness", {"step": "signature"}).status_code == 409
    assert "E_CONSENT_WITHDRAWN" in me.text
    me.starts().saves(photo=("我.jpg", draw(2)))
    assert "您已撤回使用照片和签名图片的同意" in me.text

    me.send(f"{PAGE}/consent", {**withdraw, "action": "give"}, follow=True)
    assert "已重新同意" in me.text
    me.saves(photo=("我.jpg", draw(2)))
    assert "数据校验已通过" in me.text
    said_so = [action for action in actions(office, person_of(office).id) if "consent" in action]
    assert said_so == ["consent.withdraw", "consent.give"]


@pytest.mark.parametrize("fields", [{"action": "withdraw", "purpose": "account"}, {"action": "x"}])
def test_no_other_consent_is_withdrawn_there(me: Desk, fields: dict[str, str]) -> None:
    """An account is closed on its own page; what is not offered is refused."""
    assert me.send(f"{PAGE}/consent", fields).status_code in (404, 409)


def test_running_cases_and_posts_hinder(me: Desk, office: Office) -> None:
    """The page says why and where to; the form is not there, and a form from before is refused."""
    me.fills()
    person = person_of(office)
    with writing(office.sessions) as session:
        operators.appoint(
            session,
            COMPANY.uscc,
            person_id=person.id,
            name=person.name,
            role=OperatorRole.VIEWER,
            acts_until=None,
            deputy_for=None,
            at=office.now(),
        )

    me.open(f"{PAGE}/close")

    assert "现在还不能注销" in me.text
    assert me.soup().select_one(f'main a[href="{me.base}"]') is not None
    assert f"您是{COMPANY.name}的经办人" in me.text
    assert me.soup().select_one('form[action="/my-data/close"]') is None
    answer = me.send(f"{PAGE}/close", {"confirmed": "true"})
    assert answer.status_code == 422
    assert "E_CLOSING_HINDERED" in me.text
    assert person_of(office).status == "ACTIVE"


def test_who_was_never_on_record_leaves_nothing(me: Desk, desk: Any, office: Office) -> None:
    """Draft, scans, picture, number: gone at once; the same identity comes back as somebody new."""
    me.fills()
    withdraws(me)
    before = person_of(office)
    other = desk("person-01")
    assert me.send(f"{PAGE}/close", {}).status_code == 422
    assert "E_CLOSING_NOT_CONFIRMED" in me.text

    me.send(f"{PAGE}/close", {"confirmed": "true"}, follow=True)
    assert "账号已注销" in me.text
    office.runner.run_due()

    # 1. Every session is over, in whatever browser; a second press finds nobody.
    for tab in (me, other):
        assert tab.open("/applications").location.startswith("/sign-in")
    # 2. Nothing is left that says who it was.
    with office.sessions() as session:
        closed = session.get_one(Person, before.id)
        assert (closed.status, closed.name, closed.mobile) == ("CLOSED", "（已注销）", "")
        assert ME.id_no not in (closed.id_no, closed.id_no_index)
        assert persons.by_identity(session, IdType(ME.id_type), ME.id_no) is None
        for table in (FormRevision, Attachment):
            assert session.scalars(select(table)).all() == []
    assert not office.files.has(str(before.signature_sha256))  # type: ignore[attr-defined]
    facts = office.signatures.custody.credential(Role.APPLICANT, before.id)
    assert facts is not None
    assert facts.revoked_at is not None
    # 3. He comes back as a stranger: 新用户注册, another account.
    me.sign_in("person", ME.subject)
    assert "新用户注册" in me.text
    me.send("/sign-up", {"consents": ["account", "portrait"]}, follow=True)
    assert person_of(office).id != before.id


def test_what_the_law_keeps_stays_and_is_his_again(me: Desk, desk: Any, office: Office) -> None:
    """A filed case, a registration, a bar: named with their laws before; no way round a bar."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    withdraws(me)
    person = person_of(office)
    with writing(office.sessions) as session:
        bans.impose(session, person.id, "FALSE_MATERIAL", actor="officer:1", at=office.now())

    me.open(f"{PAGE}/close")
    assert "国家档案局令第8号" in me.text
    assert "《行政许可法》第六十一条" in me.text
    me.send(f"{PAGE}/close", {"confirmed": "true"}, follow=True)

    with office.sessions() as session:
        closed = session.get_one(Person, person.id)
        assert (closed.status, closed.name) == ("CLOSED", ME.name)
        assert closed.id_no == ME.id_no
        assert closed.signature_sha256 is None
        assert session.scalars(select(FormRevision)).all() != []
    me.sign_in("person", ME.subject)
    assert "新用户注册" in me.text
    me.send("/sign-up", {"consents": ["account", "portrait"]}, follow=True)
    again = person_of(office)
    assert (again.id, again.status) == (person.id, "ACTIVE")
    assert me.open(me.base).status_code == 200
    me.send("/applications/new", {"matter": "INITIAL"}, follow=True)
    assert "不得再次申请" in me.text or "前不得" in me.text
    assert again.certificate_at is None


def test_nothing_begins_while_an_account_is_closed(me: Desk, office: Office) -> None:
    """A request in flight finds the account closed and begins no case (crossed)."""
    person = person_of(office)
    with writing(office.sessions) as session:
        session.get_one(Person, person.id).status = "CLOSED"

    me.send("/applications/new", {"matter": "INITIAL"}, follow=True)

    with office.sessions() as session:
        mine = Application.person_id == person.id
        assert session.scalars(select(Application).where(mine)).all() == []


def test_the_notice_tells_every_part_and_period(tab: Tab) -> None:
    """PIPL 17: public, from the two tables; linked at the foot of every page and at 新用户注册."""
    tab.open("/")
    assert tab.soup().select_one('footer a[href="/privacy"]') is not None
    tab.open("/privacy")
    words = tab.soup().get_text(" ", strip=True)

    for part in said.read().parts:
        assert part.what in words
        assert all(period in words for period in said.periods(part))
    assert all(asked.text in words for asked in said.read().consents)
