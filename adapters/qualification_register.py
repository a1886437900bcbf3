"""The municipal database of qualification certificates 资格库 and its twin (R31)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters.faults import Faults
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.http import Client
from registry import readings
from registry.identifiers import IdType
from registry.ports import QualificationFacts
from storage.database import Base, insert_once, writing
from storage.vault import current_vault


class TwinQualification(Base):
    """A qualification certificate of the fictitious world."""

    __tablename__ = "twin_qualification"

    certificate_no: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    holder_index: Mapped[str] = mapped_column(sa.String(64), index=True)
    issued_on: Mapped[date] = mapped_column(sa.Date)
    issuer: Mapped[str] = mapped_column(sa.String(100))
    profession: Mapped[str] = mapped_column(sa.String(60), default="")


class QualificationsOverHttp(Client):
    """A `registry.ports.QualificationRegister`.

    POST certificates {"id_type", "id_no"} gives {"id_type", "id_no", "certificates":
    [{"certificate_no", "issued_on": "2026-03-16", "issuer", "obtained_by", "profession"}]}, or 404.
    `profession` is the title of what the certificate entitles to, as type.toml writes it; it
    may be missing or null where the database keeps one profession only.
    """

    def find(self, id_type: IdType, id_no: str) -> Sequence[QualificationFacts]:
        """Give what the person holds, newest first. Raises: Unavailable, WrongAnswer."""
        asked = {"id_type": id_type.value, "id_no": id_no}

        def read(answer: Any) -> list[QualificationFacts]:
            holder = plain.record(answer)
            for name, value in asked.items():
                self._outside.same(plain.number(holder, name), readings.number(value))
            return _read(plain.listed(holder, "certificates"))

        credentials = self._outside.ask("certificates", asked, read=read) or []
        return sorted(credentials, key=lambda credential: credential.issued_on, reverse=True)


def _read(answer: Any) -> list[QualificationFacts]:
    return [
        QualificationFacts(
            certificate_no=plain.text(row, "certificate_no"),
            issued_on=plain.day(row, "issued_on"),
            issuer=plain.text(row, "issuer"),
            obtained_by=plain.text(row, "obtained_by"),
            profession=plain.text(row, "profession") if row.get("profession") else "",
        )
        for row in plain.rows(answer)
    ]


class QualificationTwin:
    """A `registry.ports.QualificationRegister` over rows that the demonstration data fills."""

    def __init__(self, sessions: sessionmaker[Session], *, faults: Faults | None = None) -> None:
        self._sessions = sessions
        self.faults = faults or Faults(System.QUALIFICATION_REGISTER)

    def find(self, id_type: IdType, id_no: str) -> Sequence[QualificationFacts]:
        """Give what the person holds, newest first.

        Raises: Unavailable, WrongAnswer when told to.
        """
        holder = _index(id_type, id_no)
        held = self.faults.before_rows(TwinQualification, self._sessions, "holder_index", holder)
        return [
            QualificationFacts(
                certificate_no=row.certificate_no,
                issued_on=row.issued_on,
                issuer=row.issuer,
                profession=row.profession,
            )
            for row in sorted(held, key=lambda row: row.issued_on, reverse=True)
        ]

    def enter(self, id_type: IdType, id_no: str, facts: QualificationFacts) -> None:
        """Write a certificate into the fictitious database; one already there stays as it is."""
        with writing(self._sessions) as session:
            values = {
                "certificate_no": facts.certificate_no,
                "holder_index": _index(id_type, id_no),
                "issued_on": facts.issued_on,
                "issuer": facts.issuer,
                "profession": facts.profession,
            }
            insert_once(session, TwinQualification, values, unique="certificate_no")


def _index(id_type: IdType, id_no: str) -> str:
    return current_vault().blind_index(f"{id_type}/{id_no}")
