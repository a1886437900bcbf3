"""What anybody may learn about a certificate (D.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.certificates.certificates import AS_REGISTRATION, Certificate, Validity
from registry.certificates.registrations import Registration
from registry.law.calendars import shanghai_day
from registry.people.persons import Person, mask_name


@dataclass(frozen=True, kw_only=True)
class PublicAnswer:
    """What anybody may know about a certificate (D.4): never a number of a person."""

    status: Validity
    title: str  #: what the certificate is called; empty for one taken over without it
    name: str  #: masked
    no: str
    registration_no: str
    enterprise_name: str
    valid_from: date
    valid_to: date
    issued_on: date
    newer_exists: bool  #: this version was replaced by another


def of(session: Session, certificate: Certificate, *, on: date) -> PublicAnswer:
    """Tell the truth of `on`: what ended the registration ends the certificate (I14)."""
    registration = session.get_one(Registration, certificate.registration_id)
    person = session.get_one(Person, certificate.person_id)
    status = Validity(certificate.validity)
    if status is Validity.VALID:
        status = AS_REGISTRATION[registration.status_on(on)]
    return PublicAnswer(
        status=status,
        title=str(certificate.facts.get("title", "")),
        name=mask_name(person.name),
        no=certificate.no,
        registration_no=registration.no,
        enterprise_name=registration.enterprise_name,
        valid_from=registration.valid_from,
        valid_to=registration.valid_to,
        issued_on=shanghai_day(certificate.issued_at or certificate.reserved_at),
        newer_exists=status is Validity.SUPERSEDED,
    )
