"""The register of enterprises 企业登记 with their design qualifications, and its twin (R24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from adapters import world
from adapters.errors import Unavailable
from registry.enterprises import fold_name
from registry.ports import DesignQualification, EnterpriseFacts

_SYSTEM = "企业登记查询服务"


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
