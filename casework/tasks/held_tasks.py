"""Tasks that somebody took and cannot go on with: dismissed, given other work, or ill.

Who has the inbox no more holds nothing: from that moment any colleague may do the task, and the
next sweep puts it back. From who is only away an approver takes it back, with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.case import trail
from casework.office import Office
from casework.tasks import officer_results
from engine.actors import SYSTEM, Actor, is_enterprise, is_role, role_inbox
from engine.actors import officer as officer_of
from engine.errors import NotYourTask, TaskNotOpen
from engine.running import store
from engine.tables import TaskStatus, UserTask
from refusals.refusal import Refusal
from registry.enterprises import enterprises
from registry.people import officers
from registry.people.officers import Officer, OfficerRole
from registry.trail import audit, notices
from storage.literals import literal


class NoColleague(Refusal):
    """请从列表中选择一名可以办理该事项的同事。"""

    code = "E_NO_COLLEAGUE"


def keeps(session: Session, holder: str, inbox: str) -> bool:
    """Tell whether who took a task (`officer:<id>`, `operator:<id>`) still has its inbox."""
    key, belongs_to = holder.partition(":")[2], inbox.partition(":")[2]
    if is_role(inbox):
        return officers.has_role(session, key, belongs_to)
    if is_enterprise(inbox):
        return not enterprises.acts_no_more(session, key, belongs_to)
    return True


def of_agency(session: Session) -> Sequence[UserTask]:
    """Return the open tasks that officers hold, the nearest deadline first."""
    return session.scalars(
        _held()
        .where(UserTask.inbox.in_([role_inbox(role) for role in OfficerRole]))
        .order_by(UserTask.due_by, UserTask.id)
    ).all()


class HeldByAnother(Refusal):
    """该事项已由另一名工作人员领取，没有收回。请核对本页现在显示的领取人，再次提交。"""

    code = "E_HELD_BY_ANOTHER"


def take_back(
    office: Office, task_id: str, *, reason: str, actor: Actor, holder: str | None = None
) -> None:
    """Put a task back into its inbox that another holds, who is told: the `holder` that was shown.

    Only an approver may, and not for himself: he gives back. Raises `NotYourTask`, `TaskNotOpen`
    when nobody holds it any more, `ReasonRequired`.
    """
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask
    [said] = officer_results.reasons(office, [reason], "reason")
    with office.sessions() as session:
        task = session.get(UserTask, task_id)
    if task is None or not is_role(task.inbox):
        raise TaskNotOpen
    if task.claimed_by is None:
        if _has_moved(office, task, actor, _BACK[1]):
            return  # the second press
        raise TaskNotOpen
    if task.claimed_by == actor.id:
        raise NotYourTask
    if holder not in (None, task.claimed_by):
        raise HeldByAnother
    try:
        _move(office, task, actor, said)
    except TaskNotOpen:
        if not _has_moved(office, task, actor, _BACK[1]):
            raise  # nobody has pressed it before


def _has_moved(office: Office, task: UserTask, actor: Actor, action: str) -> bool:
    """Tell whether somebody took this task back, or gave it on, a moment ago."""
    with office.sessions() as session:
        return audit.is_known(
            session,
            action,
            actor=actor.id,
            subject=f"application:{task.business_key}",
            since=office.now() - audit.SECOND_PRESS,
        )


def colleagues(session: Session, task: UserTask, actor: Actor) -> list[Officer]:
    """Return to whom `actor` may hand on a task: not himself, the holder, or whom four eyes bar."""
    role = task.inbox.partition(":")[2]
    return [
        officer
        for officer in officers.of_role(session, role)
        if f"officer:{officer.id}" not in (actor.id, task.claimed_by)
        and not store.own_earlier(
            session, task.instance_id, task.different_from, officer_of(officer.id, role)
        )
    ]


def hand_over(
    office: Office, task_id: str, *, to: str, reason: str, actor: Actor, holder: str | None = None
) -> None:
    """Give a task that is held to a colleague of the role; both are told, the reason too.

    The holder may, and for an absent one an approver, who does not take it himself: who gives
    and who goes on are two persons. `to` is the id of an officer. Raises `NotYourTask`,
    `TaskNotOpen`, `ReasonRequired`, `NoColleague`.
    """
    [said] = officer_results.reasons(office, [reason], "reason")
    with office.sessions() as session:
        task = session.get(UserTask, task_id)
        if task is None or task.claimed_by is None or not is_role(task.inbox):
            raise TaskNotOpen
        if task.claimed_by == f"officer:{to}" and _has_moved(office, task, actor, _ON[1]):
            return  # the second press
        if task.claimed_by != actor.id and not actor.has_role(OfficerRole.APPROVER):
            raise NotYourTask
        if holder not in (None, task.claimed_by):
            raise HeldByAnother
        if to not in {officer.id for officer in colleagues(session, task, actor)}:
            raise NoColleague("to")
    try:
        _move(office, task, actor, said, to=f"officer:{to}")
    except TaskNotOpen:
        if not _has_moved(office, task, actor, _ON[1]):
            raise  # nobody has pressed it before


def free(office: Office, task_id: str | None = None) -> int:
    """Put back what people hold who have its inbox no more, or this one; return how many tasks."""
    query = _held() if task_id is None else _held().where(UserTask.id == task_id)
    with office.sessions() as session:
        tasks = session.scalars(query).all()
        left = [task for task in tasks if not keeps(session, task.claimed_by or "", task.inbox)]
    return sum(_is_put_back(office, task) for task in left)


def _is_put_back(office: Office, task: UserTask) -> bool:
    try:
        _move(office, task, SYSTEM, "领取人已不在该岗位")
    except TaskNotOpen:
        return False  # done or taken by a colleague meanwhile
    return True


def _move(
    office: Office, task: UserTask, actor: Actor, reason: str, *, to: str | None = None
) -> None:
    """Put a task back into its inbox, or give it on; whoever had and has it is told."""
    holder, since, now = task.claimed_by, task.claimed_at, office.now()
    if holder is None or since is None:
        raise TaskNotOpen
    kind, action = _ON if to else _BACK
    what = "已转交其他工作人员办理" if to else "已收回，由其他工作人员办理"
    told = {holder: f"您领取的“{task.name}”{what}。原因：{reason}"} if holder != actor.id else {}
    if to is not None:
        told[to] = f"“{task.name}”已转交您办理，办理期限不因此延长。原因：{reason}"

    def write(session: Session) -> None:
        for inbox, text in told.items():
            notices.tell(
                session,
                inbox,
                kind,
                text,
                key=f"{kind}/{task.id}/{since.isoformat()}/{inbox}",
                at=now,
                application_id=task.business_key,
            )
        facts = {"task": task.id, "holder": holder} | ({"to": to} if to else {})
        trail.audit(session, actor, action, task.business_key, now, **facts)

    office.runner.take_back(task.id, actor, holder=holder, since=since, write=write, to=to)


_ON = ("task_handed_on", "task.handed_on")
_BACK = ("task_taken_back", "task.taken_back")


def _held() -> Select[UserTask]:
    return select(UserTask).where(
        UserTask.status == literal(TaskStatus.OPEN), UserTask.claimed_by.is_not(None)
    )
