"""What refused an application, as officers read it before and after it was annulled."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from registry.applications import decisions
from registry.applications.applications import Application
from registry.applications.decisions import Decision, DecisionStep
from registry.authority import reopenings


def newest(session: Session, application_id: str) -> Decision | None:
    """Give what refused an application, annulled or not: the newest."""
    refusing = ((DecisionStep.DECIDE, "reject"), (DecisionStep.FORMAL_CHECK, "refuse"))
    decided = decisions.of(session, application_id)
    return next(
        (
            decision
            for decision in reversed(decided)
            if (decision.step, decision.outcome) in refusing
        ),
        None,
    )


def shown(session: Session, case_id: str) -> dict[str, Any]:
    """Give what the pages of a case of reopening show beside its files."""
    case = reopenings.get(session, case_id)
    return {
        "reopening": case,
        "refused": session.get_one(Application, case.refused_id),
        "refusal": newest(session, case.refused_id),
    }
