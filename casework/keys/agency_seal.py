"""The agency's electronic seal: enrolled once, before the first letter goes out."""

from __future__ import annotations

from casework.case.two_operators import note
from casework.office import Office
from engine.actors import Actor
from signing import Role
from signing.keys.custody import CertificateFacts
from storage.database import writing

ENROLLED = "keys.agency_enrol"


def enrol(office: Office, actor: Actor) -> tuple[bool, CertificateFacts]:
    """Enrol the seal in the name of the authority; tell whether it is new, and its certificate.

    One that is good stays: who wants another revokes it first.
    """
    name, custody = office.policy.authority, office.signatures.custody
    before = custody.credential(Role.AGENCY, name)
    facts = custody.enrol_agency(name)
    is_new = before is None or before.serial != facts.serial
    if is_new:
        with writing(office.sessions) as session:
            subject = f"{Role.AGENCY}:{name}"
            note(office, session, ENROLLED, actor, subject=subject, facts={"serial": facts.serial})
    return is_new, facts
