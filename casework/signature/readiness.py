"""What a person has for signing, usable now (R1–R4): a certificate may have ended since it came.

One in the name that the person had before is none: nothing can be signed with it any more.
"""

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
    facts = office.signatures.check_certificate(Role.APPLICANT, person.id, person.name)
    is_own = facts["subject_matches"] and facts["chain_ok"]
    usable = is_own and facts["in_validity"] and facts["revocation"] == "GOOD"
    return replace(held, certificate=bool(usable))
