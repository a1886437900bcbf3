"""How messages reach somebody: chosen by each for himself, as far as the law leaves a choice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case.announcements import SIGNATURE, deliver
from casework.notice import topics
from casework.office import Office
from engine.actors import Actor
from refusals.refusal import Refusal
from registry import readings
from registry.people import message_choices
from registry.people.message_choices import MessageChoice
from registry.trail import audit, notices
from registry.trail.audit import Result
from registry.trail.notices import Notice
from storage.database import new_id, writing

CODE_MINUTES = 30
TRIES = 5  #: of one code
LONGEST = 254  #: octets of an address, RFC 5321 4.5.3.1.3 without its brackets
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


class EmailWrong(Refusal):
    """电子邮箱的格式不正确，请核对后重新填写，例如 name@example.cn。"""

    code = "E_EMAIL"


class EmailCodeWrong(Refusal):
    """验证码不正确、已过期或者输错次数过多，请核对邮件，或者重新发送。"""

    code = "E_EMAIL_CODE"


class EmailMissing(Refusal):
    """请先填写并验证电子邮箱，再选择用电子邮件接收。"""

    code = "E_EMAIL_MISSING"


class TopicDemanded(Refusal):
    """依法告知的消息不能关闭短信；您可以另外选择用电子邮件接收。"""

    code = "E_TOPIC_DEMANDED"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How one message goes."""

    by_telephone: bool
    email: str | None


def choose(
    office: Office, owner: str, *, telephone: Iterable[str], email: Iterable[str], actor: Actor
) -> None:
    """Keep the topics that come by telephone and by e-mail.

    Raises `TopicDemanded`, `EmailMissing`.
    """
    called, mailed = set(telephone) & set(topics.TOPICS), set(email) & set(topics.TOPICS)
    if topics.DEMANDED not in called:
        raise TopicDemanded("telephone")
    silent = topics.SWITCHABLE - called
    with writing(office.sessions) as session:
        kept = message_choices.of(session, owner)
        if mailed and (kept is None or kept.email is None):
            raise EmailMissing("email")
        message_choices.choose(session, owner, silent=silent, mailed=mailed)
        _audit(office, session, "channels.choose", owner, actor, silent=sorted(silent))


def ask_email(office: Office, owner: str, typed: str, actor: Actor) -> None:
    """Send a code to an address that is to be used, once for two presses. Raises `EmailWrong`."""
    address = readings.line(typed)
    if len(address) > LONGEST or not _ADDRESS.fullmatch(address):
        raise EmailWrong("address")
    code, now = f"{secrets.randbelow(10**6):06d}", office.now()
    text = (
        f"{SIGNATURE}验证码{code}，{CODE_MINUTES}分钟内有效，用于确认接收消息的电子邮箱。"
        "如非本人操作，请忽略。"
    )
    until = now + timedelta(minutes=CODE_MINUTES)
    with writing(office.sessions) as session:
        if not message_choices.ask(
            session, owner, address, code, until=until, unless_after=until - audit.SECOND_PRESS
        ):
            return
        key = f"email-code/{new_id()}"
        queued = notices.queue_all(session, [(address, text, key)], at=now, channel=notices.MAIL)
        deliver(session, queued, at=now)
        _audit(office, session, "channels.email_asked", owner, actor)


_CONFIRMED = ("channels.email_confirmed", Result.OK)
_REFUSED = ("channels.email_refused", Result.DENIED)


def confirm_email(office: Office, owner: str, typed: str, actor: Actor) -> None:
    """Use the address to which this code was sent. Raises `EmailCodeWrong`."""
    with writing(office.sessions) as session:
        is_right = message_choices.confirm(
            session, owner, readings.number(typed), most=TRIES, at=office.now()
        )
        action, result = _CONFIRMED if is_right else _REFUSED
        _audit(office, session, action, owner, actor, result)
    if not is_right:
        raise EmailCodeWrong("code")


def drop_email(office: Office, owner: str, actor: Actor) -> None:
    """Use no address any more."""
    with writing(office.sessions) as session:
        message_choices.forget(session, owner)
        _audit(office, session, "channels.email_dropped", owner, actor)


def way(session: Session, key: str) -> Way:
    """Tell how the message of this notice goes, as its reader chose."""
    asked = select(Notice.kind, MessageChoice)
    asked = asked.join(MessageChoice, MessageChoice.owner == Notice.inbox)
    found = session.execute(asked.where(Notice.key == key)).one_or_none()
    if found is None:
        return Way(by_telephone=True, email=None)
    kind, choice = found
    topic = topics.of(kind)
    is_silent = topic in topics.SWITCHABLE and topic in choice.silent
    return Way(by_telephone=not is_silent, email=choice.email if topic in choice.mailed else None)


def _audit(
    office: Office,
    session: Session,
    action: str,
    owner: str,
    actor: Actor,
    result: Result = Result.OK,
    **facts: Any,
) -> None:
    audit.record(
        session,
        action,
        actor=actor.id,
        subject=owner,
        at=office.now(),
        result=result,
        facts=facts,
    )
