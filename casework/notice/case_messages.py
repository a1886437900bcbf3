"""Messages between the applicant and the agency: either side may begin while the case runs.

They ask and explain; nothing is accepted, corrected or decided by them, so that they move no case
and make no page of an act out of date.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import announcements, texts, trail
from casework.case.announcements import Word
from casework.office import Office
from engine import queries
from engine.actors import Actor, is_role, role_inbox
from refusals.refusal import Refusal
from registry.applications import applications, case_messages, decisions
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.applications.statuses import OF_AGENCY, Matter
from registry.enterprises.enterprises import Enterprise
from registry.people import persons
from registry.people.officers import OfficerRole
from storage.database import writing

LEAST = 2  #: characters of a message
MOST = 100  #: messages of one side in a case


class MessageRequired(Refusal):
    """请填写留言内容，2至500个字。"""

    code = "E_MESSAGE_REQUIRED"


class NotWithTheAgency(Refusal):
    """申请提交市住建委以后才能留言；现在有疑问的，请拨打页面下方的咨询电话。"""

    code = "E_NOT_WITH_AGENCY"


class CaseIsOver(Refusal):
    """案件已经办结，不能再留言；仍有疑问的，请拨打页面下方的咨询电话。"""

    code = "E_CASE_OVER"


class TooManyMessages(Refusal):
    """本案的留言已达到{most}条，请拨打页面下方的咨询电话，或者按要求提交材料。"""

    code = "E_TOO_MANY_MESSAGES"


def refusal(application: Application) -> Refusal | None:
    """Tell why nobody writes in a case now; None when both sides may."""
    if application.filed_at is None:
        return NotWithTheAgency()
    return None if application.state.is_open else CaseIsOver()


def has_thread(application: Application) -> bool:
    """Tell whether messages go with a case: the agency's own cases hear people formally (I19)."""
    return application.matter not in OF_AGENCY and application.matter != Matter.ENTERPRISE_RENAME


def write(
    office: Office, application_id: str, text: str, *, after: str, actor: Actor, name: str
) -> bool:
    """Write a message and tell the other side; False for a second press of the same button.

    `name` is the writer's, for officers. Raises `MessageRequired`, `NotWithTheAgency`,
    `CaseIsOver`, `TooManyMessages`, and what no letter could hold.
    """
    side = Side.AGENCY if any(is_role(inbox) for inbox in actor.inboxes) else Side.APPLICANT
    said = texts.said(office, [text], field="text")
    if not said or len(said[0]) < LEAST:
        raise MessageRequired("text")
    now = office.now()
    with writing(office.sessions) as session:
        application = applications.get(session, application_id)
        before = case_messages.of(session, application_id)
        message = case_messages.add(
            session,
            application_id,
            side,
            text=said[0],
            after=after,
            actor=actor.id,
            name=name,
            at=now,
        )
        if message is None:  # also when the case has ended since the first press
            return False
        if (refused := refusal(application)) is not None:
            raise refused
        if sum(kept.side == side for kept in before) >= MOST:
            raise TooManyMessages("text", most=MOST)
        word = _word(session, application, side, f"case_message/{message}")
        announcements.tell(session, [word], now, application_id=application_id)
        trail.audit(session, actor, "case_message.write", application_id, now, message=message)
    return True


def _word(session: Session, application: Application, side: Side, key: str) -> Word:
    """Say to the other side that something was written; never what."""
    about = f"{application.matter_label}申请（{application.no}）"
    if side is Side.APPLICANT:
        return Word(
            inbox=_handles(session, application),
            kind="case_message",
            text=f"{about}有申请人的新留言，请查看并答复。",
            key=key,
        )
    said = f"市住建委就您的{about}给您留言，请登录查看。"
    if application.matter == Matter.ENTERPRISE_CANCELLATION:
        employer = session.get(Enterprise, application.uscc)
        said = f"市住建委就贵企业的{about}留言，请登录查看。"
        return announcements.to_enterprise(
            str(application.uscc), employer, "case_message", said, key
        )
    person = persons.get(session, application.person_id)
    return announcements.to_person(person, "case_message", said, key)


def _handles(session: Session, application: Application) -> str:
    """Give the inbox of who has the case: its holder, its role, or who worked on it last."""
    for task in queries.tasks_of(session, application.id):
        if is_role(task.inbox):
            return task.claimed_by or task.inbox
    last = decisions.last(session, application.id)
    return f"officer:{last.officer_id}" if last is not None else role_inbox(OfficerRole.ACCEPTOR)
