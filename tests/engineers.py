"""Registered engineers as rows: as many as a test needs, without walking each one's application."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.identifiers import IdType, Sex, certificate_identifier
from registry.people import persons
from registry.ports import FileStore, Identity
from storage.database import new_id
from tests import people

TYPE = "structural-engineer-2"


def register(
    session: Session,
    files: FileStore,
    numbers: Sequence[int],
    *,
    uscc: str,
    enterprise_name: str,
    at: datetime,
    valid_to: date,
    held: str = "CLAIMED",
    type: str = TYPE,
) -> list[Registration]:
    """Register the persons with these numbers; each holds a certificate.

    `held` is CLAIMED, UNCLAIMED or PAPER; `type` is the profession.
    """
    photo = files.put(people.photo())
    return [
        _one(session, photo, number, uscc, enterprise_name, at, valid_to, held, type)
        for number in numbers
    ]


def _one(
    session: Session,
    photo: str,
    number: int,
    uscc: str,
    enterprise_name: str,
    at: datetime,
    valid_to: date,
    held: str,
    type: str,
) -> Registration:
    facts = people.person(number)
    identity = Identity(
        name=facts.name,
        sex=Sex(facts.sex),
        birth=facts.birth,
        id_type=IdType.PASSPORT,
        id_no=f"DEMO{number:06d}",
        mobile=facts.mobile,
    )
    person = persons.register(session, identity, at=at)
    registration = Registration(
        id=new_id(),
        no=f"{'S2' if type == TYPE else 'J2'}2699{number:05d}",
        person_id=person.id,
        type=type,
        uscc=uscc,
        enterprise_name=enterprise_name,
        valid_from=at.date(),
        valid_to=valid_to,
        status=RegistrationStatus.VALID,
        status_since=at,
    )
    session.add(registration)
    session.flush()
    on_paper, serial = held == "PAPER", "S2" if type == TYPE else "J2"
    identifier = certificate_identifier(
        "DEMO00000000000000S02", "11310000MADE00009X", registration.no, 1
    )
    session.add(
        Certificate(
            registration_id=registration.id,
            person_id=person.id,
            form="PAPER" if on_paper else "ELECTRONIC",
            kind="REGISTRATION",
            cause="ISSUE",
            no=f"{'ZZ' if on_paper else 'DZ'}31{serial}2026{number:05d}",
            identifier=None if on_paper else identifier,
            version=1,
            qr_token=secrets.token_hex(16),
            facts={
                "title": "中华人民共和国二级注册结构工程师注册执业证书",
                "name": facts.name,
                "sex": facts.sex,
                "birth": facts.birth.isoformat(),
                "id_no": persons.mask_id(identity.id_no),
                "enterprise_name": enterprise_name,
                "qualification": {},
                "qualification_no": f"DEMO-{number:04d}",
                "answers": [],
                "photo": photo,
                "signature": None,
            },
            claim_state="UNCLAIMED" if held == "UNCLAIMED" else "CLAIMED",
            validity="VALID",
            reserved_at=at,
            issued_at=at,
        )
    )
    session.flush()
    return registration
