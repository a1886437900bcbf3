"""发布: a draft asked for by an analyst, published by another; matters stopped and resumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.office import Office
from casework.studio import drafts, publishing, stops
from casework.studio.refusals import (
    NoticeMissing,
    NotReady,
    PublicationDayRefused,
    PublicationReasonMissing,
    PublicationWaits,
    StopLifted,
    StoppedAlready,
)
from refusals.days import SHANGHAI
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications.statuses import APPLICATIONS
from registry.packages import drafts as saved
from registry.packages import publications
from registry.packages.publications import Publication, PublicationState, TypeStop
from registry.people.officers import OfficerRole
from registry.versions import Seen
from web.extensions import db, office
from web.studio.drafts import is_withdrawn, names_of
from web.visitors import access, once_more
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("studio_publications", __name__, url_prefix="/studio/publications")
asks = access.officer(OfficerRole.ANALYST)
publishes = access.officer(OfficerRole.PUBLISHER)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
_ACTS = {
    "confirm": (
        publishing.confirm,
        "已发布。新的申请自生效时间起按新版本办理，在办的申请按原版本办完。",
    ),
    "decline": (publishing.decline, "已退回，草稿可以继续修改。"),
    "cancel": (publishing.cancel, "已在生效前撤回，草稿可以继续修改。"),
}


@bp.get("")
@reads
def front() -> str:
    """List what waits, what was published, and what is stopped."""
    return _front()


@bp.get("/ask/<draft_id>")
@asks
def prepare(draft_id: str) -> str:
    """Show what stands between a draft and its publication."""
    return _prepare(draft_id)


@bp.post("/ask/<draft_id>")
@asks
def ask(draft_id: str) -> Response | tuple[str, int]:
    """Ask that a draft be published."""
    try:
        publishing.ask(
            acting(Seen.DRAFT, draft_id),
            draft_id,
            access.visitor().actor,
            why=request.form.get("why", ""),
            effective_at=_moment(),
            exception=request.form.get("exception", ""),
        )
    except (
        ChangedMeanwhile,
        NotReady,
        PublicationDayRefused,
        PublicationReasonMissing,
        PublicationWaits,
    ) as refusal:
        return _prepare(draft_id, _told(refusal)), 422
    flash("已提请发布，等待发布人员确认。", "success")
    return redirect(url_for("studio_publications.front"), 303)


@bp.get("/<publication_id>")
@reads
def publication(publication_id: str) -> str:
    """Show what is asked for: what changed, why, from when."""
    row = publications.get(db.session(), publication_id)
    if row is None:
        raise NotFound
    draft = drafts.open_(office(), row.draft_id)
    authors = saved.authors(db.session(), row.draft_id)
    actor = access.visitor().actor.id
    return render_template(
        "studio/publication.html",
        row=_row(row),
        draft=draft.row,
        changed=draft.changed,
        is_withdrawn=is_withdrawn(draft.row.type_key),
        is_author=actor == row.asked_by or actor in authors,
        is_publisher=OfficerRole.PUBLISHER in access.visitor().roles,
    )


@bp.post("/<publication_id>")
@reads
def settle(publication_id: str) -> Response | str:
    """Publish, send back, or take back before its day; only a publisher publishes."""
    action = request.form.get("action", "")
    if action not in _ACTS:
        raise NotFound
    if action != "decline" and OfficerRole.PUBLISHER not in access.visitor().roles:
        raise NotFound
    do, said = _ACTS[action]

    def act(place: Office) -> None:
        do(place, publication_id, access.visitor().actor)

    if action == "confirm" and (
        asks := once_more.unanswered(
            act,
            office(),
            "发布",
            "发布的版本自生效时间起对新的申请生效，生效后不能收回；需要再改的，须另行发布。",
            yes="确认发布",
            back=url_for(".publication", publication_id=publication_id),
        )
    ):
        return asks
    act(office())
    flash(said, "success")
    return redirect(url_for("studio_publications.front"), 303)


@bp.post("/stops")
@publishes
def stop() -> Response | tuple[str, int]:
    """Stop a matter at once."""
    kind, matter = request.form.get("type", ""), request.form.get("matter", "")
    try:
        stops.stop(
            office(),
            kind,
            matter or None,
            request.form.get("notice", ""),
            access.visitor().actor,
        )
    except (NoticeMissing, StoppedAlready) as refusal:
        return _front(_told(refusal)), 422
    flash("已暂停受理，申请人会看到说明。", "success")
    return redirect(url_for("studio_publications.front"), 303)


@bp.post("/stops/<stop_id>")
@publishes
def lift(stop_id: str) -> Response:
    """Let what was stopped start again."""
    try:
        stops.lift(office(), stop_id, access.visitor().actor)
    except StopLifted:
        if db.session.get_one(TypeStop, stop_id).lifted_by != access.visitor().actor.id:
            raise  # one's own second press is done
    flash("已恢复受理。", "success")
    return redirect(url_for("studio_publications.front"), 303)


def _moment() -> datetime | None:
    """Read the moment that was typed, in Shanghai; nothing: at once.

    Raises PublicationDayRefused.
    """
    text = request.form.get("effective_at", "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PublicationDayRefused("effective_at", day=text[:40]) from error
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def _front(faults: dict[str, Fault] | None = None) -> str:
    session = db.session()
    offered = office().definitions.offered()
    kinds = [(key, office().type_of(version)) for key, version in sorted(offered.items())]
    asked = [row for key in known_keys() for row in publications.of_type(session, key)]
    asked.sort(key=lambda row: row.id, reverse=True)
    stopped = [held for key, _ in kinds for held in publications.stops(session, key)]
    return render_template(
        "studio/publications.html",
        rows=[_row(row) for row in asked],
        stopped=stopped,
        names=names_of([held.stopped_by for held in stopped]),
        types=[(key, kind.title) for key, kind in kinds],
        matters=[(matter.value, matter.label) for matter in sorted(APPLICATIONS)],
        titles={key: kind.title for key, kind in kinds},
        matter_titles={matter.value: matter.label for matter in APPLICATIONS},
        is_publisher=OfficerRole.PUBLISHER in access.visitor().roles,
        faults=faults or {},
        typed=request.form,
    )


def known_keys() -> list[str]:
    """Give the keys of all types that are offered or drafted."""
    drafted = {row.type_key for row in saved.everything(db.session())}
    return sorted({*office().definitions.offered(), *drafted})


def _prepare(draft_id: str, faults: dict[str, Fault] | None = None) -> str:
    look(Seen.DRAFT, draft_id)
    draft = drafts.open_(office(), draft_id)
    return render_template(
        "studio/ask.html",
        draft=draft.row,
        gate=publishing.gate(office(), draft),
        changed=draft.changed,
        faults=faults or {},
        typed=request.form,
    )


def _row(row: Publication) -> dict[str, Any]:
    names = names_of([actor for actor in (row.asked_by, row.settled_by) if actor])
    now = office().now()
    state = PublicationState(row.state)
    is_done = state is PublicationState.CONFIRMED
    draft = saved.get(db.session(), row.draft_id)
    return {
        "id": row.id,
        "draft_id": row.draft_id,
        "type": row.type_key if draft is None else drafts.title_of(office(), draft),
        "why": row.why,
        "exception": row.exception,
        "effective_at": row.effective_at,
        "state": "等待生效" if is_done and row.effective_at > now else state.label,
        "waits": row.is_waiting,
        "is_coming": is_done and row.effective_at > now,
        "asked_by": names.get(row.asked_by, "—"),
        "asked_at": row.asked_at,
        "settled_by": names.get(row.settled_by or "", "—"),
        "settled_at": row.settled_at,
    }


def _told(refusal: Refusal) -> dict[str, Fault]:
    return {refusal.field or "": Fault(str(refusal), refusal.code)}
