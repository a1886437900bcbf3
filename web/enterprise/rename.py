"""【企业名称变更】: look, compute, confirm with the PIN, watch, repair (R124–R128)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.rename import batches
from casework.rename.batches import Look, RenameOutdated, RenameRefused
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.enterprises import rename_items, renames
from registry.enterprises.operators import Duty
from registry.enterprises.rename_items import Effect
from registry.enterprises.renames import BatchState, RenameBatch
from registry.errors import Unavailable
from registry.versions import Seen
from web.enterprise import people_lists
from web.errors import told
from web.extensions import anew, db, office
from web.lists import pages
from web.ui.wording import Tag
from web.visitors import access
from web.visitors.files import send
from web.visitors.rate_limits import limit
from web.visitors.seen import acting, look

bp = Blueprint("enterprise_rename", __name__, url_prefix="/enterprise/rename")

POLL_S = 2
_RUNS = (BatchState.CONFIRMED, BatchState.RUNNING)
_COLOURS = {
    BatchState.COMPUTED: "yellow",
    BatchState.CONFIRMED: "blue",
    BatchState.RUNNING: "blue",
    BatchState.DONE: "green",
    BatchState.PARTIAL: "orange",
    BatchState.CANCELLED: "grey",
}


@bp.get("")
@access.enterprise_only
def front() -> str:
    """Show the names in both systems, what stands against a change, and earlier ones (R124)."""
    return _front()


def _front(faults: dict[str, str] | None = None) -> str:
    looks: list[Look] = []
    trouble = None
    try:
        looks = batches.looks(office(), g.visitor.uscc)
    except Unavailable as error:
        trouble = told(error)
    return render_template(
        "enterprise/rename.html",
        looks=looks,
        trouble=trouble,
        faults=faults or {},
        batches=[
            _brief(renaming) for renaming in renames.of_enterprise(db.session(), g.visitor.uscc)
        ],
    )


def _brief(renaming: RenameBatch) -> dict[str, Any]:
    state = BatchState(renaming.state)
    return {
        "id": renaming.id,
        "profession": office().type_of(renaming.definition).title,
        "old_name": renaming.old_name,
        "new_name": renaming.new_name,
        "at": renaming.computed_at,
        "tag": Tag(text=state.label, colour=_COLOURS[state]),
    }


@bp.post("")
@access.enterprise(Duty.AGREE)
def compute() -> Response | tuple[str, int]:
    """【注册企业名称批量变更】: compute and show what is going to happen (R127)."""
    type_key = request.form.get("type", "")
    if type_key not in batches.professions(office(), g.visitor.uscc):
        raise NotFound
    limit("rename", g.visitor.uscc, times=60, per_s=600)
    try:
        batch_id = batches.compute(office(), g.visitor.uscc, type_key, g.visitor.actor)
    except (RenameRefused, Unavailable) as refusal:
        return _front({"": Fault.of(refusal)}), 422
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@bp.get("/<batch_id>")
@access.enterprise_only
def batch(batch_id: str) -> Response | str | tuple[str, int]:
    """Show what is to be confirmed, or how far it is."""
    return _batch(access.enterprise_rename(batch_id))


def _batch(
    renaming: RenameBatch, faults: dict[str, str] | None = None, status: int = 200
) -> Response | str | tuple[str, int]:
    seen = _seen(renaming)
    return pages.show(
        people_lists.rename_items_of(renaming),
        "enterprise/rename_batch.html",
        status=status,
        faults=faults or {},
        **seen,
    )


def _seen(renaming: RenameBatch) -> dict[str, Any]:
    look(Seen.RENAME, renaming.id)
    session = db.session()
    counted = rename_items.counts_by_effect(session, renaming.id)
    progress = batches.progress(session, renaming)
    state = BatchState(renaming.state)
    return {
        "batch": renaming,
        "brief": _brief(renaming),
        "state": state.value,
        "outdated": state is BatchState.COMPUTED and office().now() >= renaming.expires_at,
        "counts": [(effect.label, number) for effect, number in counted.items()],
        "voided": counted.get(Effect.VOID_AND_RESIGN, 0),
        "progress": progress,
        "runs": state in _RUNS,
        "poll_s": POLL_S,
        "etag": f"{renaming.state}-{progress.done}-{progress.failed}-{progress.pending}",
    }


@bp.get("/<batch_id>/progress")
@access.enterprise_only
def progress(batch_id: str) -> Response:
    """Give the living part of the page, 304 while nothing has changed."""
    seen = _seen(access.enterprise_rename(batch_id))
    if request.headers.get("If-None-Match") == seen["etag"]:
        return Response(status=304)
    answer = make_response(render_template("enterprise/_rename_progress.html", faults={}, **seen))
    if not seen["runs"]:
        answer.headers["HX-Refresh"] = "true"  # the list below says what became of each
    return answer


@bp.post("/<batch_id>/confirm")
@access.enterprise(Duty.SEAL)
def confirm(batch_id: str) -> Response | str | tuple[str, int]:
    """【确认更名】: the PIN seals the list, and the batch runs (R128)."""
    renaming = access.enterprise_rename(batch_id)
    limit("seal", g.visitor.uscc, times=600, per_s=600)
    try:
        place = acting(Seen.RENAME, renaming.id)
        batches.confirm(place, renaming.id, request.form.get("pin", ""), g.visitor.actor)
    except RenameOutdated as outdated:
        return _recompute(renaming, str(outdated))
    except Unavailable as error:
        return _batch(renaming, {"": Fault.of(error)}, 503)
    except Refusal as error:
        anew(renaming)
        if renaming.state != BatchState.COMPUTED:
            return redirect(url_for(".batch", batch_id=renaming.id), 303)
        return _batch(renaming, {"pin": Fault.of(error)}, 422)
    return redirect(url_for(".batch", batch_id=renaming.id), 303)


def _recompute(renaming: RenameBatch, why: str) -> Response | tuple[str, int]:
    """Compute anew what was too old to be confirmed, and show it to be confirmed."""
    try:
        batch_id = batches.compute(office(), renaming.uscc, renaming.type, g.visitor.actor)
    except (RenameRefused, Unavailable) as refusal:
        return _front({"": Fault.of(refusal)}), 422
    flash(f"{why.rstrip('。')}：已重新计算，请核对后再确认。", "error")
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@bp.post("/<batch_id>/cancel")
@access.enterprise(Duty.AGREE)
def cancel(batch_id: str) -> Response:
    """【取消】: give up the list; nothing was changed."""
    renaming = access.enterprise_rename(batch_id)
    try:
        if renaming.state != BatchState.CANCELLED:
            batches.cancel(acting(Seen.RENAME, renaming.id), renaming.id, g.visitor.actor)
    except Refusal:
        anew(renaming)
        if renaming.state != BatchState.CANCELLED:
            raise
    flash("已取消本次企业名称变更，没有改变任何信息。")
    return redirect(url_for(".front"), 303)


@bp.post("/<batch_id>/retry")
@access.enterprise(Duty.AGREE)
def retry(batch_id: str) -> Response:
    """【重试失败项】: do only what failed (I16)."""
    renaming = access.enterprise_rename(batch_id)
    try:
        batches.retry(acting(Seen.RENAME, renaming.id), renaming.id, g.visitor.actor)
    except Refusal:
        anew(renaming)
        if renaming.state != BatchState.RUNNING or renaming.rounds < 2:
            raise  # nobody has pressed it before
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@bp.get("/<batch_id>/list.pdf")
@access.enterprise_only
def paper(batch_id: str) -> Response:
    """Give the list as it was shown, or under the seal once it is confirmed (R127)."""
    renaming = access.enterprise_rename(batch_id)
    sha256 = renaming.sealed_sha256 or renaming.list_sha256
    if sha256 is None:
        raise NotFound
    content = office().files.get(sha256)
    return send(content, f"企业名称变更清单-{renaming.new_name}.pdf", "application/pdf", sha256)
