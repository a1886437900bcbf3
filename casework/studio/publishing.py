"""Publishing a draft: an analyst asks, a publisher who wrote nothing of it agrees.

1. The draft is what was asked for, and the check finds nothing wrong with it.
2. Its scenarios were told on exactly these files, came as they say and reach everything that they
   answer for, or the analyst wrote why not.
3. It is deployed as a version that is offered from the day that was asked for: new cases start on
   it from then, by the clock alone; cases that run stay on theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework.case.two_operators import TwoOperators
from casework.office import Office
from casework.studio import checking, drafts, merging, trials
from casework.studio.drafts import Draft
from casework.studio.refusals import (
    DraftChanged,
    NotReady,
    PublicationDayRefused,
    PublicationNeedsAnother,
    PublicationNotAsked,
    PublicationReasonMissing,
    PublicationWaits,
)
from engine import definitions
from engine.actors import Actor
from registry.packages import drafts as saved
from registry.packages import publications, scenarios
from registry.packages.publications import Publication, PublicationState
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import alone, in_turn, writing

SHORTEST_REASON, LONGEST_REASON = 5, 1000
LATEST = timedelta(days=366)
_BY_TWO = TwoOperators(
    needs_another=PublicationNeedsAnother,
    not_asked=PublicationNotAsked,
    waits=PublicationWaits,
    roles=(OfficerRole.ANALYST,),
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What stands between a draft and its publication, in words; nothing: it may be asked for."""

    problems: int
    lacking: tuple[str, ...]
    untold: int  #: places that no scenario reaches: to be told with a reason


def gate(office: Office, draft: Draft) -> Gate:
    """Say what stands between a draft and its publication. Raises DraftTooMuch."""
    problems = checking.problems(office, draft)
    came = trials.of(office, draft)
    lacking = []
    if (newer := merging.newer(office, draft.row)) is not None:
        lacking.append(
            f"第{newer.number}版已经在草稿所依据的版本以后发布，照此发布会撤销它的修改，"
            f"请先在草稿页面【并入第{newer.number}版的修改】"
        )
    if not draft.changed:
        lacking.append("草稿与它所依据的版本相同，没有修改")
    if problems:
        lacking.append(f"检查发现{len(problems)}处问题")
    if came is None or not came.is_current:
        lacking.append("修改以后还没有试运行")
    elif not came.is_green:
        differs = f"{len(came.red)}个情景的结果与所写的不同" if came.red else came.why
        lacking.append(differs or "没有情景，或者试运行还没有结束")
    untold = len(came.untold) if came is not None and came.is_green else 0
    return Gate(problems=len(problems), lacking=tuple(lacking), untold=untold)


def ask(
    office: Office,
    draft_id: str,
    actor: Actor,
    *,
    why: str,
    effective_at: datetime | None = None,
    exception: str = "",
) -> str:
    """Ask that a draft be published from a moment on (None: at once); return the id.

    `exception` says why something that no scenario reaches may be published. Raises
    PublicationReasonMissing, PublicationDayRefused, NotReady, PublicationWaits, NoSuchDraft,
    DraftPublished.
    """
    now = office.now()
    why, exception = why.strip(), exception.strip()
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise PublicationReasonMissing("why")
    if effective_at is not None and not now <= effective_at <= now + LATEST:
        raise PublicationDayRefused("effective_at", day=f"{effective_at:%Y-%m-%d %H:%M}")
    draft = drafts.open_(office, draft_id)
    key = draft.row.type_key
    with office.sessions() as session:
        waits = publications.waiting(session, key)
        said = {"draft_id": draft_id, "why": why}
        if waits is not None:
            return _BY_TWO.again(session, waits, actor, said).id
    _insist(office, draft, exception)
    with writing(office.sessions) as session:
        in_turn(session, f"draft {draft_id}")
        in_turn(session, f"publication {key}")
        if (waits := publications.waiting(session, key)) is not None:
            return _BY_TWO.again(session, waits, actor, said).id
        office.check(session)
        again = drafts.changeable(office, session, draft_id)
        if again.mark != draft.mark:
            raise DraftChanged
        if (planned := publications.scheduled(session, key, now)) is not None:
            return _BY_TWO.again(session, planned, actor, said).id
        row = Publication(
            draft_id=draft_id,
            type_key=key,
            content=draft.mark,
            effective_at=effective_at or now,
            why=why,
            exception=exception or None,
            state=PublicationState.ASKED,
            asked_by=actor.id,
            asked_at=now,
        )
        session.add(row)
        session.flush()
        _note(session, "publication.asked", row, actor, now)
        return row.id


