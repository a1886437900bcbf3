"""What a holder says is wrong with a certificate, and what became of it (R109, domain C.4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from registry.certificates.certificates import Certificate
from registry.people.persons import Person
from storage.database import Base, Encrypted, UtcDateTime
from storage.literals import ONE


class ReportOutcome(StrEnum):
    """What became of a report."""

    CORRECTED = "CORRECTED"
    ANSWERED = "ANSWERED"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return "已更正" if self is ReportOutcome.CORRECTED else "已答复，未作更正"


class Report(Base):
    """A report; the case of its number is worked on by the agency."""

    __tablename__ = "certificate_report"

    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    certificate_id: Mapped[str] = mapped_column(ForeignKey(Certificate.id), index=True)
    certificate_no: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Encrypted("certificate_report.text"))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    #: the correction that was opened upon it
    correction_id: Mapped[str | None] = mapped_column(ForeignKey(Application.id), index=True)
    outcome: Mapped[str | None] = mapped_column(String(12))
    answer: Mapped[str | None] = mapped_column(Encrypted("certificate_report.answer"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def outcome_label(self) -> str:
        """The Chinese words of what became of it."""
        return ReportOutcome(self.outcome).label if self.outcome else "核实中"


def get(session: Session, application_id: str) -> Report:
    """Return the report of a case; raises `NotFound`."""
    report = session.get(Report, application_id)
    if report is None:
        raise NotFound
    return report


def of_person(session: Session, person_id: str) -> list[Report]:
    """Return what a person reported, newest first."""
    query = select(Report).where(Report.person_id == person_id)
    return list(session.scalars(query.order_by(Report.application_id.desc())))


def open_of(session: Session, certificate_id: str) -> Report | None:
    """Return the report on a certificate that is still worked on."""
    query = (
        select(Report)
        .join(Application, Application.id == Report.application_id)
        .where(
            Report.certificate_id == certificate_id,
            Application.status.in_([status.value for status in OPEN]),
        )
    )
    return session.scalar(query.limit(ONE))


def of_correction(session: Session, correction_id: str) -> Report | None:
    """Return the report that a correction was opened upon."""
    return session.scalar(select(Report).where(Report.correction_id == correction_id).limit(ONE))
