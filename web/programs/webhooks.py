"""接收地址: where a program is told, each message with what came of it, pause and send again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask import url_for as to
from werkzeug.wrappers import Response as Answer

from casework.programs import webhooks as sending
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.clients import clients, webhooks
from registry.clients.clients import Client, Scope
from registry.clients.webhooks import EventType, Webhook
from storage.database import new_id
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.programs import lists, rights
from web.programs.clients import shown_once
from web.programs.rights import Right
from web.ui.wording import Tag
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("program_webhooks", __name__, url_prefix="/programs")

_LONGEST = 500


class EventsMissing(Refusal):
    """请至少选择一种消息。"""

    code = "E_WEBHOOK_EVENTS"


@bp.get("/<client_id>/webhooks/new")
@access.program_keeper
def new(client_id: str) -> str:
    """Ask where a program is to be told, and of what."""
    return _new(_listening(client_id), {})


def _listening(client_id: str) -> Client:
    client = rights.own(client_id, Right.LISTEN)
    if not client.active or Scope.WEBHOOKS not in client.scopes:
        raise NotFound
    return client


def _new(client: Client, faults: dict[str, str]) -> str:
    return render_template(
        "programs/webhook_new.html",
        client=client,
        events=[(event.value, event.about) for event in EventType],
        chosen=request.form.getlist("events"),
        url=request.form.get("url", "")[:_LONGEST],
        request_id=request.form.get("request", "")[:32] or new_id(),
        faults=faults,
    )


@bp.post("/<client_id>/webhooks/new")
@access.program_keeper
def add(client_id: str) -> Response | Answer | tuple[str, int]:
    """Add an address, and show the secret of its messages this once."""
    client = _listening(client_id)
    limit("webhook", client.id, times=60, per_s=3600)
    events, known = request.form.getlist("events"), {event.value for event in EventType}
    key = request.form.get("request", "")
    if len(key) != len(new_id()) or not (key.isascii() and key.isalnum()):
        raise NotFound
    if (there := db.session.get(Webhook, key)) is not None:  # pressed again
        if there.client_id != client.id:
            raise NotFound
        return redirect(to(".webhook", webhook_id=key), 303)
    try:
        if not events or set(events) - known:
            raise EventsMissing("events")
        url = request.form.get("url", "").strip()[:_LONGEST]
        added = sending.add(office(), client, url, events, access.visitor().actor, id=key)
    except sending.PressedBefore:
        return redirect(to(".webhook", webhook_id=key), 303)
    except Refusal as refusal:
        return _new(client, Fault.by_field(refusal)), 422
    return shown_once("programs/webhook_shown.html", webhook=added)


@bp.get("/webhooks/<webhook_id>")
@access.program_keeper
def webhook(webhook_id: str) -> Answer | str | tuple[str, int]:
    """Show an address: whether it is told, and every message with what came of it."""
    kept, client = _kept(webhook_id, Right.SEE)
    may = Right.STOP in rights.of(client) and client.active
    return listed.show(
        lists.messages(kept, may_send=may and kept.active),
        "programs/webhook.html",
        client=client,
        webhook=kept,
        state=_state(kept),
        events="、".join(EventType(event).about for event in kept.events),
        may=may,
    )


def _state(kept: Webhook) -> Tag:
    if kept.active:
        return Tag(text="推送中", colour="green")
    return Tag(text="没有推送", colour="yellow")


def _kept(webhook_id: str, right: Right) -> tuple[Webhook, Client]:
    """Give an address with whose it is; raises `NotFound`."""
    kept = webhooks.get(db.session(), webhook_id)
    client = clients.get(db.session(), kept.client_id)
    if right not in rights.of(client):
        raise NotFound
    return kept, client


@bp.post("/webhooks/<webhook_id>/pause")
@access.program_keeper
def pause(webhook_id: str) -> Answer:
    """Send nothing there until it is opened again."""
    kept, _ = _kept(webhook_id, Right.STOP)
    sending.pause(office(), kept.id, access.visitor().actor)
    flash("已暂停推送。暂停期间不产生新的消息。", "success")
    return redirect(to(".webhook", webhook_id=kept.id), 303)


@bp.post("/webhooks/<webhook_id>/resume")
@access.program_keeper
def resume(webhook_id: str) -> Answer:
    """Open an address again, and send what nobody has taken."""
    kept, _ = _kept(webhook_id, Right.STOP)
    count = sending.replay(office(), kept.id, access.visitor().actor)
    flash(f"已恢复推送，重新推送未送达的消息{count}条。", "success")
    return redirect(to(".webhook", webhook_id=kept.id), 303)


@bp.post("/webhooks/<webhook_id>/again")
@access.program_keeper
def again(webhook_id: str) -> Answer:
    """Send the chosen messages again, taken or not."""
    kept, _ = _kept(webhook_id, Right.STOP)
    chosen = request.form.getlist("delivery")[:100]
    try:
        count = sending.again(office(), kept.id, chosen, access.visitor().actor)
    except sending.WebhookPaused as refusal:
        flash(str(refusal), "error")
    else:
        flash(f"重新推送{count}条消息。" if count else "请先选择需要重新推送的消息。")
    return redirect(to(".webhook", webhook_id=kept.id), 303)


@bp.get("/webhooks/<webhook_id>/remove")
@access.program_keeper
def ask_to_remove(webhook_id: str) -> str:
    """Ask once more before an address is dropped with its messages."""
    kept, client = _kept(webhook_id, Right.STOP)
    return render_template("programs/webhook_remove.html", webhook=kept, client=client)


@bp.post("/webhooks/<webhook_id>/remove")
@access.program_keeper
def remove(webhook_id: str) -> Answer:
    """Drop an address with its messages."""
    actor = access.visitor().actor
    try:
        kept, client = _kept(webhook_id, Right.STOP)
        client_id = client.id
        sending.remove(office(), client, kept.id, actor)
    except NotFound:
        anew()
        if (dropped := sending.removed(office(), db.session(), webhook_id, actor)) is None:
            raise  # nobody has pressed it before
        client_id = dropped
    flash("接收地址和其消息已删除。", "success")
    return redirect(to("programs.program", client_id=client_id), 303)
