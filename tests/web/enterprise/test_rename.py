"""【企业名称变更】 through the front door: names, list, PIN, progress, repetition."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from adapters.faults import OutsideFault
from casework.office import Office
from registry.applications import applications
from registry.applications.applications import About, Application
from registry.applications.statuses import Matter
from registry.certificates import certificates
from registry.certificates.certificates import Certificate
from registry.enterprises import enterprises, renames
from registry.enterprises.renames import RenameBatch
from storage.database import writing
from tests import engineers
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock

Sits = Callable[[str], Desk]
NEW = "上海示例结构设计（虚构01）集团有限公司"
NUMBERS = range(101, 104)
#: Demonstration people of the same enterprise, who hold paper certificates.
ON_PAPER = sum(paper.uscc == COMPANY.uscc for paper in world.papers())
ALL = len(NUMBERS) + ON_PAPER


@pytest.fixture
def clerk(desk: Sits) -> Desk:
    return desk("enterprise")


def twin(office: Office) -> EnterpriseQualificationsTwin:
    """Give the played qualification system."""
    return cast("EnterpriseQualificationsTwin", office.enterprise_qualifications)


@pytest.fixture
def hired(office: Office, clock: Clock) -> list[str]:
    """Register engineers of the enterprise; their names will change."""
    with writing(office.sessions) as session:
        enterprises.record(
            session, cast("Any", office.enterprises.by_uscc(COMPANY.uscc)), at=clock()
        )
        registered = engineers.register(
            session,
            office.files,
            NUMBERS,
            uscc=COMPANY.uscc,
            enterprise_name=COMPANY.name,
            at=clock(),
            valid_to=date(2029, 6, 1),
        )
        return [registration.id for registration in registered]


def newest(office: Office) -> RenameBatch:
    with office.sessions() as session:
        return renames.of_enterprise(session, COMPANY.uscc)[0]


def works(office: Office) -> None:
    """Let the workers do everything that is due."""
    while office.runner.run_due():
        pass


def strays(office: Office) -> str:
    """Leave a case that no list can go over; give its id."""
    with writing(office.sessions) as session:
        person = session.scalars(select(Certificate.person_id)).first()
        stray = applications.create(
            session,
            About(
                person_id=str(person),
                matter=Matter.RENEWAL,
                type=engineers.TYPE,
                uscc=COMPANY.uscc,
                enterprise_name=COMPANY.name,
            ),
            definition=office.definitions.latest(engineers.TYPE).hash,
            at=office.now(),
        )
        stray.status = "RETURNED"
        return stray.id


def compute(clerk: Desk) -> str:
    """Press 【注册企业名称批量变更】 and give the address of the batch."""
    clerk.open("/enterprise/rename")
    clerk.send("/enterprise/rename", {"type": engineers.TYPE}, follow=True)
    form = clerk.soup().select_one('form[action$="/confirm"]')
    assert form is not None, clerk.text
    return str(form["action"]).removesuffix("/confirm")


@pytest.mark.proves("R126")
def test_the_menu_leads_to_both_names(clerk: Desk, hired: list[str]) -> None:
    """R124, R126: the same name in both systems: where it must be changed first, no button."""
    clerk.open("/enterprise/inbox")
    assert clerk.soup().select_one('nav a[href="/enterprise/rename"]')

    clerk.open("/enterprise/rename")

    for words in (
        "变更前请先完成企业资质系统中对应的企业工商注册名称修改",
        "本系统中的企业名称",
        "企业资质系统中的企业名称",
        "现在不能变更",
        "请先在企业资质系统完成工商注册名称修改",
        "本企业还没有办理过企业名称变更",
    ):
        assert words in clerk.text
    assert not clerk.soup().select('main form[action="/enterprise/rename"]')
    answer = clerk.send("/enterprise/rename", {"type": engineers.TYPE})
    assert answer.status_code == 422
    assert "请先在企业资质系统完成工商注册名称修改" in clerk.text


@pytest.mark.proves("R129")
@pytest.mark.proves("R124")
@pytest.mark.proves("R128")
def test_the_way_of_the_manual(clerk: Desk, hired: list[str], office: Office) -> None:
    """R124, R127, R128, R129: names, list and counts, PIN, progress, what is done."""
    twin(office).rename(COMPANY.uscc, NEW)
    clerk.open("/enterprise/rename")
    assert "注册企业名称批量变更" in clerk.buttons()

    address = compute(clerk)
    for words in (
        COMPANY.name,
        NEW,
        "已领取的电子证书：换发新证书，须重新领取",
        "温示例",
        "不能撤销",
    ):
        assert words in clerk.text
    assert clerk.soup().select_one("iframe.paper__sheet")
    assert clerk.open(f"{address}/list.pdf").data.startswith(b"%PDF-")
    clerk.open("/enterprise/inbox")
    assert "核对清单并确认更名" in clerk.text
    heading = clerk.soup().select_one("main tbody th")
    assert heading is not None
    assert heading.get_text(strip=True) == "企业名称变更"  # heads the card on a telephone

    answer = clerk.send(f"{address}/confirm", {"pin": "wrong"})
    assert answer.status_code == 422
    assert "还可以输入4次" in clerk.text

    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    assert f"正在更名：已处理 0 / {ALL} 项" in clerk.text
    bar = clerk.soup().select_one("progress")
    assert bar is not None
    assert (bar["max"], bar["value"]) == ("100", "0")
    works(office)
    clerk.open(address)

    assert f"更名完成：共 {ALL} 项" in clerk.text
    assert clerk.soup().select("main .govuk-tag--green")
    assert "查看已盖章的企业名称变更清单" in clerk.text
    clerk.open("/notices")
    assert "企业名称变更已完成" in clerk.text
    clerk.open("/enterprise/rename")
    assert NEW in clerk.text
    assert "已完成" in clerk.text
    with office.sessions() as session:
        for registration_id in hired:
            query = select(Certificate).where(Certificate.registration_id == registration_id)
            versions = list(session.scalars(query.order_by(Certificate.version)))
            assert [version.validity for version in versions] == ["SUPERSEDED", "VALID"]


def test_the_progress_is_polled(clerk: Desk, hired: list[str], office: Office) -> None:
    """R128: the living part says 304 while nothing moved, and stops asking when all is done."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)
    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    living = clerk.soup().select_one("#progress")
    assert living is not None
    assert living["hx-get"] == f"{address}/progress"
    headers = json.loads(str(living["hx-headers"]))

    seen = clerk.client.get(f"{address}/progress", headers=headers)
    assert seen.status_code == 304
    works(office)
    after = clerk.client.get(f"{address}/progress", headers=headers)

    assert after.status_code == 200
    assert "更名完成" in after.text
    assert "hx-get" not in after.text


