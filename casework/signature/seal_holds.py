"""Two operators of one enterprise at one task: the second sees who holds it, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from casework.office import Office
from casework.tasks import held_tasks
from engine import holds, queries
from engine.actors import Actor
from engine.tables import UserTask
from professions.tasks import Task
from registry.enterprises.enterprises import Operator

SEAL = Task.SEAL_DOCUMENT


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who works on a task."""

    name: str
    until: datetime  #: in UTC; from then on anybody of the enterprise may do it


def other_holder(office: Office, application_id: str, actor: Actor) -> Holder | None:
    """Give who else of the enterprise is sealing an application; None: nobody is."""
    with office.sessions() as session:
        task = queries.task_for(session, application_id, SEAL)
    return None if task is None else holder_of(office, task, actor)


def holder_of(office: Office, task: UserTask, actor: Actor) -> Holder | None:
    """Give who else of the enterprise holds its task; None: nobody does."""
    if task.claimed_by is None or not actor.may_open(task.inbox):
        return None  # another enterprise does not learn who works here
    with office.sessions() as session:
        held = (task.inbox, task.claimed_by, task.claimed_at)
        until = holds.ends_at(task.inbox, task.claimed_at)
        if until is None or not holds.is_anothers(*held, actor=actor, now=office.now()):
            return None
        if not held_tasks.keeps(session, task.claimed_by, task.inbox):
            return None
        operator = session.get(Operator, task.claimed_by.partition(":")[2])
    return Holder(name=operator.name if operator else "另一名经办人", until=until)
