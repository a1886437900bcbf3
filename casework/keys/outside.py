"""What an authority outside owes us, and we it: certificates asked for, revocations to be told.

Both wait in the key database; a job asks until the authority has understood, for some four hours,
then operators see an incident. The daily duty asks anew for whatever still waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from adapters.errors import EnrolmentRefused
from casework.case import announcements
from casework.case.announcements import Word
from casework.keys.holding import KeyHolder, to_holder
from casework.office import OUTAGE, Office
from engine import operations
from engine.actors import SYSTEM, Actor
from engine.jobs import queue
from engine.operations import Call, Outcome
from refusals.days import day_in_words
from registry.law.calendars import shanghai_day
from registry.people import persons
from registry.trail import audit
from signing import Role
from signing.errors import CertificateAwaited
from storage.database import writing

AWAITED, COME, REFUSED, TOLD = (
    "keys.awaited",
    "keys.awaited_came",
    "keys.awaited_refused",
    "keys.ending_told",
)


@contextmanager
def waited_for(office: Office, holder: KeyHolder, actor: Actor) -> Iterator[None]:
    """Have a job ask again when the authority is away: what was pressed is done when it is back.

    Raises: CertificateAwaited, with the job and the audit row written.
    """
    try:
        yield
    except CertificateAwaited:
        now = office.now()
        with writing(office.sessions) as session:
            subject = holder.name_in_trail
            audit.record(
                session, AWAITED, actor=actor.id, acting_for=actor.uscc, subject=subject, at=now
            )
            _ask(session, office, holder)
        raise


def _ask(session: Session, office: Office, holder: KeyHolder) -> None:
    now = office.now()
    params = {"role": holder.role.value, "subject": holder.subject}
    queue.ask(session, "keys/complete", params, f"{holder.name_in_trail}/complete/{now}", now)


@operations.add("keys/complete", schema={"role": str, "subject": str}, retry=OUTAGE)
def complete(office: Office, call: Call, role: str, subject: str) -> Outcome:
    """Ask the authority again for a certificate; tell the holder that it came, or why it will not.

    Where nothing waits any more there is nothing to do.
    """
    holder = KeyHolder(role=Role(role), subject=subject)
    lifecycle = office.signatures.lifecycle
    try:
        facts = lifecycle.complete(holder.role, holder.subject)
    except EnrolmentRefused as refusal:
        lifecycle.withdraw(holder.role, holder.subject)
        text = f"您的{holder.title}没有签发：{refusal}"
        return Outcome(commit=_told(holder, call, REFUSED, text))
    if facts is None:
        return Outcome()
    end = day_in_words(facts.not_after)
    told = _told(holder, call, COME, f"您的{holder.title}已由电子认证服务机构签发，有效期至{end}。")

    def commit(session: Session) -> None:
        told(session)
        if holder.role is Role.APPLICANT:
            persons.bind_certificate(persons.get(session, holder.subject), at=call.now)
        tell_endings(session, office)

    return Outcome(values={"serial": facts.serial}, commit=commit)


def _told(holder: KeyHolder, call: Call, action: str, text: str) -> Callable[[Session], None]:
    def commit(session: Session) -> None:
        subject = holder.name_in_trail
        audit.record(session, action, actor=SYSTEM.id, subject=subject, at=call.now)
        word: Word = to_holder(session, holder, text, f"{action}/{call.key}")
        announcements.tell(session, [word], call.now)

    return commit


def tell_endings(session: Session, office: Office) -> int:
    """Have the authority told of every certificate that we revoked; return how many that are.

    For the transaction of whatever revoked one; what is asked for already is not asked twice.
    """
    untold = office.signatures.authority.untold()
    for serial in untold:
        queue.ask(session, "keys/tell", {"serial": serial}, f"keys/tell/{serial}", office.now())
    return len(untold)


@operations.add("keys/tell", schema={"serial": str}, retry=OUTAGE)
def tell(office: Office, call: Call, serial: str) -> Outcome:
    """Tell the authority that a certificate ended; it is revoked there for everybody."""
    office.signatures.authority.tell(serial)

    def commit(session: Session) -> None:
        subject = f"certificate:{serial}"
        audit.record(session, TOLD, actor=SYSTEM.id, subject=subject, at=call.now)

    return Outcome(commit=commit)


def look_after(office: Office) -> int:
    """Ask anew, once a day, for what still waits; return how much that is."""
    now = office.now()
    day, waiting = shanghai_day(now).isoformat(), office.signatures.lifecycle.waiting()
    with writing(office.sessions) as session:
        for order in (found.order for found in waiting):
            params = {"role": order.role.value, "subject": order.subject}
            queue.ask(session, "keys/complete", params, f"{order.lock}/complete/{day}", now)
        return len(waiting) + tell_endings(session, office)
