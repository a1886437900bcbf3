"""Signing in through the portal, as the manual's first chapter tells it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.people.persons import Consent, Person
from registry.ports import Identity
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web.visitors.sessions import WebSession

TAO, NEWCOMER = world.CITIZENS[0], world.CITIZENS[7]
COMPANY = world.COMPANIES[0]


@pytest.mark.proves("R11")
def test_a_person_signs_in_with_the_real_name_account(tab: Tab, office: Office) -> None:
    """R11: a real-name portal account opens a session as that person."""
    tab.sign_in("person", TAO.subject)

    assert tab.open("/").status_code == 200
    assert TAO.name in tab.frame
    with office.sessions() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "sign_in")).all()
        person = persons.by_identity(session, IdType.RESIDENT_ID, TAO.id_no)
    assert person is not None
    assert [event.actor for event in events] == [f"person:{person.id}"]


@pytest.mark.proves("R4")
@pytest.mark.proves("R12")
def test_a_first_sign_in_must_complete_the_registration(tab: Tab, office: Office) -> None:
    """R12, R4: no page of the service opens before 新用户注册 is complete."""
    tab.sign_in("person", NEWCOMER.subject)
    assert tab.open("/applications").location == "/sign-up"

    tab.open("/sign-up")
    assert NEWCOMER.name in tab.text
    assert NEWCOMER.id_no not in tab.page.text
    answer = tab.send("/sign-up", {"consents": ["account", "portrait"]})

    assert answer.location == "/readiness"
    with office.sessions() as session:
        person = session.scalar(select(Person).where(Person.name == NEWCOMER.name))
        assert person is not None
        given = session.scalars(select(Consent.purpose).where(Consent.person_id == person.id))
        assert set(given) == {"account", "portrait"}


@pytest.mark.proves("R12")
def test_who_was_taken_over_registers_first(tab: Tab, office: Office) -> None:
    """R12: on record from the register before ours is not registered: 新用户注册 comes first."""
    identity = Identity(
        name=NEWCOMER.name,
        sex=Sex(NEWCOMER.sex),
        birth=NEWCOMER.birth,
        id_type=IdType.RESIDENT_ID,
        id_no=NEWCOMER.id_no,
        mobile=NEWCOMER.mobile,
    )
    with writing(office.sessions) as session:
        persons.take_over(session, identity, at=office.now())

    tab.sign_in("person", NEWCOMER.subject)

    assert tab.open("/applications").location == "/sign-up"
    assert tab.send("/sign-up", {"consents": ["account", "portrait"]}).location == "/readiness"
    tab.open("/applications")
    assert NEWCOMER.name in tab.frame


@pytest.mark.proves("R14")
def test_an_enterprise_signs_in_with_certificate_and_password(tab: Tab) -> None:
    """R14: inserting the certificate and giving its password opens a session as the enterprise."""
    tab.sign_in("enterprise", COMPANY.uscc, pin=COMPANY.pin or "")

    tab.open("/")
    assert COMPANY.name in tab.frame


def test_a_whole_office_signs_in_from_one_address(tab: Tab) -> None:
    """R14: only wrong passwords are counted against an address, not the people behind it."""
    asked = tab.open("/sign-in/enterprise").location

    answers = {
        tab.send(asked, {"subject": COMPANY.uscc, "pin": COMPANY.pin}).status_code
        for _ in range(32)
    }

    assert answers == {303}


def test_guessing_passwords_from_one_address_is_stopped(tab: Tab) -> None:
    """R14, I13: thirty wrong passwords, spread over certificates, and the address has to wait."""
    asked = tab.open("/sign-in/enterprise").location
    keys = [company for company in world.COMPANIES if company.pin]

    for number in range(30):
        wrong = {"subject": keys[number % len(keys)].uscc, "pin": "000000"}
        assert tab.send(asked, wrong).status_code == 422
    answer = tab.send(asked, {"subject": COMPANY.uscc, "pin": COMPANY.pin})

    assert answer.status_code == 429
    assert "操作过于频繁" in tab.text


def test_signing_out_ends_the_session_on_the_server(tab: Tab, office: Office) -> None:
    tab.sign_in("person", TAO.subject)
    stolen = tab.client.get_cookie("zhuce")
    assert stolen is not None

    assert tab.send("/sign-out").status_code == 303

    tab.client.set_cookie("zhuce", stolen.value)
    assert tab.open("/applications").status_code == 303
    with office.sessions() as session:
        visitors = session.scalars(select(WebSession.visitor)).all()
    assert not any(visitors)


@pytest.mark.proves("F:sessions-5")
@pytest.mark.parametrize("meanwhile", ["idle", "signed out", "signed in again"])
def test_who_presses_sign_out_on_an_old_page_is_out(tab: Tab, clock: Clock, meanwhile: str) -> None:
    """Whatever happened to the session of that page: nobody is signed in, nothing is refused."""
    tab.sign_in("person", TAO.subject)
    fields = {"csrf_token": tab.token()}
    if meanwhile == "signed out":
        tab.send("/sign-out")
    else:
        clock.turn(minutes=31)
    if meanwhile == "signed in again":
        tab.sign_in("person", TAO.subject)

    answer = tab.client.post("/sign-out", data=fields)

    assert (answer.status_code, answer.location) == (303, "/")
    assert tab.open("/applications").status_code == 303


def test_nobody_is_signed_out_by_another_site(tab: Tab) -> None:
    """A form without a token of this browser's sessions ends none."""
    tab.sign_in("person", TAO.subject)

    answers = [tab.client.post("/sign-out", data={"csrf_token": token}) for token in ("", "x")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert tab.open("/applications").status_code == 200


def test_a_callback_cannot_be_replayed(tab: Tab) -> None:
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location
    assert tab.open(back).status_code == 303

    answer = tab.open(back)

    assert answer.status_code == 400
    assert "E_SIGN_IN" in tab.text
    assert "请返回登录页重新登录" in tab.text


def test_too_many_sign_ins_are_refused(tab: Tab) -> None:
    """Whoever knocks too often waits; the answer says how long."""
    answers = [tab.open("/sign-in/callback?state=guessed&code=guessed") for _ in range(21)]

    assert {answer.status_code for answer in answers[:20]} == {400}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) <= 60
    assert "E_TOO_MANY_ATTEMPTS" in tab.text
