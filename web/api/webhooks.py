"""Webhooks: where a program is told that a case moved, so that it need not ask again and again."""

from __future__ import annotations

from typing import Any

from flask import Response

from casework.programs import webhooks as sending
from registry.clients import webhooks as kept
from registry.clients.clients import Client, Scope
from registry.clients.webhooks import Webhook
from web.api.applications import PARTIES, moment
from web.api.declared import Reply, body, json_answer, route
from web.extensions import db, office
from web.visitors import access
from web.visitors.rate_limits import limit

_TAG = "消息推送"


def _client() -> Client:
    client = access.visitor().client
    if client is None:
        raise LookupError("a page of programs was opened by none")
    return client


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": webhook.events,
        "is_active": webhook.active,
        "failures": webhook.failures,
        "created_at": moment(webhook.created_at),
    }


@route(
    "GET",
    "/webhooks",
    tag=_TAG,
    scope=Scope.WEBHOOKS,
    kinds=PARTIES,
    reply=Reply(about="接收地址", schema="Webhooks"),
)
def webhooks() -> Response:
    """List where this program is told."""
    listed = kept.of_client(db.session(), _client().id)
    return json_answer({"items": [_shown(webhook) for webhook in listed]})


@route(
    "POST",
    "/webhooks",
    tag=_TAG,
    scope=Scope.WEBHOOKS,
    kinds=PARTIES,
    acts=True,
    body="WebhookRequest",
    reply=Reply(about="已登记；secret只给出这一次", schema="NewWebhook", status=201),
)
def add_webhook() -> Response:
    """Add an address; its secret, with which messages are signed, is told once."""
    limit("webhook", _client().id, times=60, per_s=3600)
    actor = access.visitor().actor
    webhook = sending.add(office(), _client(), body()["url"], body()["events"], actor)
    return json_answer({**_shown(webhook), "secret": webhook.secret}, 201)


@route(
    "DELETE",
    "/webhooks/<webhook_id>",
    tag=_TAG,
    scope=Scope.WEBHOOKS,
    kinds=PARTIES,
    acts=True,
    reply=Reply(about="已删除", schema="Webhooks"),
)
def remove_webhook(webhook_id: str) -> Response:
    """Remove an address, and answer with those that are left."""
    sending.remove(office(), _client(), webhook_id, access.visitor().actor)
    db.session.rollback()
    return webhooks()


@route(
    "GET",
    "/webhooks/<webhook_id>/deliveries",
    tag=_TAG,
    scope=Scope.WEBHOOKS,
    kinds=PARTIES,
    reply=Reply(about="最近的消息，新的在前", schema="Deliveries"),
)
def webhook_deliveries(webhook_id: str) -> Response:
    """List the newest messages to an address, with what came of each."""
    webhook = kept.get(db.session(), webhook_id, _client().id)
    told = [
        {
            "id": delivery.id,
            "type": delivery.type,
            "state": delivery.state,
            "attempts": delivery.attempts,
            "answer": delivery.answer,
            "created_at": moment(delivery.created_at),
        }
        for delivery in kept.deliveries(db.session(), webhook.id)
    ]
    return json_answer({"items": told})


@route(
    "POST",
    "/webhooks/<webhook_id>/replay",
    tag=_TAG,
    scope=Scope.WEBHOOKS,
    kinds=PARTIES,
    acts=True,
    reply=Reply(about="重新推送了多少条", schema="Replayed"),
)
def replay_webhook(webhook_id: str) -> Response:
    """Open an address again and send what nobody has taken."""
    limit("webhook", _client().id, times=60, per_s=3600)
    actor = access.visitor().actor
    count = sending.replay(office(), webhook_id, actor, of=_client().id)
    return json_answer({"count": count})
