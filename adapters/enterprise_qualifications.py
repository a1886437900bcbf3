"""The enterprise qualification system 企业资质系统 and its twin (R126)."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters import world
from adapters.faults import Faults
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.http import Client
from registry.ports import DesignQualification, QualifiedEnterprise
from storage.database import Base, get_or_insert, writing


class TwinName(Base):
    """A name that a fictitious enterprise took after the world was written."""

    __tablename__ = "twin_name"

    uscc: Mapped[str] = mapped_column(sa.String(18), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    changes: Mapped[int]  #: how often it was renamed


class EnterpriseQualificationsOverHttp(Client):
    """A `registry.ports.EnterpriseQualifications`.

    POST qualified-enterprises {"uscc"} gives {"name", "uscc", "version", "design_qualifications":
    [{"category", "grade", "certificate_no", "valid_to"}]}, or 404.
    """

    def of(self, uscc: str) -> QualifiedEnterprise | None:
        """Give what the system holds under this credit code. Raises: Unavailable, WrongAnswer."""

        def read(answer: Any) -> QualifiedEnterprise:
            row = plain.record(answer)
            self._outside.same(plain.uscc(row), uscc)
            return QualifiedEnterprise(
                name=plain.text(row, "name"),
                uscc=uscc,
                version=plain.text(row, "version"),
                design_qualifications=read_design(plain.listed(row, "design_qualifications")),
            )

        return self._outside.ask("qualified-enterprises", {"uscc": uscc}, read=read)


def read_design(answer: Any) -> tuple[DesignQualification, ...]:
    """Read design qualifications from JSON; raises what malformed rows raise."""
    return tuple(
        DesignQualification(
            category=plain.text(row, "category"),
            grade=plain.text(row, "grade"),
            certificate_no=plain.text(row, "certificate_no"),
            valid_to=plain.day(row, "valid_to"),
            kind=plain.text(row, "kind") if row.get("kind") else "",
        )
        for row in plain.rows(answer)
    )


class EnterpriseQualificationsTwin:
    """A `registry.ports.EnterpriseQualifications` that knows the fictitious enterprises."""

    def __init__(self, sessions: sessionmaker[Session], *, faults: Faults | None = None) -> None:
        self._sessions = sessions
        self.faults = faults or Faults(System.ENTERPRISE_QUALIFICATIONS)

    def of(self, uscc: str) -> QualifiedEnterprise | None:
        """Give what the system holds under this credit code.

        Raises: Unavailable, WrongAnswer when told to.
        """
        rows = self.faults.before_rows(TwinName, self._sessions, "uscc", uscc)
        company = world.company(uscc)
        if company is None:
            return None
        renamed = rows[0] if rows else None
        before = 1 if company.renamed_to else 0
        return QualifiedEnterprise(
            name=renamed.name if renamed else company.present_name,
            uscc=uscc,
            version=str(1 + before + (renamed.changes if renamed else 0)),
            design_qualifications=held_by(company),
        )

    def rename(self, uscc: str, name: str) -> None:
        """Let an enterprise have changed its name there, and in the enterprise register with it."""
        with writing(self._sessions) as session:
            renamed = get_or_insert(session, TwinName, {"uscc": uscc}, {"name": name, "changes": 0})
            renamed.name, renamed.changes = name, renamed.changes + 1


def held_by(company: world.Company) -> tuple[DesignQualification, ...]:
    """Give the qualifications of a fictitious enterprise, one for each profession it employs in."""
    return tuple(
        DesignQualification(
            category=held.category,
            grade=held.grade,
            certificate_no=held.certificate_no,
            valid_to=date(2099, 12, 31),
            kind=kind,
        )
        for kind, held in world.employing(company)
    )
