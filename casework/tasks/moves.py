"""A case moves, and the programs that listen are told: one row for each in the same transaction.

Whoever moves a case moves it here. What is told are ids and words of closed lists; who receives it
reads the rest at the interface, within his rights of that moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine.actors import role_inbox
from engine.jobs import queue
from engine.tables import JobKind, UserTask
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.statuses import APPLICATIONS, OF_AGENCY, UNSIGNED, Matter
from registry.clients import webhooks
from registry.clients.clients import ClientParty
from registry.clients.webhooks import EventType, Listener, WebhookDelivery
from registry.people.officers import Officer
from storage.database import at_commit, new_id

DELIVER = "webhook/deliver"


def move(
    session: Session, application: Application, status: str, at: datetime, **more: Any
) -> bool:
    """Move a case as `applications.move` does, and tell who listens."""
    if not applications.move(session, application, status, at, **more):
        return False
    told(session, application, at)
    return True


def told(session: Session, application: Application, at: datetime) -> None:
    """Tell who listens that a case stands elsewhere, at the commit of this transaction."""
    moved = (application.id, application.matter, application.uscc, application.status, at)
    at_commit(session, "webhooks", _write).append(moved)


def _write(session: Session, moved: list[tuple[str, str, str | None, str, datetime]]) -> None:
    """Write the messages and the jobs that deliver them."""
    listeners = webhooks.listening(session, {uscc for _, _, uscc, _, _ in moved if uscc})
    rows = []
    for key, matter, uscc, status, at in moved:
        for listener in listeners:
            if not _may_know(session, listener, key, matter, uscc, status):
                continue
            content = {"application_id": key, "matter": matter, "status": status}
            delivery = WebhookDelivery(
                id=new_id(),
                webhook_id=listener.webhook.id,
                type=EventType.STATUS_CHANGED,
                content=content,
                created_at=at,
            )
            session.add(delivery)
            rows.append(job(delivery, at, at))
    session.flush()
    queue.add_all(session, rows)


def job(delivery: WebhookDelivery, due_at: datetime, now: datetime) -> dict[str, Any]:
    """Give the job of the next attempt, which the message tells of too."""
    delivery.next_at = due_at
    return queue.row(
        kind=JobKind.EFFECT,
        operation=DELIVER,
        params={"delivery_id": delivery.id},
        key=f"webhook/{delivery.id}/{new_id()}",
        due_at=due_at,
        now=now,
    )


def _may_know(
    session: Session, listener: Listener, key: str, matter: str, uscc: str | None, status: str
) -> bool:
    """Tell whether the pages would show the case to whom the client acts for (I9, R16)."""
    if EventType.STATUS_CHANGED not in listener.webhook.events:
        return False
    client = listener.client
    if client.party == ClientParty.ENTERPRISE:
        is_signed = status not in UNSIGNED or matter == Matter.ENTERPRISE_CANCELLATION
        return client.uscc == uscc and matter in APPLICATIONS and is_signed
    officer = session.get(Officer, str(client.acts_as).partition(":")[2])
    if officer is None or not officer.active:
        return False
    if matter in OF_AGENCY:
        return True
    inboxes = [role_inbox(role) for role in officer.roles]
    concerned = exists().where(UserTask.business_key == key, UserTask.inbox.in_(inboxes))
    return bool(session.scalar(select(concerned)))
