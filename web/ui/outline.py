"""The steps of a case as words: where it is, what comes next, who acts and until when (I1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from casework.office import Office
from engine import outline
from engine.outline import OutlineStep
from engine.queries import Position
from engine.tables import UserTask
from registry.applications.applications import Application
from registry.people.officers import CASEWORKERS, OfficerRole


@dataclass(frozen=True, kw_only=True)
class OutlineLine:
    """One step as it is told."""

    name: str
    who: str
    state: str  #: done, current, ahead or again
    due: datetime | date | None = None


def of(
    office: Office,
    application: Application,
    tasks: Sequence[UserTask],
    position: Position,
) -> list[OutlineLine]:
    """Tell the steps from the diagram of the version that the case runs on.

    Of a case that is over only what was done; what comes in between only once it is there.
    """
    definition = office.definitions.get(application.definition)
    process = office.type_of(application.definition).matter(application.matter).process
    steps = outline.of(definition, process)
    states = outline.where(steps, position.active, position.done)
    dues = {task.node: application.due_on or task.due_at for task in tasks}
    told = ("done", "current", "ahead", "again") if application.state.is_open else ("done",)
    return [
        OutlineLine(
            name=step.name,
            who=_who(step, application),
            state=states[step.node],
            due=dues.get(step.node),
        )
        for step in steps
        if states[step.node] in told
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
