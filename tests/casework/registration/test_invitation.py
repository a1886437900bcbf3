"""An enterprise asks its people to renew: when they can, once a term, nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework.registration import invitation
from casework.registration.invitation import AlreadyInvited, RenewalNotOpen
from engine.actors import Actor
from refusals.refusal import NotFound
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.trail import notices
from tests.casework.registration import cancelling as they
from tests.offices import Town


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def registered(town: Town, person: Actor, employer: Actor) -> Registration:
    """Give a registration of which the renewal opened today."""
    granted = they.registers(town, person)
    town.clock.now += granted.valid_to - timedelta(days=90) - town.office.today()
    return granted


def told(town: Town, person: Actor) -> list[str]:
    with town.office.sessions() as session:
        listed = notices.inbox(session, person.id)
        return [notice.text for notice in listed if notice.kind == "renewal_invited"]


def test_a_person_is_invited_once_a_term(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """The message says by when to file; the second is refused and the list knows of the first."""
    invitation.invite(town.office, registered.id, employer)

    with pytest.raises(AlreadyInvited):
        invitation.invite(town.office, registered.id, employer)

    [text] = told(town, person)
    last = registered.valid_to - timedelta(days=30)
    assert registered.enterprise_name in text
    assert f"{last.year}年{last.month}月{last.day}日前（含当日）申请延续注册" in text
    with town.office.sessions() as session:
        kept = registrations.get(session, registered.id)
        assert invitation.invited(session, [kept]) == {registered.id}


def test_nobody_is_invited_too_early_too_late_or_by_strangers(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """Before the window, after the end, and somebody else's people: nothing is told."""
    with pytest.raises(NotFound):
        invitation.invite(town.office, registered.id, town.enterprise(2))
    town.clock.now -= timedelta(days=1)
    with pytest.raises(RenewalNotOpen, match="起可以申请"):
        invitation.invite(town.office, registered.id, employer)
    town.clock.now += timedelta(days=92)
    with pytest.raises(RenewalNotOpen, match="注册已失效"):
        invitation.invite(town.office, registered.id, employer)

    assert told(town, person) == []
