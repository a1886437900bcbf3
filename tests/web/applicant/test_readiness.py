"""申报前的准备 tells what is usable now, and what is done in another window counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.people.persons import Person
from storage.database import writing
from tests.web.conftest import Clock
from tests.web.desk import Desk, pdf
from web.demo.portrait import draw

Sits = Callable[[str], Desk]


def revoke(office: Office, name: str) -> None:
    """Take somebody's certificate away, as after a lost telephone."""
    with office.sessions() as session:
        person = session.scalars(select(Person).where(Person.name == name)).one()
    held = office.signatures.custody.credential("applicant", person.id)
    assert held is not None
    office.signatures.authority.revoke(held.serial, "keyCompromise")


@pytest.mark.proves("F:trust-6", "R2")
@pytest.mark.proves("J1")
def test_a_revoked_certificate_is_applied_for_again(me: Desk, office: Office) -> None:
    """R2: the checklist offers 【申领数字证书】 to whoever cannot sign any more."""
    revoke(office, world.CITIZENS[0].name)

    me.open("/readiness")
    assert "完成以下各项后才能进行个人数字签名" in me.text
    assert me.soup().select_one('button[name="step"][value="certificate"]')

    me.send("/readiness", {"step": "certificate"}, follow=True)
    assert "各项准备均已完成" in me.text
    me.fills().signs()


@pytest.mark.proves("F:trust-6")
def test_an_expired_certificate_is_applied_for_again(desk: Sits, office: Office) -> None:
    """R2: three years on the checklist says what is missing, and signing goes on with a new one."""
    cast("Clock", office.clock).turn(days=3 * 365 + 1)
    me = desk("person-01")

    me.open("/readiness")
    assert "完成以下各项后才能进行个人数字签名" in me.text
    me.send("/readiness", {"step": "certificate"}, follow=True)

    assert "各项准备均已完成" in me.text
    hours = {"ce_compulsory_hours": "60", "ce_elective_hours": "60"}  # overdue by now
    me.starts().saves(photo=("我.jpg", draw(1)), ce_proof=("学时证明.pdf", pdf()), **hours)
    me.signs()


@pytest.mark.proves("F:trust-6")
def test_a_certificate_in_the_name_before_is_applied_for_again(me: Desk, office: Office) -> None:
    """R2: after a change of name the checklist says what is missing, and not only the signature."""
    with writing(office.sessions) as session:
        found = select(Person).where(Person.name == world.CITIZENS[0].name)
        session.scalars(found).one().name = "陶新名"

    me.open("/readiness")
    assert "完成以下各项后才能进行个人数字签名" in me.text

    me.send("/readiness", {"step": "certificate"}, follow=True)
    assert "各项准备均已完成" in me.text
    me.open("/digital-certificate")
    assert "陶新名" in me.text


@pytest.mark.proves("F:trust-8")
def test_preparing_in_another_window_leads_on(desk: Sits) -> None:
    """R1–R4, R38: the last preparation completes the task; 【个人数字签名】 shows the file."""
    me, window = desk("person-04"), desk("person-04")
    me.starts().saves(photo=("我.jpg", draw(4)))
    assert me.open(f"{me.base}/sign").location.endswith("/readiness")
    me.open("/readiness")
    assert "签名前还须完成：" in me.text

    for step in ("certificate", "signature"):
        window.send("/readiness", {"step": step}, follow=True)
    assert "各项准备均已完成" in window.text

    assert me.open(f"{me.base}/sign").status_code == 200
    assert me.soup().select_one("input[name=document_sha256]")
    assert "签名前的准备尚未完成" not in me.open(me.base).text
    assert window.soup().select_one('button[name="step"][value="continue"]')
    assert window.send("/readiness", {"step": "continue"}).location.endswith("/sign")
