"""What officers conclude: one way to store it, also in the cases that the agency starts.

Each result is stored with its officer, timeline and audit in the transaction that moves the case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from casework.case import texts, trail
from casework.case.refusals import OutcomeUnknown, ReasonRequired
from casework.office import Office
from engine import queries
from engine.actors import Actor
from engine.errors import TaskNotOpen
from engine.tables import TaskStatus
from professions import tasks
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications, decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.people import officers
from registry.people.officers import Officer


class NotAnOfficer(Refusal):
    """只有主管部门工作人员才能办理该事项，请使用工作人员账号登录。"""

    code = "E_NOT_AN_OFFICER"
    is_denial = True


def case_at(office: Office, task_id: str, node: str) -> Application:
    """Give the case of an open task at `node`; raises `TaskNotOpen`."""
    with office.sessions() as session:
        task = queries.task(session, task_id)
        if task is None or task.node != node or task.status != TaskStatus.OPEN:
            raise TaskNotOpen
        return applications.get(session, task.business_key)


def insist(node: Task, variable: str, value: str) -> None:
    """Go on only with a word that the act at `node` may hand to the case; OutcomeUnknown else."""
    if value not in tasks.choices(node, variable):
        raise OutcomeUnknown("outcome")


def reasons(office: Office, typed: Sequence[str], field: str) -> list[str]:
    """Give what was written, at least one reason of five characters; raises `ReasonRequired`."""
    said = texts.said(office, typed, field=field)
    if not said or any(len(reason) < texts.LEAST_REASON for reason in said):
        raise ReasonRequired(field)
    return said


def submit(office: Office, task_id: str, node: Task, outcome: str, actor: Actor) -> None:
    """Submit a proposal of the agency that was checked, or drop it before anybody is told.

    Raises `OutcomeUnknown`, `TaskNotOpen`, `NotAnOfficer`.
    """
    insist(node, "proposal", outcome)
    application = case_at(office, task_id, node)
    said = "propose" if outcome == "submit" else "drop"
    write = storing(office, application, Result(step=DecisionStep.REVIEW, outcome=said), actor)
    office.runner.complete(task_id, actor, {"proposal": outcome}, write=write)


def storing(
    office: Office, application: Application, result: Result, actor: Actor
) -> Callable[[Session], None]:
    """Give the write that stores an officer's result; raises `NotAnOfficer`."""
    with office.sessions() as session:
        officer = officers.get(session, officer_id(actor))
    return stored_by(officer, office, application, result, actor)


def officer_id(actor: Actor) -> str:
    """Give the id of the officer that acts; raises `NotAnOfficer`."""
    kind, _, identifier = actor.id.partition(":")
    if kind != "officer":
        raise NotAnOfficer
    return identifier


def stored_by(
    officer: Officer,
    office: Office,
    application: Application,
    result: Result,
    actor: Actor,
    *,
    quiet: bool = False,
) -> Callable[[Session], None]:
    """Give the write that stores the result of `officer` with its timeline and audit.

    `quiet`: the timeline does not tell the outcome, which is not yet the applicant's to read.
    """
    now = office.now()

    def write(session: Session) -> None:
        decision = decisions.record(
            session,
            application.id,
            result,
            officer_id=officer.id,
            officer_name=officer.name,
            revision=application.revision,
            at=now,
        )
        facts = {"decision_id": decision.id, "outcome": result.outcome}
        said = "已提出意见" if quiet else decision.outcome_in(application.matter)
        text = f"{result.step.label}：{said}"
        trail.step(session, actor, result.step.value, text, application.id, now, **facts)

    return write
