"""Stopping a matter at once: nothing new starts, applicants read why, what runs goes on."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework.office import Office
from casework.studio.refusals import NoticeMissing, StopLifted, StoppedAlready
from engine.actors import Actor
from refusals.refusal import NotFound
from registry.packages import publications
from registry.packages.publications import TypeStop
from registry.trail import audit
from storage.database import in_turn, writing

SHORTEST_NOTICE, LONGEST_NOTICE = 5, 500


def stop(office: Office, type_key: str, matter: str | None, notice: str, actor: Actor) -> str:
    """Stop a matter of a type, or all of it (None); return the id of the stop.

    Raises NoticeMissing, StoppedAlready, NotFound for a type or matter that is not offered.
    """
    offered = office.definitions.offered()
    if type_key not in offered:
        raise NotFound
    if matter is not None and not office.type_of(offered[type_key]).offers(matter):
        raise NotFound
    notice = notice.strip()
    if not SHORTEST_NOTICE <= len(notice) <= LONGEST_NOTICE:
        raise NoticeMissing("notice")
    now = office.now()
    with writing(office.sessions) as session:
        in_turn(session, f"stop {type_key}")
        for held in publications.stops(session, type_key):
            if (held.matter, held.notice, held.stopped_by) == (matter, notice, actor.id):
                return held.id  # the second press of one button
            if held.matter == matter:
                raise StoppedAlready
        row = TypeStop(
            type_key=type_key, matter=matter, notice=notice, stopped_by=actor.id, stopped_at=now
        )
        session.add(row)
        session.flush()
        _note(session, "type.stopped", row, actor, office)
        return row.id


def lift(office: Office, stop_id: str, actor: Actor) -> None:
    """Let what was stopped start again. Raises NotFound, StopLifted."""
    now = office.now()
    with writing(office.sessions) as session:
        row = session.get(TypeStop, stop_id)
        if row is None:
            raise NotFound
        waits = (TypeStop.id == stop_id) & TypeStop.lifted_at.is_(None)
        lifted = update(TypeStop).where(waits).values(lifted_by=actor.id, lifted_at=now)
        if session.scalar(lifted.returning(TypeStop.id)) is None:
            raise StopLifted
        _note(session, "type.resumed", row, actor, office)


def _note(session: Session, action: str, row: TypeStop, actor: Actor, office: Office) -> None:
    audit.record(
        session,
        action,
        actor=actor.id,
        subject=f"type:{row.type_key}",
        at=office.now(),
        facts={"stop": row.id, "matter": row.matter or "*"},
    )
