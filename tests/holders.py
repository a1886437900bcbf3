"""Holders of certificates: registrations put on record without walking through a whole case."""

from __future__ import annotations

from datetime import date, timedelta

from casework.office import Office
from pdfgen import portraits
from registry.applications import applications
from registry.certificates import certificates, issuing, registrations
from registry.law import calendars
from registry.people import persons
from storage.database import new_id, writing
from tests import people

TYPE = "structural-engineer-2"


def hold(
    office: Office,
    person_id: str,
    *,
    ends: date,
    uscc: str,
    name: str,
    no: str = "DEMO-0001",
    type: str = TYPE,
) -> str:
    """Put a registration with its claimed certificate on record; return the registration's id.

    `ends` is its last day, `uscc` and `name` are the employer's, `no` is the qualification's.
    """
    now = office.now()
    photo = office.files.put(portraits.normalise(people.photo()))
    face = office.type_of(office.definitions.latest(type).hash).face
    first = calendars.add_years(ends, -3) + timedelta(days=1)
    with writing(office.sessions) as session:
        holder = persons.get(session, person_id)
        earlier = applications.Application(
            no=f"31S2C{new_id()[-16:]}",
            person_id=holder.id,
            type=type,
            definition=office.definitions.latest(type).hash,
            matter="INITIAL",
            status="COMPLETED",
            status_since=now,
            created_at=now,
            saved_at=now,
            uscc=uscc,
            enterprise_name=name,
        )
        session.add(earlier)
        session.flush()
        granted = registrations.grant(session, earlier, valid_from=first, years=3, at=now)
        granted.valid_to = ends
        facts = {
            "title": face.title,
            "name": holder.name,
            "sex": holder.sex,
            "birth": holder.birth.isoformat(),
            "id_no": persons.mask_id(holder.id_no),
            "enterprise_name": name,
            "qualification": {
                "region": "SHANGHAI",
                "province": "",
                "no": no,
                "issued_on": (first - timedelta(days=300)).isoformat(),
                "issuer": "上海市人力资源和社会保障局（虚构）",
            },
            "qualification_no": no,
            "answers": [],
            "photo": photo,
            "signature": holder.signature_sha256,
        }
        certificate = issuing.reserve(
            session,
            granted,
            earlier.id,
            facts=facts,
            numbers=issuing.Numbers(
                type_code=face.type_code, issuer_uscc=office.policy.authority_uscc
            ),
            at=now,
        )
        issuing.issue(session, certificate, sha256=photo, document_id=None, at=now)
        certificates.claim(session, certificate, at=now)
        return granted.id
