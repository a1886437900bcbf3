"""Barring a person from applying (Licensing Law 78, 79; Order 137 art. 16).

A case in progress ends with it, unless the decision has been taken: then only rescission can help.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from casework.case import officer_results
from casework.office import Office
from engine.actors import Actor
from engine.errors import NobodyWaits, NotYourTask
from professions import messages
from registry.applications import applications
from registry.authority import bans
from registry.people.officers import OfficerRole
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
    """Put a ground on record; return the id of the application that ended with it, if one did.

    Only an approver may. Bans get their lawful length unless `until` is given. Raises
    `NotYourTask`, ValueError for a ground that `registry.authority.bans.Basis` does not know.
    """
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask
    ground = bans.Basis(basis)

    def write(session: Session) -> None:
        now = office.now()
        bans.impose(session, person_id, ground, actor=actor.id, at=now, until=until, reason=reason)
        audit.record(
            session,
            "person.bar",
            actor=actor.id,
            subject=f"person:{person_id}",
            at=now,
            facts={"basis": ground.value},
        )

    with office.sessions() as session:
        current = applications.open_for(session, person_id)
    if current is not None:
        try:
            office.runner.message(messages.BARRED, current.id, {}, actor, write=write)
        except NobodyWaits:  # decided: what is granted is not taken back here
            pass
        else:
            return current.id
    with writing(office.sessions) as session:
        write(session)
    return None


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
        bans.lift(session, ban, at=now, actor=actor.id, reason=said)
        audit.record(
            session,
            "person.lift_bar",
            actor=actor.id,
            subject=f"person:{ban.person_id}",
            at=now,
            facts={"ban_id": ban_id},
        )
