"""The register of enterprises 企业登记 and its twin (R24)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.enterprise_qualifications import TwinName, held_by, read_design
from adapters.faults import Faults
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.http import Client
from registry.enterprises.enterprises import EnterpriseStatus, fold_name
from registry.ports import EnterpriseFacts


class EnterprisesOverHttp(Client):
    """A `registry.ports.EnterpriseRegister`.

    POST enterprises {"name"} or {"uscc"} gives [{"name", "uscc", "status", "former_names",
    "design_qualifications": [{"category", "grade", "certificate_no", "valid_to"}],
    "contact_mobile"}], or 404.
    """

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Give the enterprises that bear or bore this name. Raises: Unavailable, WrongAnswer."""

        def read(answer: Any) -> list[EnterpriseFacts]:
            enterprises = _read(answer)
            for facts in enterprises:
                self._outside.same(bears(facts, name), True)
            return enterprises

        return self._outside.ask("enterprises", {"name": name}, read=read) or []

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Give the enterprise with this credit code. Raises: Unavailable, WrongAnswer."""

        def read(answer: Any) -> list[EnterpriseFacts]:
            enterprises = _read(answer)
            for facts in enterprises:
                self._outside.same(facts.uscc, uscc)
            return enterprises

        enterprises = self._outside.ask("enterprises", {"uscc": uscc}, read=read)
        return enterprises[0] if enterprises else None


def bears(facts: EnterpriseFacts, name: str) -> bool:
    """Tell whether an enterprise bears or bore a name, brackets and blanks folded."""
    return fold_name(name) in map(fold_name, (facts.name, *facts.former_names))


def _read(answer: Any) -> list[EnterpriseFacts]:
    return [
        EnterpriseFacts(
            name=plain.text(row, "name"),
            uscc=plain.uscc(row),
            status=plain.choice(row, "status", EnterpriseStatus),
            former_names=tuple(
                plain.text({"former_names": former}, "former_names")
                for former in plain.listed(row, "former_names")
            ),
            design_qualifications=read_design(plain.listed(row, "design_qualifications")),
            contact_mobile=plain.optional_text(row, "contact_mobile"),
        )
        for row in plain.rows(answer)
    ]


class EnterpriseTwin:
    """A `registry.ports.EnterpriseRegister` that knows the fictitious enterprises."""

    def __init__(
        self, sessions: sessionmaker[Session] | None = None, *, faults: Faults | None = None
    ) -> None:
        """Take where names taken later are kept; without it nobody is ever renamed."""
        self._sessions = sessions
        self.faults = faults or Faults(System.ENTERPRISE_REGISTER)

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Give the enterprises that bear or bore this name, brackets and blanks folded.

        Raises: Unavailable, WrongAnswer when told to.
        """
        return [enterprise for enterprise in self._all() if bears(enterprise, name)]

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Give the enterprise with this credit code.

        Raises: Unavailable, WrongAnswer when told to.
        """
        return next((enterprise for enterprise in self._all() if enterprise.uscc == uscc), None)

    def _all(self) -> list[EnterpriseFacts]:
        renamed: dict[str, str] = {}
        if self._sessions is None:
            self.faults.before_answer()
        else:
            rows = self.faults.before_rows(TwinName, self._sessions)
            renamed = {row.uscc: row.name for row in rows}
        return [_facts(company, renamed.get(company.uscc)) for company in world.COMPANIES]


def _facts(company: world.Company, renamed: str | None) -> EnterpriseFacts:
    name = renamed or company.present_name
    once = (company.present_name, company.name, *company.former_names)
    return EnterpriseFacts(
        name=name,
        uscc=company.uscc,
        status=company.status,
        former_names=tuple(dict.fromkeys(former for former in once if former != name)),
        design_qualifications=held_by(company),
        contact_mobile=company.mobile,
    )