def test_a_list_can_be_given_up(clerk: Desk, hired: list[str], office: Office) -> None:
    """R127: 【取消】 before the PIN changes nothing and says so."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)

    clerk.send(f"{address}/cancel", {}, follow=True)

    assert "没有改变任何信息" in clerk.text
    clerk.open(address)
    assert "重新计算" in clerk.text


def test_an_old_list_is_computed_again(
    clerk: Desk, hired: list[str], office: Office, clock: Clock
) -> None:
    """R127: after 30 minutes 【确认更名】 shows a fresh list instead of confirming the old one."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)
    clock.turn(minutes=31)
    clerk.comes_as("enterprise")

    clerk.open(address)
    assert "已超过 30 分钟" in clerk.text
    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)

    assert "已重新计算，请核对后再确认" in clerk.text
    assert newest(office).state == "COMPUTED"
    assert not address.endswith(newest(office).id)


def test_what_failed_is_shown_and_tried_again(
    clerk: Desk, hired: list[str], office: Office
) -> None:
    """I16: each failed item with its reason; 【重试失败项】 does these alone."""
    twin(office).rename(COMPANY.uscc, NEW)
    case = strays(office)
    address = compute(clerk)
    assert "将作废 1 份未盖章申请的个人签名" in clerk.text
    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    works(office)

    clerk.open(address)
    assert f"1 项未完成，{ALL} 项已完成" in clerk.text
    assert clerk.soup().select("main .govuk-tag--red")
    assert clerk.soup().select("main td .govuk-caption-s")  # why, below what it touches
    with writing(office.sessions) as session:
        session.get_one(Application, case).status = "CLOSED"
    clerk.send(f"{address}/retry", {}, follow=True)
    works(office)
    clerk.open(address)

    assert f"更名完成：共 {ALL + 1} 项" in clerk.text


