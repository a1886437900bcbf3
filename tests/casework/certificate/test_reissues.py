"""The next version of a certificate: issued, told, claimed; the wait for the old one ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from casework.case.refusals import NotElectronic
from casework.certificate import claims, publication, reissues
from engine import actors
from engine.actors import Actor
from registry.applications import timeline
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.errors import CertificateSuperseded, RegistrationNotValid
from registry.ports import CertificateState
from registry.trail import notices
from storage.database import new_id, writing
from tests.offices import TYPE, Town, person_id
from web.public import verification

NEW_NAME = "上海示例设计研究院有限公司"


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def case(town: Town, person: Actor) -> str:
    """Give an approved application whose certificate waits to be claimed."""
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    return case


def registration_of(town: Town, person: Actor) -> Registration:
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
    assert registration is not None
    return registration


def versions(town: Town, person: Actor) -> list[Certificate]:
    with town.office.sessions() as session:
        issued = certificates.of_person(session, person_id(person))
    return sorted(issued, key=lambda version: version.version)


def reissue(town: Town, person: Actor, **more: Any) -> str:
    """Give the person a new version with another name of the employer."""
    asked: dict[str, Any] = {
        "application_id": new_id(),
        "changes": {"enterprise_name": NEW_NAME},
        **more,
    }
    registration = registration_of(town, person)
    return reissues.start(town.office, registration.id, "RENAME", actors.SYSTEM, **asked)


@pytest.mark.both_databases
def test_a_new_version_is_issued_told_and_claimed(town: Town, case: str, person: Actor) -> None:
    """R128, R129, I17: the old version is superseded, the new one waits for 领证 again."""
    town.claims(case, person)

    again = reissue(town, person)

    first, second = versions(town, person)
    assert (first.validity, first.claim_state) == ("SUPERSEDED", "CLAIMED")
    assert (second.validity, second.claim_state, second.cause) == ("VALID", "UNCLAIMED", "RENAME")
    assert (first.no, first.identifier) != (second.no, second.identifier)
    assert second.facts == {**first.facts, "enterprise_name": NEW_NAME}
    assert town.status(again) == "APPROVED"
    with town.office.sessions() as session:
        [newest, *_] = notices.inbox(session, person.id)
    assert newest.kind == "certificate_reissued"
    town.claims(again, person)
    assert town.status(again) == "COMPLETED"
    assert claims.download(town.office, again, person).startswith(b"%PDF-")
    town.works()
    assert town.world.states[str(first.identifier)] == CertificateState.INVALID
    assert town.world.states[str(second.identifier)] == CertificateState.VALID
    assert town.troubles() == []


def test_the_file_of_an_older_version_is_genuine_and_counts_no_more(
    town: Town, case: str, person: Actor
) -> None:
    """R115, I14: its signature stands, and verification says that it was replaced."""
    town.claims(case, person)
    pdf = claims.download(town.office, case, person)
    assert verification.examine(town.office, pdf).ok

    reissue(town, person)
    town.works()

    verdict = verification.examine(town.office, pdf)
    assert verdict.report.ok
    assert not verdict.ok
    assert verdict.standing is not None
    assert verdict.standing.words == "证书当前状态：已更新"


@pytest.mark.both_databases
def test_the_wait_for_an_old_version_ends(town: Town, case: str, person: Actor) -> None:
    """I17, R129: two changes before the first claim; each older wait closes and says why."""
    second = reissue(town, person)
    town.works()
    third = reissue(town, person, changes={"name": "新名"})
    town.works()

    assert (town.status(case), town.status(second)) == ("COMPLETED", "COMPLETED")
    assert town.status(third) == "APPROVED"
    with town.office.sessions() as session:
        lines = [line.text for line in timeline.of(session, case)]
    assert "证书信息已更新，请领取新版，本次领证结束" in lines
    newest = versions(town, person)[-1]
    assert (newest.facts["name"], newest.facts["enterprise_name"]) == ("新名", NEW_NAME)
    with pytest.raises(CertificateSuperseded):
        town.claims(case, person)
    town.claims(third, person)
    assert town.troubles() == []


def test_the_same_case_again_changes_nothing(town: Town, case: str, person: Actor) -> None:
    """I16: a batch that is run again finds its item done."""
    asked = new_id()
    reissue(town, person, application_id=asked)
    reissue(town, person, application_id=asked)

    assert len(versions(town, person)) == 2


@pytest.mark.both_databases
def test_the_write_of_the_caller_is_in_the_transaction(
    town: Town, case: str, person: Actor
) -> None:
    """I16: what made the change and what shows it stand or fall together."""
    registration = registration_of(town, person)

    def fail(_: object) -> None:
        raise RuntimeError("示例")

    with pytest.raises(RuntimeError):
        reissue(town, person, write=fail)
    reissue(
        town,
        person,
        write=lambda session: setattr(
            registrations.get(session, registration.id), "enterprise_name", NEW_NAME
        ),
    )

    assert [version.version for version in versions(town, person)] == [1, 2]
    assert registration_of(town, person).enterprise_name == NEW_NAME


def test_nothing_is_issued_upon_an_ended_registration(town: Town, case: str, person: Actor) -> None:
    """I14: the end of a registration ends the wait for its certificate, and no other follows."""
    with writing(town.office.sessions) as session:
        registration = registrations.newest(session, person_id(person), TYPE)
        assert registration is not None
        registrations.end(session, registration, "REVOKED", reason="示例", at=town.clock())
        ended = certificates.invalidate(session, registration.id, "REVOKED", at=town.clock())
        publication.enqueue_ended(session, ended, town.clock(), "revoke")
    town.works()

    assert town.status(case) == "COMPLETED"
    with town.office.sessions() as session:
        assert "证书已吊销，不再领取" in [line.text for line in timeline.of(session, case)]
    with pytest.raises(RegistrationNotValid):
        reissue(town, person)
    assert len(versions(town, person)) == 1


def test_who_has_no_electronic_certificate_exchanges_first(town: Town) -> None:
    """R116: a registration without an electronic certificate has nothing to reissue."""
    person = town.person(3)
    town.already_registered(person_id(person))

    with pytest.raises(NotElectronic):
        reissue(town, person)
