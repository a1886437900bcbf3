"""Finding the open task of a case that an action is about, and refusing a bad certificate."""

from __future__ import annotations

from casework.case import reasons
from casework.case.opened import Case
from casework.case.refusals import StepNotOpen, StepRefused
from casework.office import Office
from engine import queries
from engine.tables import UserTask
from registry.applications import applications
from signing.keys.trust import Role


def open_nodes(office: Office, application_id: str) -> dict[str, UserTask]:
    """Give the open tasks of a case by the id of their node."""
    with office.sessions() as session:
        return {task.node: task for task in queries.tasks_of(session, application_id)}


def open_task(office: Office, application_id: str, *nodes: str) -> UserTask:
    """Give the open task at one of these nodes; raises `StepNotOpen` with the present status."""
    tasks = open_nodes(office, application_id)
    for node in nodes:
        if node in tasks:
            return tasks[node]
    with office.sessions() as session:
        application = applications.get(session, application_id)
    raise StepNotOpen(status=application.state.label)


def certificate_facts(case: Case, role: Role, subject: str) -> dict[str, object]:
    """Give the inputs of `signer_certificate`, once in an act; signing asks again."""
    signatures = case.office.signatures
    return case.once(
        f"certificate/{role}/{subject}", lambda: signatures.check_certificate(role, subject)
    )


def refuse_certificate(case: Case, role: Role, subject: str) -> None:
    """Raise `StepRefused` when the signer's certificate may not be used now (I13, R7)."""
    office, application = case.office, case.application
    facts = certificate_facts(case, role, subject)
    given = {"certificate_facts": facts}
    verdict = office.decide(application.definition, "signer_certificate", given)
    if verdict != "OK":
        raise StepRefused([reasons.explain(verdict)])
