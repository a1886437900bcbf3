"""纸质证书换领电子证书 and 加注使用 in front of the pages; what verification says of copies."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.certificate import reissues
from casework.office import Office
from engine import actors
from registry.applications import documents
from registry.certificates.certificates import Certificate
from registry.identifiers import IdType
from registry.people import persons
from storage.database import new_id
from tests.papers import paper
from tests.web.desk import Desk
from tests.web.furnished import Clock
from web.demo.portrait import draw

Sits = Callable[[str], Desk]
PHOTO = ("我.jpg", draw(1))


def give_paper(office: Office, citizen: world.Citizen = world.CITIZENS[0]) -> None:
    """Put a paper certificate of a demonstration person on record."""
    with office.sessions() as session:
        person = persons.by_identity(session, IdType(citizen.id_type), citizen.id_no)
    assert person is not None
    paper(office, person.id)


def starts(me: Desk) -> str:
    """Press 【纸质证书换领电子证书】 beside the paper certificate; return the page's address."""
    me.open("/certificates")
    form = me.soup().select_one("form[action='/applications/new']")
    assert form, me.text
    fields = {
        str(element["name"]): str(element["value"]) for element in form.select("input[value]")
    }
    me.send("/applications/new", fields, follow=True)
    match = re.search(r"/applications/[0-9a-f]{32}/exchange", me.page.text)
    assert match, me.text
    return match[0]


def exchanges(me: Desk, office: Office) -> str:
    """Exchange a paper certificate; return the id of the electronic one."""
    give_paper(office)
    address = starts(me)
    me.post(address, {"action": "confirm", "checked": "true"}, {"photo": PHOTO})
    assert "换领成功" in me.text, me.text
    match = re.search(r"/certificates/([0-9a-f]{32})\.pdf", me.page.text)
    assert match, me.text
    return match[1]


@pytest.mark.proves("R116")
@pytest.mark.proves("R118")
@pytest.mark.proves("R120")
@pytest.mark.proves("R119")
def test_exchange_by_the_manual(me: Desk, office: Office, desk: Sits) -> None:
    """R117–R123: list, check, photo with spec and size, 【确定】, download; paper is replaced."""
    give_paper(office)
    me.open("/certificates")
    for words in ("纸质证书，可换领", "第1版（纸质）", "纸质证书换领电子证书"):
        assert words in me.text
    address = starts(me)
    for words in (
        "陶示例",
        "310*************13",
        "不超过 5M",
        "295×413 像素（25×35 毫米）",
        "信息有误",
    ):
        assert words in me.text

    me.post(address, {"action": "confirm", "checked": "true"})
    assert me.page.status_code == 422
    assert "请先上传照片" in me.text
    me.post(address, {"action": "upload"}, {"photo": ("我.jpg", b"no picture")})
    assert me.page.status_code == 422
    me.post(address, {"action": "upload"}, {"photo": PHOTO})
    assert "照片已上传" in me.text
    me.post(address, {"action": "confirm"})
    assert me.page.status_code == 422
    assert "勾选“信息无误”" in me.text
    me.post(address, {"action": "confirm", "checked": "true"})

    assert "换领成功" in me.text
    for words in ("第2版（电子） 纸质证书换领", "已换领电子证书，以电子证书为准"):
        assert words in me.text
    match = re.search(r"/certificates/[0-9a-f]{32}\.pdf", me.page.text)
    assert match
    assert me.client.get(match[0]).data.startswith(b"%PDF-")
    me.post(address, {"action": "confirm", "checked": "true"})
    assert me.page.status_code == 200
    stranger = desk("person-02")
    assert stranger.open(address).status_code == 404
    assert stranger.send(address, {"action": "confirm"}).status_code == 404


