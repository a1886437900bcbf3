"""Consents: what a person agreed to and has not withdrawn (PIPL 14–16, 29).

Each is given and withdrawn by a row of its own; the last one counts. Who came from the register
before ours has none, which is no withdrawal.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import ConsentWithdrawn
from registry.people.persons import Consent
from storage.literals import ONE

ACCOUNT, PORTRAIT = "account", "portrait"
_WITHDRAWN = "-withdrawn"


def give(session: Session, person_id: str, purpose: str, *, version: str, at: datetime) -> None:
    """Record that somebody agreed to a purpose, as the notice of `version` told it."""
    _record(session, person_id, purpose, version, at)


def withdraw(session: Session, person_id: str, purpose: str, *, version: str, at: datetime) -> None:
    """Record that somebody agrees no more."""
    _record(session, person_id, purpose + _WITHDRAWN, version, at)


def _record(session: Session, person_id: str, purpose: str, version: str, at: datetime) -> None:
    session.add(Consent(person_id=person_id, purpose=purpose, policy_version=version, at=at))
    session.flush()


def last(session: Session, person_id: str, purpose: str) -> Consent | None:
    """Return the last word about a purpose."""
    query = select(Consent).where(
        Consent.person_id == person_id, Consent.purpose.in_([purpose, purpose + _WITHDRAWN])
    )
    return session.scalar(query.order_by(Consent.at.desc(), Consent.id.desc()).limit(ONE))


def is_withdrawn(session: Session, person_id: str, purpose: str) -> bool:
    """Tell whether somebody agreed once and does no more."""
    said = last(session, person_id, purpose)
    return said is not None and said.purpose.endswith(_WITHDRAWN)


def insist(session: Session, person_id: str, purpose: str) -> None:
    """Refuse what needs a consent that was withdrawn. Raises `ConsentWithdrawn`."""
    if is_withdrawn(session, person_id, purpose):
        raise ConsentWithdrawn
