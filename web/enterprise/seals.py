"""【批量签章】: choose, look at each, one PIN, watch, stop (decision 14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.case import offered_professions
from casework.signature import enterprise_seal, seal_batches
from casework.signature.seal_batches import BatchNotOpen, NothingLeft
from engine import queries
from engine.actors import enterprise_inbox
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.enterprises import seal_batches as lists
from registry.enterprises.operators import Duty
from registry.enterprises.seal_batches import SealBatch, SealBatchState, SealItem, SealItemState
from web.errors import told
from web.extensions import anew, db, office
from web.forms.typed import is_ticked
from web.ui import cases, differences
from web.ui.wording import Tag
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("enterprise_seals", __name__, url_prefix="/enterprise/seals")

POLL_S = 2
#: What of the inbox may be sealed in a list.
SEALABLE = (Task.REVIEW_APPLICATION, Task.SEAL_DOCUMENT)
_COLOURS = {
    SealItemState.HELD_BACK: "yellow",
    SealItemState.LEFT_OUT: "grey",
    SealItemState.PENDING: "grey",
    SealItemState.SEALING: "blue",
    SealItemState.SEALED: "green",
    SealItemState.REFUSED: "red",
    SealItemState.STOPPED: "orange",
}


@bp.post("")
@access.enterprise(Duty.SEAL)
def compose() -> Response:
    """Write down what was chosen in the inbox, or all of it, and show it."""
    limit("seals", g.visitor.uscc, times=60, per_s=600)
    chosen = _all() if request.form.get("all") else request.form.getlist("items")
    for application_id in chosen:
        access.enterprise_application(application_id)
    try:
        seals_id = seal_batches.compose(office(), g.visitor.uscc, chosen, g.visitor.actor)
    except Refusal as refusal:
        flash(told(refusal), "error")
        return redirect(url_for("enterprise.inbox"), 303)
    return redirect(url_for(".batch", seals_id=seals_id), 303)


def _all() -> list[str]:
    """Give what waits in the inbox and may be sealed, the soonest first, as far as a list goes."""
    inbox = [enterprise_inbox(g.visitor.uscc)]
    tasks = queries.open_tasks(db.session(), inbox, limit=2 * seal_batches.MOST)
    return [task.business_key for task in tasks if task.node in SEALABLE][: seal_batches.MOST]


@bp.get("/<seals_id>")
@access.enterprise_only
def batch(seals_id: str) -> str:
    """Show what is to be confirmed, or how far it is."""
    return _batch(access.enterprise_seals(seals_id))


def _batch(sealing: SealBatch, faults: dict[str, str] | None = None) -> str:
    if sealing.state == SealBatchState.SHOWN:
        return _to_confirm(sealing, faults or {})
    return render_template("enterprise/seals_running.html", faults=faults or {}, **_seen(sealing))


def _to_confirm(sealing: SealBatch, faults: dict[str, str]) -> str:
    """Show of each file exactly what the PIN is going to allow."""
    items, applications = _items(sealing)
    chosen = set(request.form.getlist("items")) if request.method == "POST" else None
    opinions: dict[tuple[str, str], int] = {}
    rows = []
    for item in items:
        application = applications[item.application_id]
        waits = item.state == SealItemState.PENDING
        if waits:
            asked = enterprise_seal.confirmation_of(office(), application)
            opinion = (asked.title, asked.text)
            opinions[opinion] = opinions.get(opinion, 0) + 1
        rows.append(
            _row(item, application)
            | {
                "chosen": waits and (chosen is None or item.id in chosen),
                "changes": differences.since_last_signed(office(), db.session(), application),
            }
        )
    return render_template(
        "enterprise/seals.html",
        batch=sealing,
        rows=rows,
        ready=sum(row["waits"] for row in rows),
        opinions=[(title, text, number) for (title, text), number in opinions.items()],
        outdated=office().now() >= sealing.expires_at,
        cancels=any(row["cancels"] for row in rows if row["waits"]),
        ticked=is_ticked(request.form.get("opinion")),
        faults=faults,
    )


def _items(sealing: SealBatch) -> tuple[Sequence[SealItem], dict[str, Application]]:
    session = db.session()
    items = lists.items(session, sealing.id)
    return items, cases.applications_of(session, [item.application_id for item in items])


def _row(item: SealItem, application: Application) -> dict[str, Any]:
    state = SealItemState(item.state)
    return {
        "id": item.id,
        "application_id": application.id,
        "no": application.no,
        "name": application.person.name,
        "matter": application.matter_label,
        "profession": offered_professions.of(office(), application).title,
        "cancels": application.matter == "CANCELLATION",
        "document_id": item.document_id,
        "sha256": item.sha256,
        "waits": state is SealItemState.PENDING,
        "sealed": state is SealItemState.SEALED,
        "reason": Fault(item.reason, item.code or "") if item.reason else None,
        "tag": Tag(text=state.label, colour=_COLOURS[state]),
    }


def _seen(sealing: SealBatch) -> dict[str, Any]:
    items, applications = _items(sealing)
    listed = [item for item in items if item.state != SealItemState.LEFT_OUT]
    number = dict.fromkeys(SealItemState, 0)
    for item in listed:
        number[SealItemState(item.state)] += 1
    running = sum(number[state] for state in lists.OPEN_STATES)
    held_back = number[SealItemState.HELD_BACK]
    done = len(listed) - running - held_back
    total = len(listed) - held_back
    return {
        "batch": sealing,
        "rows": [_row(item, applications[item.application_id]) for item in listed],
        "sealed": number[SealItemState.SEALED],
        "done": done,
        "total": total,
        "percent": 100 * done // total if total else 100,
        "runs": running > 0,
        "may_stop": number[SealItemState.PENDING] > 0,
        "is_stopped": sealing.state == SealBatchState.STOPPED,
        "again": [
            item.application_id
            for item in listed
            if item.state in (SealItemState.STOPPED, SealItemState.REFUSED)
        ],
        "poll_s": POLL_S,
        "etag": "-".join(str(count) for count in number.values()),
    }


@bp.get("/<seals_id>/progress")
@access.enterprise_only
def progress(seals_id: str) -> Response:
    """Give the living part of the page, 304 while nothing has changed."""
    seen = _seen(access.enterprise_seals(seals_id))
    if request.headers.get("If-None-Match") == seen["etag"]:
        return Response(status=304)
    return make_response(render_template("enterprise/_seals_progress.html", faults={}, **seen))


@bp.post("/<seals_id>")
@access.enterprise(Duty.SEAL)
def confirm(seals_id: str) -> Response | tuple[str, int]:
    """【确认并盖章】: the PIN allows what is listed and chosen, and the jobs begin."""
    sealing = access.enterprise_seals(seals_id)
    limit("seal", g.visitor.uscc, times=600, per_s=600)
    try:
        seal_batches.confirm(
            office(),
            sealing.id,
            chosen=request.form.getlist("items"),
            opinions_ticked=is_ticked(request.form.get("opinion")),
            pin=request.form.get("pin", ""),
            actor=g.visitor.actor,
        )
    except Refusal as refusal:
        anew(sealing)
        if not isinstance(refusal, BatchNotOpen) or sealing.state == SealBatchState.SHOWN:
            return _batch(sealing, Fault.by_field(refusal)), 422
    return redirect(url_for(".batch", seals_id=sealing.id), 303)


@bp.post("/<seals_id>/stop")
@access.enterprise(Duty.SEAL)
def stop(seals_id: str) -> Response:
    """【停止】: what has not begun is not sealed."""
    sealing = access.enterprise_seals(seals_id)
    try:
        seal_batches.stop(office(), sealing.id, g.visitor.actor)
        flash("已停止。已经盖章的不受影响，其余的没有盖章，可以重新办理。", "success")
    except (BatchNotOpen, NothingLeft) as refusal:
        flash(told(refusal), "error")
    return redirect(url_for(".batch", seals_id=sealing.id), 303)
