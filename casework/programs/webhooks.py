"""Delivering messages to programs: signed, tried again from job rows, and stopped when in vain.

Signed as Standard Webhooks 1.0.0 has it: `webhook-id`, `webhook-timestamp`, and `webhook-signature`
with HMAC-SHA256 over "id.timestamp.body". Whoever is told nothing for a day is told no more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from casework.case import announcements
from casework.office import Office
from casework.tasks import moves
from engine import operations
from engine.actors import Actor, enterprise_inbox, role_inbox
from engine.jobs import queue
from engine.operations import Call, Outcome
from refusals.refusal import NotFound, Refusal
from registry.clients import clients, webhooks
from registry.clients.clients import Client
from registry.clients.webhooks import DeliveryState, Webhook, WebhookDelivery
from registry.enterprises import operators
from registry.enterprises.enterprises import Operator
from registry.people.officers import Officer, OfficerRole
from registry.trail import audit
from registry.trail.audit import Result
from storage.database import in_turn, to_json, writing

#: How long after each attempt the next one is made; after the last the message has failed.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
MOST_FAILURES = 20  #: attempts in a row, after which nothing is sent there any more
GONE = 410  #: the answer of who wants nothing more


class WebhookPaused(Refusal):
    """该接收地址没有在推送，不能重新推送所选的消息。请先点击“恢复推送”。"""

    code = "E_WEBHOOK_PAUSED"


@dataclass(frozen=True, kw_only=True)
class _Message:
    """A message that is to be sent now."""

    webhook: Webhook
    delivery: WebhookDelivery


def signed(webhook: Webhook, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the headers of a message."""
    stamp = str(int(at.timestamp()))
    told = f"{message_id}.{stamp}.".encode() + body
    digest = hmac.new(webhook.key, told, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "zhuce-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@operations.add(moves.DELIVER, schema={"delivery_id": str})
def deliver(office: Office, call: Call, delivery_id: str) -> Outcome:
    """Send one message once; what comes of it decides whether and when it is tried again."""
    with office.sessions() as session:
        message = _message(office, session, delivery_id)
    if message is None:
        return Outcome()
    webhook, delivery = message.webhook, message.delivery
    told = {
        "type": delivery.type,
        "timestamp": delivery.created_at.isoformat().replace("+00:00", "Z"),
        "data": delivery.content,
    }
    body = to_json(told).encode()
    status = 0
    try:
        status = office.webhooks.send(
            webhook.url, signed(webhook, delivery.id, call.now, body), body
        )
        answer = str(status)
    except Refusal as refusal:
        answer = refusal.code
    is_taken = 200 <= status < 300

    def commit(session: Session) -> None:
        _note(office, session, delivery_id, answer, is_taken=is_taken)

    return Outcome(commit=commit)


def _message(office: Office, session: Session, delivery_id: str) -> _Message | None:
    """Give a message whose client is in post still; None when it is not to be sent."""
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.state != DeliveryState.WAITING:
        return None
    webhook = session.get(Webhook, delivery.webhook_id)
    if webhook is None or not webhook.active:
        return None
    client = session.get(Client, webhook.client_id)
    if client is None or not client.active or not _is_in_post(office, session, client):
        return None
    return _Message(webhook=webhook, delivery=delivery)


def _is_in_post(office: Office, session: Session, client: Client) -> bool:
    kind, _, key = str(client.acts_as).partition(":")
    if kind == "officer":
        officer = session.get(Officer, key)
        return officer is not None and officer.active
    operator = session.get(Operator, key)
    return operator is not None and operators.acts_on(operator, office.today())


def _note(
    office: Office, session: Session, delivery_id: str, answer: str, *, is_taken: bool
) -> None:
    delivery = session.get(WebhookDelivery, delivery_id)
    webhook = session.get(Webhook, delivery.webhook_id) if delivery else None
    if delivery is None or webhook is None or delivery.state != DeliveryState.WAITING:
        return
    delivery.attempts, delivery.answer = delivery.attempts + 1, answer
    delivery.next_at = None
    if is_taken:
        delivery.state, webhook.failures = DeliveryState.DELIVERED, 0
        return
    webhook.failures += 1
    now = office.now()
    if delivery.attempts <= len(PAUSES):
        due = now + PAUSES[delivery.attempts - 1]
        queue.add_all(session, [moves.job(delivery, due, now)])
    else:
        delivery.state = DeliveryState.FAILED
    if webhook.failures >= MOST_FAILURES or answer == str(GONE):
        _stop(office, session, webhook)


def _stop(office: Office, session: Session, webhook: Webhook) -> None:
    """Send nothing more to an address, and say so to whose program it is."""
    webhook.active, now = False, office.now()
    client = clients.get(session, webhook.client_id)
    inbox = enterprise_inbox(client.uscc) if client.uscc else role_inbox(OfficerRole.OPERATOR.value)
    text = (
        f"程序“{client.name}”的接收地址多次没有应答，已停止推送消息。"
        "请检查接收程序，修复后通过接口重新推送。"
    )
    key = f"webhook/{webhook.id}/{now.isoformat()}"
    word = announcements.Word(inbox=inbox, kind="webhook", text=text, key=key)
    announcements.tell(session, [word], now)
    _record(office, session, "webhook.stop", webhook, client, actor="system", result=Result.ERROR)


class PressedBefore(Exception):
    """Another press of the same button has added the address."""


def add(
    office: Office,
    client: Client,
    url: str,
    events: list[str],
    actor: Actor,
    *,
    id: str | None = None,
) -> Webhook:
    """Let a client be told at an address; `id` is that of the page that asks.

    Raises `PressedBefore` when another press of its button was faster.
    Raises what the sender's `examine` raises, on the field `url`, and `TooManyWebhooks`.
    """
    office.webhooks.examine(url)
    with writing(office.sessions) as session:
        in_turn(session, f"webhook {client.id}")
        if id is not None and session.get(Webhook, id) is not None:
            raise PressedBefore
        webhook = webhooks.add(session, client.id, url, events, at=office.now(), id=id)
        _record(office, session, "webhook.add", webhook, client, actor=actor.id)
        return webhook


def remove(office: Office, client: Client, webhook_id: str, actor: Actor) -> None:
    """Tell a client no more at an address. Raises `NotFound`."""
    with writing(office.sessions) as session:
        webhook = webhooks.get(session, webhook_id, client.id)
        _record(office, session, "webhook.remove", webhook, client, actor=actor.id)
        webhooks.remove(session, webhook)


def removed(office: Office, session: Session, webhook_id: str, actor: Actor) -> str | None:
    """Return whose address this person has dropped a moment ago, the id of the client."""
    since = office.now() - audit.SECOND_PRESS
    for event in audit.done_by(session, "webhook.remove", actor=actor.id, since=since):
        if (event.facts or {}).get("webhook") == webhook_id:
            return event.subject.rpartition(":")[2]
    return None


def pause(office: Office, webhook_id: str, actor: Actor) -> None:
    """Send nothing to an address until somebody opens it again. Raises `NotFound`."""
    with writing(office.sessions) as session:
        webhook = webhooks.get(session, webhook_id)
        if not webhook.active:
            return
        webhook.active = False
        client = clients.get(session, webhook.client_id)
        _record(office, session, "webhook.pause", webhook, client, actor=actor.id)


def again(office: Office, webhook_id: str, chosen: Iterable[str], actor: Actor) -> int:
    """Send chosen messages of an open address again, taken or not; tell how many.

    Raises `NotFound`, `WebhookPaused`.
    """
    with writing(office.sessions) as session:
        webhook = webhooks.get(session, webhook_id)
        client = clients.get(session, webhook.client_id)
        if not (webhook.active and client.active):
            raise WebhookPaused
        now = office.now()
        repeated = webhooks.settled(session, webhook.id, chosen)
        for delivery in repeated:
            delivery.state, delivery.attempts = DeliveryState.WAITING, 0
        queue.add_all(session, [moves.job(delivery, now, now) for delivery in repeated])
        if repeated:
            _record(office, session, "webhook.again", webhook, client, actor=actor.id)
    office.runner.bell.ring()
    return len(repeated)


def replay(office: Office, webhook_id: str, actor: Actor, *, of: str | None = None) -> int:
    """Send again what came to nothing, to an address that is open again; tell how many.

    `of` is the client whose address it has to be. Raises `NotFound`.
    """
    with writing(office.sessions) as session:
        webhook = webhooks.get(session, webhook_id, of)
        client = clients.get(session, webhook.client_id)
        if not client.active:
            raise NotFound
        webhook.active, webhook.failures = True, 0
        now = office.now()
        waiting = [*webhooks.stranded(session, webhook.id)]
        for delivery in waiting:
            delivery.state, delivery.attempts = DeliveryState.WAITING, 0
        queue.add_all(session, [moves.job(delivery, now, now) for delivery in waiting])
        _record(office, session, "webhook.replay", webhook, client, actor=actor.id)
    office.runner.bell.ring()
    return len(waiting)


def _record(
    office: Office,
    session: Session,
    action: str,
    webhook: Webhook,
    client: Client,
    *,
    actor: str,
    result: Result = Result.OK,
) -> None:
    audit.record(
        session,
        action,
        actor=actor,
        acting_for=client.uscc,
        subject=f"client:{client.id}",
        at=office.now(),
        result=result,
        facts={"webhook": webhook.id, "url": webhook.url},
    )
