"""What annulled a refusal: the reconsideration decision or judgment a case is decided anew upon."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from storage.database import Base
from storage.literals import ONE


class RulingSource(StrEnum):
    """What kind of ruling it is."""

    RECONSIDERATION = "RECONSIDERATION"
    JUDGMENT = "JUDGMENT"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return "行政复议决定书" if self is RulingSource.RECONSIDERATION else "人民法院判决书"


class Ruling(StrEnum):
    """What it rules; only the first has the application decided anew."""

    ANNULLED = "ANNULLED"
    OTHER = "OTHER"

    @property
    def label(self) -> str:
        """The Chinese words."""
        if self is Ruling.ANNULLED:
            return "撤销并责令重新作出决定"
        return "其他（维持、驳回、确认违法、变更等）"


class Reopening(Base):
    """A proposal to decide a refused application anew; its evidence hangs on its own case."""

    __tablename__ = "reopening"

    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id), primary_key=True)
    refused_id: Mapped[str] = mapped_column(ForeignKey(Application.id), index=True)
    source: Mapped[str] = mapped_column(String(16))
    ruling_no: Mapped[str] = mapped_column(String(60))
    ruled_on: Mapped[date]

    @property
    def source_label(self) -> str:
        """The Chinese name of the kind of ruling."""
        return RulingSource(self.source).label

    @property
    def reference(self) -> str:
        """The ruling as people cite it."""
        return f"{self.source_label}（{self.ruling_no}，{self.ruled_on.isoformat()}）"


def get(session: Session, application_id: str) -> Reopening:
    """Return the proposal of a case; raises `NotFound`."""
    reopening = session.get(Reopening, application_id)
    if reopening is None:
        raise NotFound
    return reopening


def running(session: Session, refused_id: str) -> Application | None:
    """Return the case in progress about a refused application."""
    query = select(Application).join(Reopening, Reopening.application_id == Application.id)
    query = query.where(
        Reopening.refused_id == refused_id,
        Application.status.in_([status.value for status in OPEN]),
    )
    return session.scalar(query.limit(ONE))
