"""What a file must carry to be what it should be."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from signing.keys.trust import Role


@dataclass(frozen=True)
class Expected:
    """Which signatures a file must carry, in this order, and whose."""

    roles: tuple[Role, ...]
    subjects: Mapping[Role, str] = field(default_factory=dict)
    still_empty: tuple[Role, ...] = ()  #: fields that wait for their signature

    @classmethod
    def signed(cls, person_id: str | None = None) -> Expected:
        """Expect an application form that waits for the enterprise's seal, or goes without it."""
        subjects = {Role.APPLICANT: person_id} if person_id else {}
        return cls((Role.APPLICANT,), subjects, still_empty=(Role.ENTERPRISE,))

    @classmethod
    def application(cls, person_id: str | None = None, uscc: str | None = None) -> Expected:
        """Expect a complete application form."""
        both = {Role.APPLICANT: person_id, Role.ENTERPRISE: uscc}
        return cls(tuple(both), {role: subject for role, subject in both.items() if subject})

    @classmethod
    def enterprise(cls, uscc: str | None = None) -> Expected:
        """Expect a file of the enterprise's own, under its seal alone."""
        return cls((Role.ENTERPRISE,), {Role.ENTERPRISE: uscc} if uscc else {})

    @classmethod
    def agency(cls, name: str | None = None) -> Expected:
        """Expect a notice, decision or certificate."""
        return cls((Role.AGENCY,), {Role.AGENCY: name} if name else {})


def guess(names: Set[str]) -> Expected:
    """Tell by its fields what a file wants to be."""
    if Role.APPLICANT in names:
        return Expected.application()
    if Role.ENTERPRISE in names:
        return Expected.enterprise()
    return Expected.agency()
