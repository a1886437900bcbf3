"""What the trail says of second factors: every proof, every refusal and every change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.office import Office
from registry.people.second_factors import FactorKind
from registry.trail import audit
from registry.trail.audit import Result

PROVEN = "second_factor.proven"
REFUSED = "second_factor.refused"
ENROLLED = "second_factor.enrolled"
REMOVED = "second_factor.removed"
CODES = "second_factor.codes"
ASKED = "second_factor.reset_asked"
RESET = "second_factor.reset"
DECLINED = "second_factor.reset_declined"


def proof(
    office: Office,
    session: Session,
    holder: str,
    kind: FactorKind,
    *,
    is_proven: bool,
    **facts: str,
) -> None:
    """Write that somebody proved himself, or did not."""
    audit.record(
        session,
        PROVEN if is_proven else REFUSED,
        actor=holder,
        subject=holder,
        at=office.now(),
        result=Result.OK if is_proven else Result.DENIED,
        facts={"kind": kind.value, **facts},
    )


def has_done(office: Office, session: Session, action: str, holder: str) -> bool:
    """Tell whether somebody has changed this a moment ago."""
    since = office.now() - audit.SECOND_PRESS
    return audit.is_known(session, action, actor=holder, subject=holder, since=since)


def note(office: Office, session: Session, action: str, holder: str, **facts: str) -> None:
    """Write what somebody changed about how he proves himself."""
    audit.record(
        session,
        action,
        actor=holder,
        subject=holder,
        at=office.now(),
        facts=facts,
    )
