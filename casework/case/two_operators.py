"""One operator asks, another confirms: the rule and its row of the trail, whatever is asked for.

What is asked for stands with its matter: to go on without a step (`casework.skips`), to unlock or
revoke the key of another (`casework.keys.by_two`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from casework.office import Office
from engine.actors import Actor
from refusals.days import moment_in_words
from refusals.refusal import Refusal
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import audit
from registry.trail.asked import Asked

Request = TypeVar("Request", bound=Asked)


class AskerGone(Refusal):
    """提出申请的{who}已不再担任该职务，该申请不能确认。请退回该申请，仍需办理的由在任人员重新提出。"""

    code = "E_ASKER_GONE"


@dataclass(frozen=True, kw_only=True)
class TwoOperators:
    """The rule for one kind of request, in the words of its matter."""

    needs_another: type[Refusal]  #: who asked may not confirm
    not_asked: type[Refusal]  #: it was never asked for, or is settled
    waits: type[Refusal]  #: another request about the same waits; told are `who` and `when`
    roles: Sequence[OfficerRole] = (OfficerRole.OPERATOR,)  #: who may ask, any of them

    def again(
        self,
        session: Session,
        request: Request | None,
        actor: Actor,
        values: Mapping[str, Any],
        *,
        field: str | None = None,
        **facts: object,
    ) -> Request:
        """Give the request that waits to whoever presses the button of just this one again.

        Raises `waits` to whoever asks for anything else, or is somebody else, and `not_asked`
        when it was settled this moment.
        """
        if request is None:
            raise self.not_asked
        if request.is_by(actor.id, values):
            return request
        who = "您" if request.asked_by == actor.id else _name(session, request.asked_by)
        raise self.waits(field, who=who, when=moment_in_words(request.asked_at), **facts)

    def waiting(self, request: Request | None) -> Request:
        """Give a request that nobody has settled; raises `not_asked`."""
        if request is None or not request.is_waiting:
            raise self.not_asked
        return request

    def confirmable(self, session: Session, request: Request | None, actor: Actor) -> Request:
        """Give a request that waits for the actor.

        Raises: `not_asked`, `needs_another`, AskerGone: two in post agree, or nobody has agreed.
        """
        asked = self.waiting(request)
        if asked.asked_by == actor.id:
            raise self.needs_another
        asker = asked.asked_by.removeprefix("officer:")
        if officers.has_left(session, asker, self.roles):
            raise AskerGone(who=_name(session, asked.asked_by))
        return asked

    @contextmanager
    def once(
        self, office: Office, table: type[Asked], key: str, actor: Actor, state: str
    ) -> Iterator[None]:
        """Take the second press of whoever has settled a request so already as done."""
        try:
            yield
        except self.not_asked:
            if not self.is_done(office, table, key, actor, state):
                raise

    def is_done(
        self, office: Office, table: type[Asked], key: str, actor: Actor, state: str
    ) -> bool:
        """Tell whether this very actor has settled a request so: he presses a second time."""
        with office.sessions() as session:
            request = session.get(table, key)
        return request is not None and request.settled == (actor.id, state)

    def insist(self, is_settled: bool) -> None:
        """Refuse what somebody else settled since we looked, inside the transaction of the act."""
        if not is_settled:
            raise self.not_asked


def _name(session: Session, actor: str) -> str:
    officer_id = actor.removeprefix("officer:")
    return officers.names(session, [officer_id]).get(officer_id, "另一名工作人员")


def note(
    office: Office,
    session: Session,
    action: str,
    actor: Actor,
    *,
    subject: str,
    facts: Mapping[str, Any],
    role: OfficerRole = OfficerRole.OPERATOR,
) -> None:
    """Write the row of the trail, in the transaction of what it tells."""
    audit.record(
        session,
        action,
        actor=actor.id,
        role=role,
        subject=subject,
        at=office.now(),
        facts=dict(facts),
    )