def test_an_exchange_goes_on_where_it_was_left(me: Desk, office: Office) -> None:
    """R119, R20: 我的申请, its form address and the list lead back; 新增注册申请 offers it too."""
    give_paper(office)
    me.open("/applications/new")
    assert "持有有效纸质注册证书的，换领电子证书" in me.text
    address = starts(me)

    me.open("/applications")
    assert address in me.page.text
    me.open("/certificates")
    assert "继续换领" in me.text
    me.open(address.replace("/exchange", "/form"))
    assert me.page.headers["Location"].endswith(address)
    me.open(address.replace("/exchange", ""))
    assert "核对信息并上传照片" in me.text
    assert "企业确认" not in me.text
    assert me.open("/applications/nothing/exchange").status_code == 404


def test_reporting_wrong_data(me: Desk, office: Office, desk: Sits) -> None:
    """R109: what the holder says is wrong reaches the acceptors, and needs five characters."""
    give_paper(office)
    me.open("/certificates")
    match = re.search(r"/certificates/[0-9a-f]{32}/report", me.page.text)
    assert match, me.text
    me.open(match[0])
    assert "由管理部门核实后更正" in me.text
    me.send(match[0], {"text": "错"})
    assert me.page.status_code == 422
    me.send(match[0], {"text": "姓名应为陶样例，请核实"}, follow=True)
    assert "已告知管理部门" in me.text

    officer = desk("shouli")
    officer.open("/notices")
    assert "姓名应为陶样例" in officer.text
    assert desk("person-02").open(match[0]).status_code == 404
    me.open("/certificates")
    assert "核实中" in me.text
    me.send(match[0], {"text": "出生日期也不对，请核实"})
    assert me.page.status_code == 422
    assert "正在核实" in me.text

    officer.open(officer.task())
    for words in ("核实信息有误报告", "姓名应为陶样例", "由此提出更正"):
        assert words in officer.text
    correction = officer.soup().select_one('a[href*="/correction?report="]')
    assert correction is not None
    officer.open(str(correction["href"]))
    assert "信息有误：姓名应为陶样例" in officer.page.text
    officer.does("examine_report", outcome="ANSWERED", reasons="无误")
    assert officer.page.status_code == 422
    officer.does("examine_report", outcome="ANSWERED", reasons="与身份证一致，无需更正")
    assert "已答复持证人" in officer.text
    me.open("/certificates")
    for words in ("已答复，未作更正", "与身份证一致，无需更正"):
        assert words in me.text


def test_a_copy_with_purpose_and_window(me: Desk, office: Office, desk: Sits, clock: Clock) -> None:
    """B.6, R115: asked, made, downloaded; the QR and the file say purpose, window and state."""
    certificate = exchanges(me, office)
    address = f"/certificates/{certificate}/copies"
    me.open(address)
    assert "还没有加注副本" in me.text
    values = {
        str(element["name"]): str(element["value"])
        for element in me.soup().select("main input[value]")
    }
    assert values["last"] == "2027-05-22"

    me.send(address, {**values, "purpose": "投"})
    assert me.page.status_code == 422
    assert "请用2至50个字写明用途" in me.text
    for _ in range(2):
        me.send(address, {**values, "purpose": "示例项目投标", "last": "2026-12-24"}, follow=True)
    assert me.text.count("示例项目投标") >= 1
    assert "制作中" in me.text
    while office.runner.run_due():
        pass
    me.open(address)
    files = re.findall(r"/certificates/\w+/copies/\w+\.pdf", me.page.text)
    assert len(files) == 1
    answer = me.client.get(f"{files[0]}?download=1")
    assert answer.data.startswith(b"%PDF-")
    assert "加注副本" in unquote(answer.headers["Content-Disposition"])
    token = re.search(r"/verify/[0-9A-Z]{12}", me.page.text)
    assert token

    anybody = desk("person-02")
    assert anybody.open(files[0]).status_code == 404
    assert anybody.open(address).status_code == 404
    assert anybody.send(address, {"purpose": "投标"}).status_code == 404
    anybody.open(token[0])
    for words in ("加注副本在使用期内", "示例项目投标", "2026年12月24日"):
        assert words in anybody.text
    anybody.post("/verify", {}, {"file": ("副本.pdf", answer.data)})
    for words in ("文件真实有效", "使用期内", "示例项目投标"):
        assert words in anybody.text
    clock.turn(days=40)
    anybody.open(token[0])
    assert "已过使用期" in anybody.text
    anybody.post("/verify", {}, {"file": ("副本.pdf", answer.data)})
    assert "文件真实有效" not in anybody.text
    assert "已过使用期" in anybody.text
    me.comes_as("person-01")
    assert me.client.get(files[0]).status_code == 409