def test_the_system_outside_is_away(clerk: Desk, hired: list[str], office: Office) -> None:
    """R126: the page says which system does not answer, and keeps the history in sight."""
    twin(office).faults.switch(OutsideFault.DOWN)

    clerk.open("/enterprise/rename")

    assert "企业资质系统暂时无法连接" in clerk.text or "企业资质系统" in clerk.text
    assert "重新查询" in clerk.text
    assert "变更记录" in clerk.text
    assert clerk.send("/enterprise/rename", {"type": engineers.TYPE}).status_code == 422


def test_what_is_another_enterprises_does_not_exist(
    clerk: Desk, desk: Sits, hired: list[str], office: Office
) -> None:
    """R125: true ids of another enterprise are answered like invented ones."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)
    stranger = desk("other-enterprise")

    for page in (address, f"{address}/progress", f"{address}/list.pdf"):
        assert stranger.open(page).status_code == 404
    for page in ("confirm", "cancel", "retry"):
        assert stranger.send(f"{address}/{page}", {"pin": "135790"}).status_code == 404
    assert clerk.send("/enterprise/rename", {"type": "no-such-type"}).status_code == 404
    assert clerk.open("/enterprise/rename/0000").status_code == 404
    assert newest(office).state == "COMPUTED"


def test_pressing_at_the_wrong_moment(clerk: Desk, hired: list[str], office: Office) -> None:
    """I16: a second 【确认更名】 leads to the progress; 【取消】 and 【重试】 come too late."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)
    pin = {"pin": str(COMPANY.pin)}
    clerk.send(f"{address}/confirm", pin, follow=True)

    assert clerk.send(f"{address}/confirm", pin).status_code == 303
    assert clerk.send(f"{address}/cancel", {}).status_code == 409
    assert clerk.send(f"{address}/retry", {}).status_code == 409
    works(office)

    assert newest(office).state == "DONE"


def test_long_lists_have_pages(clerk: Desk, office: Office, clock: Clock) -> None:
    """R127: sixty engineers are two pages, and nobody is left out."""
    with writing(office.sessions) as session:
        engineers.register(
            session,
            office.files,
            range(200, 260),
            uscc=COMPANY.uscc,
            enterprise_name=COMPANY.name,
            at=clock(),
            valid_to=date(2029, 6, 1),
        )
    twin(office).rename(COMPANY.uscc, NEW)

    address = compute(clerk)
    rows = len(clerk.soup().select("main tbody tr"))
    following = clerk.soup().select_one("a[rel=next]")
    assert following is not None
    clerk.open(str(following["href"]))

    counted = 2 * 2  # on both pages: what is claimed, and what is on paper
    assert rows + len(clerk.soup().select("main tbody tr")) == 60 + ON_PAPER + counted
    assert address in str(following["href"])


def test_the_list_and_old_certificates_are_verified(
    clerk: Desk, hired: list[str], office: Office, app: Flask
) -> None:
    """R129: the sealed list is genuine; the file of the old certificate says 已更新."""
    twin(office).rename(COMPANY.uscc, NEW)
    address = compute(clerk)
    clerk.send(f"{address}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    works(office)
    with office.sessions() as session:
        second = session.scalars(
            select(Certificate).where(
                Certificate.registration_id == hired[0], Certificate.version == 2
            )
        ).one()
    sealed = office.files.get(str(newest(office).sealed_sha256))
    made = office.files.get(str(second.sha256))
    twin(office).rename(COMPANY.uscc, "上海示例第三个名称有限公司")
    clerk.send(f"{compute(clerk)}/confirm", {"pin": str(COMPANY.pin)}, follow=True)
    works(office)
    guest = Desk(app)

    guest.open("/verify")
    guest.post("/verify", {}, {"file": ("清单.pdf", sealed)})
    assert "企业名称变更清单" in guest.text
    assert "企业已确认" in guest.text
    guest.post("/verify", {}, {"file": ("证书.pdf", made)})
    assert "已更新" in guest.text
    guest.open(f"/verify/{second.qr_token}")
    assert "已更新" in guest.text
    with office.sessions() as session:
        newest_one = certificates.newest(session, hired[0])
    assert newest_one is not None
    guest.open(f"/verify/{newest_one.qr_token}")
    assert "上海示例第三个名称有限公司" in guest.text
