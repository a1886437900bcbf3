"""What a person has for signing, usable now (R1–R4): a certificate may have ended since it came."""

from __future__ import annotations

from dataclasses import replace

from casework.office import Office
from registry.people import persons
from registry.people.persons import Person, Readiness
from signing import Role


def of(office: Office, person: Person) -> Readiness:
    """Tell what the person has; an expired or revoked certificate counts as none."""
    held = persons.readiness(person)
    if not held.certificate:
        return held
    facts = office.signatures.check_certificate(Role.APPLICANT, person.id)
    usable = facts["in_validity"] and facts["chain_ok"] and facts["revocation"] == "GOOD"
    return replace(held, certificate=bool(usable))
