"""Webhooks: where a client wants to be told what happened, and each message on its way there."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound, Refusal
from registry.clients.clients import Client, ClientParty
from storage.database import Base, Encrypted, Json, UtcDateTime, new_id
from storage.passing import is_empty

MOST = 5  #: webhooks of one client
KEPT = timedelta(days=30)  #: for how long messages can be sent again


class EventType(StrEnum):
    """What is told."""

    STATUS_CHANGED = "application.status_changed"

    @property
    def about(self) -> str:
        """What it means, in Chinese."""
        return "申请的当前状态发生变化"


class DeliveryState(StrEnum):
    """Where a message stands."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class TooManyWebhooks(Refusal):
    """每个程序最多登记5个接收地址，请先删除不用的。"""

    code = "E_WEBHOOKS_TOO_MANY"


class Webhook(Base):
    """An address of a client that is told."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(String(32), index=True)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(Json())
    secret: Mapped[str] = mapped_column(Encrypted("webhook.secret"))
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)  #: in a row
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def key(self) -> bytes:
        """The bytes that sign (Standard Webhooks: whsec_ and base64)."""
        return base64.b64decode(self.secret.removeprefix("whsec_"))


class WebhookDelivery(Base):
    """One message to one address; its id is the same at every attempt."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_webhook", "webhook_id", "state", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    webhook_id: Mapped[str] = mapped_column(String(32))
    type: Mapped[str] = mapped_column(String(40))
    content: Mapped[dict[str, Any]] = mapped_column(Json())  #: ids and words, nobody's data
    state: Mapped[str] = mapped_column(String(9), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(String(60), default="")  #: of the last attempt
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  #: when it is tried again
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A webhook with whose it is."""

    webhook: Webhook
    client: Client


def add(
    session: Session,
    client_id: str,
    url: str,
    events: Iterable[str],
    *,
    at: datetime,
    id: str | None = None,
) -> Webhook:
    """Add an address with a new secret. Raises `TooManyWebhooks`."""
    of_client = select(func.count()).where(Webhook.client_id == client_id)
    if (session.scalar(of_client) or 0) >= MOST:
        raise TooManyWebhooks
    webhook = Webhook(
        id=id or new_id(),
        client_id=client_id,
        url=url,
        events=sorted(set(events)),
        secret=f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
        active=True,
        failures=0,
        created_at=at,
    )
    session.add(webhook)
    session.flush()
    return webhook


def of_client(session: Session, client_id: str) -> list[Webhook]:
    """Return the addresses of a client, oldest first."""
    query = select(Webhook).where(Webhook.client_id == client_id)
    return list(session.scalars(query.order_by(Webhook.id)))


def get(session: Session, webhook_id: str, client_id: str | None = None) -> Webhook:
    """Return an address, that of one client; raises `NotFound`."""
    webhook = session.get(Webhook, webhook_id)
    if webhook is None or client_id not in (None, webhook.client_id):
        raise NotFound
    return webhook


def remove(session: Session, webhook: Webhook) -> None:
    """Drop an address with its messages."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id))
    session.delete(webhook)


def listening(session: Session, usccs: Iterable[str]) -> list[Listener]:
    """Return the addresses of active clients of these enterprises and of the agency.

    Who opened a case in which nobody listens is not asked again (`ANY`, `is_any_active`).
    """
    if is_empty(session, ANY):
        return []
    theirs = or_(Client.party == ClientParty.AGENCY, Client.uscc.in_(list(usccs)))
    query = select(Webhook, Client).join(Client, Client.id == Webhook.client_id)
    rows = session.execute(query.where(Webhook.active, Client.active, theirs))
    return [Listener(webhook=row[0], client=row[1]) for row in rows]


ANY = (Webhook, "any")  #: slot that is empty where nobody has asked for messages
#: Whether anybody has, in a statement about something else.
is_any_active = exists().where(Webhook.active).correlate(None)


def deliveries(session: Session, webhook_id: str, *, limit: int = 100) -> list[WebhookDelivery]:
    """Return the newest messages to an address."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return list(session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)))


def settled(session: Session, webhook_id: str, chosen: Iterable[str]) -> Sequence[WebhookDelivery]:
    """Return those of the chosen messages of an address that nobody is about to send, in order."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.id.in_(list(chosen)),
        WebhookDelivery.state != DeliveryState.WAITING,
    )
    return session.scalars(query.order_by(WebhookDelivery.id)).all()


def stranded(session: Session, webhook_id: str) -> Sequence[WebhookDelivery]:
    """Return the messages that nobody has taken, oldest first."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state != DeliveryState.DELIVERED
    )
    return session.scalars(query.order_by(WebhookDelivery.id)).all()


def sweep(session: Session, at: datetime) -> int:
    """Remove the messages that are too old to be sent again; tell how many."""
    over = delete(WebhookDelivery).where(WebhookDelivery.created_at <= at - KEPT)
    return len(session.scalars(over.returning(WebhookDelivery.id)).all())