@pytest.mark.proves("I17")
def test_a_replaced_version_leads_to_the_new_one(me: Desk, office: Office) -> None:
    """R129, I17: the old address says so and leads to the new claim; the old file is not given."""
    certificate = exchanges(me, office)
    me.send(
        f"/certificates/{certificate}/copies",
        {"request": new_id(), "purpose": "投标", "first": "2026-11-24", "last": "2026-11-30"},
    )
    while office.runner.run_due():
        pass
    with office.sessions() as session:
        old = session.get_one(Certificate, certificate)
    reissues.start(
        office,
        old.registration_id,
        "RENAME",
        actors.SYSTEM,
        application_id=new_id(),
        changes={"enterprise_name": "新名称有限公司"},
    )

    me.open("/certificates")
    first = me.soup().select_one(".certificate")
    assert first
    assert "待领取" in first.text
    assert "企业名称变更" in first.text
    assert "证书信息已更新，请领取新版" in me.text
    with office.sessions() as session:
        new = session.scalars(
            select(Certificate).where(Certificate.claim_state == "UNCLAIMED")
        ).one()
    for method in ("GET", "POST"):
        data = {"csrf_token": me.token()}
        answer = me.client.open(f"/certificates/{certificate}/claim", method=method, data=data)
        assert answer.headers["Location"].endswith(f"/certificates/{new.id}/claim")
    refused = me.client.get(f"/certificates/{certificate}.pdf")
    assert refused.status_code == 409
    assert "请领取新版" in refused.text
    with office.sessions() as session:
        files = [version.sha256 for version in documents.versions(session, str(old.document_id))]
    for sha256 in files[1:]:  # sealed, and with its long-term evidence
        me.post("/verify", {}, {"file": ("旧版.pdf", office.files.get(sha256))})
        assert "证书当前状态：已更新" in me.text
        assert "文件真实有效" not in me.text
    me.open(f"/certificates/{certificate}/copies")
    assert "证书已失效" in me.text
    assert "制作加注副本" not in me.text
    me.send(f"/certificates/{new.id}/claim", {}, follow=True)
    assert "领证成功" in me.text
    assert me.client.get(f"/certificates/{new.id}.pdf").data.startswith(b"%PDF-")


def test_paper_has_no_electronic_pages(me: Desk, office: Office) -> None:
    """R116: a paper certificate is not claimed, downloaded or copied."""
    give_paper(office)
    me.open("/certificates")
    match = re.search(r"/certificates/([0-9a-f]{32})/report", me.page.text)
    assert match

    for page in ("/claim", ".pdf", "/copies"):
        assert me.open(f"/certificates/{match[1]}{page}").status_code == 404


@pytest.mark.parametrize("citizen", [world.CITIZENS[7]])
def test_who_was_taken_over_still_signs_up(
    office: Office, app: Flask, citizen: world.Citizen
) -> None:
    """R12, R116: known from the register before ours is not yet 新用户注册."""
    from datetime import date

    from casework.registration import register_import
    from tests import papers

    row = papers.row(office, _first_person(office)) | {
        "姓名": citizen.name,
        "性别": "女",
        "出生日期": date(1996, 4, 18).isoformat(),
        "证件号码": citizen.id_no,
        "手机号码": citizen.mobile,
    }
    report = register_import.take_over(office, [(2, row)], papers.TYPE, dry=False)
    assert (report.entered, report.bad) == (1, ())
    newcomer = Desk(app)
    newcomer.sign_in("person", citizen.subject)
    newcomer.open("/certificates")
    assert newcomer.page.status_code == 303


def _first_person(office: Office) -> str:
    citizen = world.CITIZENS[0]
    with office.sessions() as session:
        person = persons.by_identity(session, IdType(citizen.id_type), citizen.id_no)
    assert person is not None
    return person.id