def _insist(office: Office, draft: Draft, exception: str) -> None:
    """Refuse a draft that is not ready. Raises NotReady."""
    stands = gate(office, draft)
    if stands.lacking:
        raise NotReady(why="；".join(stands.lacking))
    if stands.untold and len(exception) < SHORTEST_REASON:
        why = f"有{stands.untold}处没有情景走到。请补写情景，或者写明为什么不需要"
        raise NotReady("exception", why=why)


def confirm(office: Office, publication_id: str, actor: Actor) -> str:
    """Publish what an analyst asked for; return the version.

    Raises PublicationNotAsked, PublicationNeedsAnother for whoever saved anything in the draft,
    DraftChanged, NotReady, NoSuchDraft.
    """
    with _BY_TWO.once(office, Publication, publication_id, actor, PublicationState.CONFIRMED):
        return _publish(office, publication_id, actor)
    with office.sessions() as session:
        return str(session.get_one(Publication, publication_id).version)


def _publish(office: Office, publication_id: str, actor: Actor) -> str:
    now = office.now()
    with office.sessions() as session:
        asked = _confirmable(session, publication_id, actor)
    draft = drafts.open_(office, asked.draft_id)
    if draft.mark != asked.content:
        raise DraftChanged
    _insist(office, draft, asked.exception or "")
    files, stories = draft.package, draft.scenarios
    own = sorted(path for path in files if path in draft.own or path in draft.changed)
    with alone(office.sessions, "deploy"), writing(office.sessions) as session:
        asked = _confirmable(session, publication_id, actor)
        if drafts.read(office, session, asked.draft_id).mark != asked.content:
            raise DraftChanged
        office.check(session)
        since = max(asked.effective_at, now)
        from_day = since if since > now else None
        key = asked.type_key
        version = definitions.deploy(session, key, files, actor.id, now, offered_from=from_day)
        scenarios.keep(session, version, stories, own)
        is_settled = publications.settle(
            session,
            publication_id,
            PublicationState.CONFIRMED,
            actor=actor.id,
            at=now,
            version=version,
        )
        _BY_TWO.insist(is_settled)
        saved.published(session, asked.draft_id, now)
        said = {"asked_by": asked.asked_by, "version": version, "from": since.isoformat()}
        _note(session, "publication.confirmed", asked, actor, now, **said)
    office.definitions.forget()
    return version


def _confirmable(session: Session, publication_id: str, actor: Actor) -> Publication:
    asked = _BY_TWO.confirmable(session, publications.get(session, publication_id), actor)
    if actor.id in saved.authors(session, asked.draft_id):
        raise PublicationNeedsAnother
    return asked


def decline(office: Office, publication_id: str, actor: Actor) -> None:
    """Turn a publication down, or take one's own back; the draft may be changed again.

    Raises PublicationNotAsked.
    """
    now = office.now()
    with (
        _BY_TWO.once(office, Publication, publication_id, actor, PublicationState.DECLINED),
        writing(office.sessions) as session,
    ):
        asked = _BY_TWO.waiting(publications.get(session, publication_id))
        state = PublicationState.DECLINED
        settled = publications.settle(session, publication_id, state, actor=actor.id, at=now)
        _BY_TWO.insist(settled)
        _note(session, "publication.declined", asked, actor, now)


def cancel(office: Office, publication_id: str, actor: Actor) -> None:
    """Take back a published version before its first day; raises PublicationNotAsked."""
    now = office.now()
    with writing(office.sessions) as session:
        row = publications.get(session, publication_id)
        if row is not None and row.state == PublicationState.CANCELLED:
            return  # the second press of one button
        if row is None or row.version is None:
            raise PublicationNotAsked
        done = (
            update(Publication)
            .where(
                Publication.id == publication_id,
                Publication.state == PublicationState.CONFIRMED,
                Publication.effective_at > now,
            )
            .values(state=PublicationState.CANCELLED)
            .returning(Publication.id)
        )
        if session.scalar(done) is None:
            raise PublicationNotAsked
        definitions.never_offer(session, row.version)
        saved.reopened(session, row.draft_id)
        _note(session, "publication.cancelled", row, actor, now, version=row.version)
    office.definitions.forget()


def _note(
    session: Session, action: str, row: Publication, actor: Actor, at: datetime, **facts: str
) -> None:
    audit.record(
        session,
        action,
        actor=actor.id,
        subject=f"type:{row.type_key}",
        at=at,
        facts={"publication": row.id, "draft": row.draft_id, "content": row.content, **facts},
    )
