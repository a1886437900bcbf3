"""Which certificates count no longer before the day that is printed on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.certificates.certificates import AS_REGISTRATION, REGISTRATION, Certificate, Validity
from registry.certificates.registrations import Registration, RegistrationStatus

_COUNTING = (Validity.VALID, Validity.EXPIRED)  #: what is expired says so itself
_GOING_ON = (RegistrationStatus.VALID, RegistrationStatus.EXPIRED)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A certificate that ended before its day."""

    no: str
    validity: Validity
    since: datetime


def on(session: Session, day: date) -> list[Ended]:
    """Return every certificate whose printed day has not come and that counts no longer, by number.

    Who certifies a cancellation is not among them: it never counts as a registration.
    """
    query = (
        select(
            Certificate.no,
            Certificate.validity,
            Certificate.ended_at,
            Registration.status,
            Registration.status_since,
        )
        .join(Registration, Registration.id == Certificate.registration_id)
        .where(
            Registration.valid_to >= day,
            Certificate.kind == REGISTRATION,
            Certificate.sha256.is_not(None),
            or_(Certificate.validity.not_in(_COUNTING), Registration.status.not_in(_GOING_ON)),
        )
    )
    return [
        Ended(
            no=no,
            validity=Validity(validity)
            if validity not in _COUNTING
            else AS_REGISTRATION[RegistrationStatus(status)],
            since=ended_at or status_since,
        )
        for no, validity, ended_at, status, status_since in session.execute(
            query.order_by(Certificate.no)
        )
    ]
