"""The register of enterprises 企业登记 with their design qualifications, and its twin (R24)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.enterprise_qualifications import DESIGN, present_names, read_design
from adapters.errors import Unavailable
from adapters.http import Outside
from registry.enterprises import EnterpriseStatus, fold_name
from registry.ports import EnterpriseFacts

_SYSTEM = "企业登记查询服务"


class EnterprisesOverHttp:
    """A `registry.ports.EnterpriseRegister`.

    POST enterprises {"name"} or {"uscc"} gives [{"name", "uscc", "status", "former_names",
    "design_qualifications": [{"category", "grade", "certificate_no", "valid_to"}],
    "contact_mobile"}], or 404.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Give the enterprises that bear or bore this name. Raises: Unavailable."""
        return self._outside.ask("enterprises", {"name": name}, read=_read) or []

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Give the enterprise with this credit code. Raises: Unavailable."""
        found = self._outside.ask("enterprises", {"uscc": uscc}, read=_read)
        return found[0] if found else None


def _read(answer: Any) -> list[EnterpriseFacts]:
    return [
        EnterpriseFacts(
            name=row["name"],
            uscc=row["uscc"],
            status=EnterpriseStatus(row["status"]),
            former_names=tuple(row["former_names"]),
            design_qualifications=read_design(row["design_qualifications"]),
            contact_mobile=row.get("contact_mobile"),
        )
        for row in answer
    ]


class EnterpriseTwin:
    """A `registry.ports.EnterpriseRegister` that knows the fictitious enterprises."""

    def __init__(
        self, sessions: sessionmaker[Session] | None = None, *, down: bool = False
    ) -> None:
        """Take where names taken later are kept; without it nobody is ever renamed."""
        self._sessions = sessions
        self.down = down  #: refuse like a register that cannot be reached

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Give the enterprises that bear or bore this name, brackets and blanks folded.

        Raises: Unavailable while `down`.
        """
        wanted = fold_name(name)
        return [
            found
            for found in self._all()
            if wanted in map(fold_name, (found.name, *found.former_names))
        ]

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Give the enterprise with this credit code.

        Raises: Unavailable while `down`.
        """
        return next((found for found in self._all() if found.uscc == uscc), None)

    def _all(self) -> list[EnterpriseFacts]:
        if self.down:
            raise Unavailable(system=_SYSTEM)
        renamed = present_names(self._sessions) if self._sessions else {}
        return [_facts(company, renamed.get(company.uscc)) for company in world.COMPANIES]


def _facts(company: world.Company, renamed: str | None) -> EnterpriseFacts:
    name = renamed or company.present_name
    once = (company.present_name, company.name, *company.former_names)
    return EnterpriseFacts(
        name=name,
        uscc=company.uscc,
        status=company.status,
        former_names=tuple(dict.fromkeys(former for former in once if former != name)),
        design_qualifications=DESIGN if company.has_design_qualification else (),
        contact_mobile=company.mobile,
    )
