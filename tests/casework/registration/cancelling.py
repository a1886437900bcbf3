"""Somebody who is registered and cancels: the steps that several test modules take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from casework.application import form_entry, new_application
from casework.registration import cancellation
from casework.signature import enterprise_seal
from engine.actors import Actor
from registry.applications.applications import Application
from registry.certificates import certificates, issuing, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.law import calendars
from storage.database import new_id, writing
from tests import people
from tests.memory import remembered
from tests.offices import TYPE, Town, person_id


@remembered
def registers(town: Town, person: Actor, *, days: int = 800) -> Registration:
    """Put a registration with enterprise 1 on record that has `days` to go, with a certificate."""
    now = town.clock()
    day = calendars.shanghai_day(now)
    with writing(town.office.sessions) as session:
        earlier = Application(
            no=f"31S2C{new_id()[:12]}",
            person_id=person_id(person),
            type=TYPE,
            definition=town.office.definitions.latest(TYPE).hash,
            matter="INITIAL",
            status="COMPLETED",
            status_since=now,
            created_at=now,
            saved_at=now,
            uscc=people.uscc(1),
            enterprise_name=people.enterprise(1).name,
        )
        session.add(earlier)
        session.flush()
        granted = registrations.grant(session, earlier, valid_from=day, years=3, at=now)
        granted.valid_to = day + timedelta(days=days)
        photo = town.office.files.put(people.photo())
        issued = issuing.reserve(
            session,
            granted,
            earlier.id,
            facts={"title": "示例", "photo": photo, "qualification_no": "DEMO-0001"},
            numbers=issuing.Numbers(
                type_code="DEMO00000000000000S02",
                issuer_uscc=town.office.policy.authority_uscc,
            ),
            at=now,
        )
        issuing.issue(session, issued, sha256="0" * 64, document_id=None, at=now)
        certificates.claim(session, issued, at=now)
        issued.sha256 = None  # there is no file to publish
    return granted


@remembered
def starts(town: Town, person: Actor) -> str:
    """Choose 注销注册."""
    return new_application.start(town.office, person_id(person), "CANCELLATION", person, TYPE)


def values(**changes: Any) -> dict[str, Any]:
    """Give what a person types into the form."""
    return {"cancel_reason": "EMPLOYMENT_ENDED", "applicant_opinion": True, **changes}


@remembered
def signs(town: Town, person: Actor, **changes: Any) -> str:
    """Start, fill and sign; give the case."""
    case = starts(town, person)
    town.saves(case, person, values(**changes))
    town.clock.forward(minutes=2)
    town.signs(case, person)
    return case


@remembered
def asks_alone(town: Town, case: str, person: Actor, **changes: Any) -> None:
    """Ask the agency with a proof; once more in other words, as an item to correct wants."""
    said = "企业拒绝办理注销手续" + "，见证明材料" * len(cancellation.said_in(town.office, case))
    proof = cancellation.attach_proof(town.office, case, "解除证明.pdf", people.pdf(), person)
    asked = {"obstacle": "REFUSED", "text": said, "proofs": [proof.id]} | changes
    cancellation.ask_alone(town.office, case, actor=person, **asked)


@remembered
def returns(town: Town, case: str, employer: Actor) -> None:
    """Send the form back."""
    enterprise_seal.send_back(town.office, case, reason="尚有工程没有交接完毕", actor=employer)


def standing(town: Town, person: Actor) -> str:
    """Give the status of the person's newest registration."""
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
    assert registration is not None
    return registration.status


def held(town: Town, person: Actor) -> list[Certificate]:
    """Give the person's certificates, oldest first."""
    with town.office.sessions() as session:
        issued = certificates.of_person(session, person_id(person))
    return sorted(issued, key=lambda version: version.version)


def requests(town: Town, registration: Registration, employer: Actor, **changes: Any) -> str:
    """Fill in a request of the enterprise; give the case, which waits for its seal."""
    case = cancellation.start_request(town.office, registration.id, employer)
    proof = form_entry.attach(
        town.office, case, "cancel_proof", "解除通知.pdf", people.pdf(), employer
    )
    asked = {
        "cancel_reason": "UNREACHABLE",
        "explanation": "本人已于三月离职，多次联系未果",
        "cancel_proof": [proof.id],
        "applicant_opinion": True,
    }
    town.saves(case, employer, asked | changes)
    return case
