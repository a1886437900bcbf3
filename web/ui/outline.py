"""The steps of a case as words: where it is, what comes next, who acts and until when (I1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from casework.office import Office
from engine import outline, queries
from engine.outline import OutlineStep
from engine.queries import Position
from engine.tables import UserTask
from professions.tasks import ACTS
from registry.applications.applications import Application
from registry.people.officers import CASEWORKERS, OfficerRole


@dataclass(frozen=True, kw_only=True)
class OutlineLine:
    """One step as it is told."""

    name: str
    who: str
    state: str  #: done, current, ahead or again
    round: int  #: counted from 1: how often the case was begun
    result: str  #: what it was turned back with: 补正
    due: datetime | date | None = None


def of(
    office: Office,
    session: Session,
    application: Application,
    tasks: Sequence[UserTask],
    position: Position,
) -> list[OutlineLine]:
    """Tell the steps from the diagram of the version that the case runs on.

    Of a case that is over only what was done; what comes in between only once it is there.
    """
    definition = office.definitions.get(application.definition)
    processes = [office.type_of(application.definition).matter(application.matter).process]
    if sum(passage.kind == "STARTED" for passage in position.went) > 1:  # it is decided anew
        instance = queries.instance_of(session, application.id)
        processes += [instance.process_id] if instance else []
    lines = outline.told(definition, processes, position, same=ACTS)
    dues = {task.node: application.decision_due or task.due_at for task in tasks}
    return [
        OutlineLine(
            name=line.step.name,
            who=_who(line.step, application),
            state=line.state,
            round=line.round,
            result=line.result,
            due=dues.get(line.step.node) if line.state == "current" else None,
        )
        for line in lines
        if application.state.is_open or line.state == "done"
    ]


def _who(step: OutlineStep, application: Application) -> str:
    if step.role == "applicant":
        return "申请人"
    if step.role == "enterprise":
        name = application.enterprise_name
        return f"聘用企业（{name}）" if name else "聘用企业"
    if step.role in CASEWORKERS:
        return f"市住建委（{OfficerRole(step.role).label}）"
    return "市住建委" if step.role else "系统自动办理"
