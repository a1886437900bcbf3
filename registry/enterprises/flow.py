"""How much comes to an enterprise and goes on from it, counted by days of Shanghai."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.applications.applications import Application
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.law.calendars import shanghai_day, start_of
from storage.literals import literal


def signed_by_day(session: Session, uscc: str, first: date, last: date) -> Counter[date]:
    """Count the applications naming an enterprise by the day on which they were signed first."""
    query = (
        select(Application.first_signed_on, func.count())
        .where(Application.uscc == uscc, Application.first_signed_on.between(first, last))
        .group_by(Application.first_signed_on)
    )
    return Counter({day: number for day, number in session.execute(query) if day is not None})


def sealed_by_day(session: Session, uscc: str, first: date, last: date) -> Counter[date]:
    """Count the applications of an enterprise by the day on which it sealed them last."""
    query = select(Application.filed_at).where(
        Application.uscc == uscc,
        Application.filed_at >= start_of(first),
        Application.filed_at < start_of(last + timedelta(days=1)),
    )
    return Counter(shanghai_day(moment) for moment in session.scalars(query) if moment is not None)


def ending(session: Session, uscc: str, today: date, spans: Sequence[int]) -> list[int]:
    """Count the valid registrations that end within each span of days; each counts once."""
    numbers, after = [], today
    for span in spans:
        until = today + timedelta(days=span)
        query = select(func.count()).where(
            Registration.uscc == uscc,
            Registration.status == literal(RegistrationStatus.VALID),
            Registration.valid_to >= after,
            Registration.valid_to <= until,
        )
        numbers.append(session.scalar(query) or 0)
        after = until + timedelta(days=1)
    return numbers
