"""The register of enterprises 企业登记 with their design qualifications, and its twin (R24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from adapters import world
from adapters.errors import Unavailable
from adapters.http import Outside
from registry.enterprises import EnterpriseStatus, fold_name
from registry.ports import DesignQualification, EnterpriseFacts

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
            design_qualifications=tuple(
                DesignQualification(
                    category=one["category"],
                    grade=one["grade"],
                    certificate_no=one["certificate_no"],
                    valid_to=date.fromisoformat(one["valid_to"]),
                )
                for one in row["design_qualifications"]
            ),
            contact_mobile=row.get("contact_mobile"),
        )
        for row in answer
    ]


class EnterpriseTwin:
    """A `registry.ports.EnterpriseRegister` that knows the fictitious enterprises."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down  #: refuse like a register that cannot be reached

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Give the enterprises that bear or bore this name, brackets and blanks folded.

        Raises: Unavailable while `down`.
        """
        self._refuse_when_down()
        wanted = fold_name(name)
        return [
            _facts(found)
            for found in world.COMPANIES
            if wanted in map(fold_name, (found.name, *found.former_names))
        ]

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Give the enterprise with this credit code.

        Raises: Unavailable while `down`.
        """
        self._refuse_when_down()
        found = world.company(uscc)
        return _facts(found) if found else None

    def _refuse_when_down(self) -> None:
        if self.down:
            raise Unavailable(system=_SYSTEM)


def _facts(company: world.Company) -> EnterpriseFacts:
    return EnterpriseFacts(
        name=company.name,
        uscc=company.uscc,
        status=company.status,
        former_names=company.former_names,
        design_qualifications=(_DESIGN,) if company.has_design_qualification else (),
        contact_mobile=company.mobile,
    )


_DESIGN = DesignQualification(
    category="建筑行业（建筑工程）",
    grade="乙级",
    certificate_no="DEMO-A231",
    valid_to=date(2099, 12, 31),
)
