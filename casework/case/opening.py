"""Opening a case: one way for what a person, an enterprise, the agency or the system starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from casework.case import opened, stopping, trail
from casework.office import Office
from engine.actors import Actor
from registry.applications import applications
from registry.applications.applications import About as About
from registry.applications.applications import Application
from registry.applications.statuses import Status
from storage.database import new_id


@dataclass(frozen=True, kw_only=True)
class FirstLine:
    """The first line of the case's timeline."""

    kind: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def open_case(
    office: Office,
    about: About,
    actor: Actor,
    *,
    refuse: Callable[[Session], None],
    fill: Callable[[Session, Application], FirstLine],
    status: Status = Status.UNDER_REVIEW,
    data: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> str:
    """Open a case on the newest version of its profession and start it; return its id.

    One transaction. `refuse` looks inside it, at rows that it locks: what was true when a page
    was shown may be over, and a second click comes at the same moment. `fill` writes what belongs
    to the matter beside the application. `data` are variables of the diagram beside the usual.
    Raises what `refuse` refuses, `OpenApplicationExists` and `AlreadyRunning` for the same `id`.
    """
    definition = office.definitions.latest(about.type).hash
    kind = office.type_of(definition)
    application_id, now = id or new_id(), office.now()

    def write(session: Session) -> None:
        # Step 1: look again, under a lock.
        stopping.insist(session, about.type, about.matter)
        refuse(session)
        # Step 2: the application; its unique indexes decide between two that passed step 1.
        application = applications.create(
            session,
            about,
            id=application_id,
            at=now,
            definition=definition,
            status=status,
            patterns=kind.numbers,
        )
        # Step 3: what belongs to the matter.
        line = fill(session, application)
        # Step 4: timeline and audit.
        trail.step(session, actor, line.kind, line.text, application_id, now, **line.facts)

    usual = {
        "application_id": application_id,
        "person_id": about.person_id,
        "uscc": about.uscc,
        "matter": about.matter.value,
    }
    process = kind.matter(about.matter).process
    given = {**usual, **(data or {})}
    case = opened.beginning(office, application_id)
    office.runner.start(definition, process, application_id, given, actor, write, case=case)
    return application_id
