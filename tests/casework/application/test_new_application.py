"""Which matters may be started, with every reason; one open application a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import func, select

from casework.application import new_application
from casework.application.new_application import NotAvailable
from engine.actors import Actor
from engine.tables import ProcessInstance
from registry.applications.applications import Application
from registry.applications.statuses import PERSONAL, Matter
from registry.authority import bans
from registry.certificates import registrations
from registry.errors import OpenApplicationExists
from registry.people import persons
from storage.database import writing
from tests.offices import TYPE, Town, person_id


def reasons(town: Town, person: Actor, matter: str) -> dict[str, str]:
    """Give the reasons against a matter: code → text."""
    items = new_application.availability(town.office, person_id(person), TYPE)
    [item] = [listed for listed in items if listed.matter == matter]
    assert item.is_available == (not item.reasons)
    return {reason.code: reason.text for reason in item.reasons}


@pytest.mark.proves("R18")
def test_every_matter_is_listed_with_what_is_against_it(town: Town) -> None:
    """R18, R19: all items appear; initial registration is free, the others say why not."""
    person = town.person()

    items = new_application.availability(town.office, person_id(person), TYPE)

    assert [item.matter for item in items] == [matter for matter in Matter if matter in PERSONAL]
    assert [item.title for item in items if item.is_available] == ["初始注册"]
    assert "E_NOT_REGISTERED" in reasons(town, person, "RENEWAL")
    assert "未注册" in reasons(town, person, "CANCELLATION")["E_NOT_VALID"]


@pytest.mark.both_databases
@pytest.mark.proves("R20")
def test_one_open_application_a_person(town: Town) -> None:
    """R20: an application in progress is named and has to be finished first."""
    person = town.person()
    case = town.starts(person)

    text = reasons(town, person, "INITIAL")["E_OPEN_APPLICATION"]

    assert town.case(case).no in text
    assert "填写中" in text
    with pytest.raises(NotAvailable) as refusal:
        town.starts(person)
    assert [reason.code for reason in refusal.value.reasons] == ["E_OPEN_APPLICATION"]


def test_a_registered_person_cancels_first(town: Town) -> None:
    """R19, R110: whoever is validly registered reads where and until when."""
    person = town.person()
    town.already_registered(person_id(person))

    told = reasons(town, person, "INITIAL")

    assert "2029年9月6日" in told["E_ALREADY_REGISTERED"]
    assert "虚构08" in told["E_ALREADY_REGISTERED"]


@pytest.mark.both_databases
@pytest.mark.proves("I15")
def test_after_cancellation_a_new_registration_is_offered_at_once(town: Town) -> None:
    """I15: cancelled, expired: initial registration is free again."""
    person = town.person()
    town.already_registered(person_id(person), status="CANCELLED")

    assert reasons(town, person, "INITIAL") == {}


@pytest.mark.both_databases
def test_all_reasons_are_told_together(town: Town) -> None:
    """R19: a ban, a bar and an open application are all told, each with its text."""
    person = town.person()
    town.starts(person)
    with writing(town.office.sessions) as session:
        for basis in ("FRAUD", "CRIMINAL"):
            bans.impose(session, person_id(person), basis, actor="test", at=town.clock())

    told = reasons(town, person, "INITIAL")

    assert set(told) == {"E_OPEN_APPLICATION", "E_BAN_ACTIVE", "E_BARRED"}
    assert "2029年9月7日" in told["E_BAN_ACTIVE"]


def test_an_account_without_real_name_starts_nothing(town: Town) -> None:
    """R12: 新用户注册 comes first."""
    person = town.person()
    with writing(town.office.sessions) as session:
        persons.get(session, person_id(person)).realname_verified_at = None

    assert "E_REALNAME_REQUIRED" in reasons(town, person, "INITIAL")


@pytest.mark.both_databases
def test_twenty_starts_at_once_make_one_application(town: Town) -> None:
    """R20: twenty simultaneous starts: one application and one process, nineteen refusals."""
    person = town.person()

    def start(_: int) -> bool:
        try:
            town.starts(person)
        except (OpenApplicationExists, NotAvailable):
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        started = list(pool.map(start, range(20)))

    assert started.count(True) == 1
    with town.office.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 1
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 1


def test_the_number_can_be_read_over_the_telephone(town: Town) -> None:
    """R16: an application has a number with a check character."""
    case = town.starts(town.person())

    assert town.case(case).no.startswith("31S2C20260907")


def test_re_registration_may_ask_for_continuing_education(town: Town) -> None:
    """R28: whoever was registered before is known to the form's tables."""
    person = town.person(issued=date(2025, 6, 2))
    town.already_registered(person_id(person), status="CANCELLED")
    case = town.starts(person)
    town.enterprise()

    town.saves(case, person, town.values(case, person))

    assert town.status(case) == "READY_TO_SIGN"
    with town.office.sessions() as session:
        assert registrations.newest(session, person_id(person), TYPE) is not None
