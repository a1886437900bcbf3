"""Telling many people at once what no case tells: expiry, reminders, news of an enterprise (D.5).

A key makes telling twice impossible. No text holds an identity number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.actors import enterprise_inbox, person_inbox, role_inbox
from engine.jobs import queue
from engine.tables import JobKind
from registry.enterprises.enterprises import Enterprise
from registry.people.persons import Person
from registry.trail import notices
from storage.database import new_id

SIGNATURE = "【上海注册】"


@dataclass(frozen=True, kw_only=True)
class Word:
    """One text for one inbox; with `mobile` it is sent to the telephone too."""

    inbox: str
    kind: str
    text: str
    key: str
    mobile: str | None = None
    outside: str = ""  #: what is sent, where that may say less than the inbox


def to_person(person: Person, kind: str, text: str, key: str, *, sms: bool = True) -> Word:
    """Address a text to a person."""
    mobile = person.mobile if sms else None
    return Word(inbox=person_inbox(person.id), kind=kind, text=text, key=key, mobile=mobile)


def to_enterprise(
    uscc: str, employer: Enterprise | None, kind: str, text: str, key: str, *, sms: bool = True
) -> Word:
    """Address a text to an enterprise; by telephone where its contact is known."""
    mobile = employer.contact_mobile if employer is not None and sms else None
    return Word(inbox=enterprise_inbox(uscc), kind=kind, text=text, key=key, mobile=mobile)


def to_role(role: str, kind: str, text: str, key: str) -> Word:
    """Address a text to the officers of a role."""
    return Word(inbox=role_inbox(role), kind=kind, text=text, key=key)


def tell(
    session: Session, words: Sequence[Word], at: datetime, *, application_id: str | None = None
) -> int:
    """Put the texts into their inboxes and have the short messages sent; return how many are new.

    What was told under the same key before is left out; with `application_id` it is of a case.
    """
    by_key = {word.key: word for word in words}
    rows = [
        {
            "id": new_id(),
            "key": word.key,
            "inbox": word.inbox,
            "kind": word.kind,
            "text": word.text,
            "application_id": application_id,
            "created_at": at,
        }
        for word in by_key.values()
    ]
    told = notices.tell_all(session, rows)
    messages = [
        (by_key[key].mobile or "", SIGNATURE + (by_key[key].outside or by_key[key].text), key)
        for key in sorted(told)
        if by_key[key].mobile
    ]
    queued = notices.queue_all(session, messages, at=at, application_id=application_id)
    deliver(session, queued, at=at, application_id=application_id)
    return len(told)


def deliver(
    session: Session, ids: Sequence[str], *, at: datetime, application_id: str | None = None
) -> None:
    """Have queued messages sent, each by its own job."""
    deliveries = [
        queue.row(
            kind=JobKind.EFFECT,
            operation="notice/deliver_sms",
            params={"sms_id": sms_id},
            key=f"sms/{sms_id}",
            due_at=at,
            now=at,
            business_key=application_id,
        )
        for sms_id in ids
    ]
    queue.ask_all(session, deliveries)
