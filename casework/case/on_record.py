"""What stands on record about a person's registration: the ground of every matter but the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises.enterprises import Enterprise

#: Fields of a form that show the registration, all read-only.
FIELDS: Mapping[str, str] = {
    "registration_no": "注册号",
    "certificate_no": "证书编号",
    "valid_from": "注册有效期起",
    "valid_to": "注册有效期止",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person's newest registration of a type, with its newest certificate."""

    registration: Registration
    certificate: Certificate | None
    enterprise_name: str  #: as the register has it today

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the newest certificate shows; empty when there never was one."""
        return self.certificate.facts if self.certificate else {}

    @property
    def qualification(self) -> dict[str, Any]:
        """The qualification that the registration rests on."""
        return dict(self.facts.get("qualification", {}))

    @property
    def fields(self) -> dict[str, Any]:
        """The read-only fields of a form on this registration (R71)."""
        registration, qualification = self.registration, self.qualification
        return {
            "registration_no": registration.no,
            "certificate_no": self.certificate.no if self.certificate else "—",
            "valid_from": registration.valid_from.isoformat(),
            "valid_to": registration.valid_to.isoformat(),
            "enterprise_name": self.enterprise_name,
            "enterprise_uscc": registration.uscc,
            "qualification_region": qualification.get("region", "SHANGHAI"),
            "qualification_province": qualification.get("province", ""),
            "qualification_no": qualification.get("no", self.facts.get("qualification_no", "—")),
            "qualification_issued_on": qualification.get("issued_on", ""),
            "qualification_issuer": qualification.get("issuer", ""),
        }

    @property
    def content(self) -> dict[str, str]:
        """The registration as a signed form shows it."""
        return {name: str(self.fields[name]) for name in FIELDS}


def of(session: Session, person_id: str, type_key: str) -> Standing | None:
    """Give what stands for a person in a profession, None when there is no registration."""
    registration = registrations.newest(session, person_id, type_key)
    return None if registration is None else standing(session, registration)


def standing(session: Session, registration: Registration) -> Standing:
    """Give what stands with a registration."""
    employer = session.get(Enterprise, registration.uscc)
    return Standing(
        registration=registration,
        certificate=certificates.newest(session, registration.id),
        enterprise_name=employer.name if employer else registration.enterprise_name,
    )
