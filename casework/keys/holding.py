"""Whose key it is, what the trail and messages call it, and how its holder is addressed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.case import announcements
from casework.case.announcements import Word
from registry.enterprises.enterprises import Enterprise
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from signing import Role

_KINDS = {Role.APPLICANT: "person", Role.ENTERPRISE: "enterprise", Role.AGENCY: "agency"}
_TITLES = {
    Role.APPLICANT: "个人数字证书",
    Role.ENTERPRISE: "企业数字证书（电子签章）",
    Role.AGENCY: "机关电子印章证书",
}


@dataclass(frozen=True, kw_only=True)
class KeyHolder:
    """Whose key it is."""

    role: Role
    subject: str  #: person id, uscc or agency name

    @property
    def name_in_trail(self) -> str:
        """Return what the audit calls the holder: "person:4"."""
        return f"{_KINDS[self.role]}:{self.subject}"

    @property
    def title(self) -> str:
        """Return what messages call the certificate."""
        return _TITLES[self.role]


def to_holder(session: Session, holder: KeyHolder, text: str, key: str) -> Word:
    """Address a text about a key to its holder, also by short message; the seal's to operators."""
    if holder.role is Role.AGENCY:
        return announcements.to_role(OfficerRole.OPERATOR, "key", text, key)
    if holder.role is Role.ENTERPRISE:
        employer = session.get(Enterprise, holder.subject)
        return announcements.to_enterprise(holder.subject, employer, "key", text, key)
    return announcements.to_person(session.get_one(Person, holder.subject), "key", text, key)
