"""Barring a person from applying (Licensing Law 78, 79; Order 137 art. 16).

A case in progress ends with it, unless the decision has been taken: then only rescission can help.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

from sqlalchemy.orm import Session

from casework.case import moot
from casework.office import Office
from casework.tasks import officer_results
from engine.actors import Actor
from engine.errors import NotYourTask
from refusals.refusal import Refusal
from registry.authority import bans
from registry.law.calendars import shanghai_day
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from storage.database import writing


def bar(
    office: Office,
    person_id: str,
    basis: str,
    actor: Actor,
    *,
    until: date | None = None,
    reason: str | None = None,
) -> str | None:
    """Put a ground on record; return the id of an application that ended with it, if one did.

    Only an approver may. Bans get their lawful length unless `until` is given. Raises
    `NotYourTask`, ValueError for a ground that `registry.authority.bans.Basis` does not know.
    """
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask
    ground = bans.Basis(basis)

    now = office.now()
    with writing(office.sessions) as session:
        # Step 1: the person's row, so that whoever starts a case for him waits, or we do.
        session.get_one(Person, person_id, with_for_update=True)
        office.check(session)
        # Step 2: the ground, whatever becomes of the cases.
        bans.impose(session, person_id, ground, actor=actor.id, at=now, until=until, reason=reason)
        audit.record(
            session,
            "person.bar",
            actor=actor.id,
            subject=f"person:{person_id}",
            at=now,
            facts={"basis": ground.value},
        )
        # Step 3: every case in progress ends; a job sees to it when we die before step 4.
        running = [own.id for own in moot.barred_by(session, person_id)]
        for application_id in running:
            moot.enqueue(session, application_id, now)
    # Step 4: at once, for the officer to see; the job finds nothing to do then. Each is an act of
    # its own: the page showed the person before the ground, which is on record by now.
    after, ended = office.provided(_nothing), []
    for application_id in running:
        with suppress(Refusal):  # met by another act at this moment: the job sees to it
            if moot.end_case(after, application_id, actor):
                ended.append(application_id)
    return ended[0] if ended else None


def _nothing(_: Session) -> None:
    """Ask no version: what follows is no act upon a page."""


def lift(office: Office, ban_id: str, *, reason: str, actor: Actor) -> None:
    """Lift a ban or bar before its end, with a reason; lifting it again changes nothing.

    Only an approver may. Raises `NotYourTask`, `ReasonRequired`, `NotFound`.
    """
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask
    [said] = officer_results.reasons(office, [reason], "reason")
    now = office.now()
    with writing(office.sessions) as session:
        ban = bans.get(session, ban_id)
        if ban.lifted_at is not None:
            return
        office.check(session)
        bans.lift(session, ban, at=now, actor=actor.id, reason=said)
        audit.record(
            session,
            "person.lift_bar",
            actor=actor.id,
            subject=f"person:{ban.person_id}",
            at=now,
            facts={"ban_id": ban_id},
        )


def end_barred(office: Office, at: datetime) -> int:
    """End what a barred person still has in progress: nothing waits for an act he cannot do.

    A ground that came beside the start of a case, or whose job was given up, is met by the day.
    """
    with office.sessions() as session:
        running = bans.barred_cases(session, shanghai_day(at))
    if running:
        with writing(office.sessions) as session:
            for application_id in running:
                moot.enqueue(session, application_id, at)
    return len(running)
