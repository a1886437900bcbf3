"""What every step writes beside its effect, in the same transaction: audit and timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.actors import Actor
from registry.applications import timeline
from registry.trail import audit as audits
from registry.trail.audit import Result


def audit(
    session: Session, actor: Actor, action: str, application_id: str, at: datetime, **facts: Any
) -> None:
    """Write one audit event about an application; facts are ids, hashes and codes."""
    _record(session, actor, action, f"application:{application_id}", at, facts)


def refuse(
    session: Session, actor: Actor, action: str, application_id: str, at: datetime, **facts: Any
) -> None:
    """Write that a step of an application was refused, as a wrong code is."""
    subject = f"application:{application_id}"
    _record(session, actor, action, subject, at, facts, result=Result.DENIED)


def audit_rename(
    session: Session, actor: Actor, action: str, batch_id: str, at: datetime, **facts: Any
) -> None:
    """Write one audit event about a change of an enterprise's name."""
    _record(session, actor, action, f"rename:{batch_id}", at, facts)


def audit_seals(
    session: Session, actor: Actor, action: str, batch_id: str, at: datetime, **facts: Any
) -> None:
    """Write one audit event about a list of files that are sealed with one PIN."""
    _record(session, actor, action, f"seals:{batch_id}", at, facts)


def _record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    at: datetime,
    facts: dict[str, Any],
    *,
    result: Result = Result.OK,
) -> None:
    audits.record(
        session,
        action,
        actor=actor.id,
        acting_for=actor.uscc,
        subject=subject,
        at=at,
        result=result,
        facts=_without_words(facts),
    )


def step(
    session: Session,
    actor: Actor,
    kind: str,
    text: str,
    application_id: str,
    at: datetime,
    **facts: Any,
) -> None:
    """Write a line of the timeline (I1) with its audit event."""
    timeline.add(session, application_id, kind, text, actor=actor.id, at=at, facts=facts)
    audit(session, actor, kind, application_id, at, **facts)


def _without_words(facts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what people typed: the audit log holds no personal data."""
    return {key: value for key, value in facts.items() if key != "reason"}
