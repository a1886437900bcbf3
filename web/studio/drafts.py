"""草稿: the drafts of analysts, and one draft with its files, its check and its trial."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from casework.case import offered_professions
from casework.studio import (
    archives,
    checking,
    drafts,
    merging,
    noticings,
    publishing,
    trials,
)
from casework.studio.confined import DraftTooMuch
from casework.studio.drafts import Draft
from casework.studio.kinds import KINDS, kind_of
from casework.studio.new_types import steps
from casework.studio.refusals import (
    ArchiveRefused,
    NoSuchDraft,
    NothingToMerge,
    PathRefused,
    TitleMissing,
)
from engine import definitions
from engine.errors import NoSuchDefinition
from professions.checks.checker import Problem
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.packages import drafts as saved
from registry.packages import publications
from registry.packages.drafts import PackageDraft
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.versions import Seen
from web.extensions import db, office
from web.visitors import access, once_more
from web.visitors.seen import acting

bp = Blueprint("studio_drafts", __name__, url_prefix="/studio/drafts")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
MOST_SHOWN = 100  #: problems, and places that no scenario reaches


@bp.get("")
@reads
def front() -> str:
    """List the drafts; an analyst begins another one."""
    return _front()


@bp.post("")
@works
def begin() -> Answer | tuple[str, int]:
    """Begin a draft from the newest version of a type."""
    key = request.form.get("type", "")
    with office().sessions() as session:
        version = drafts.latest_of(session, key, office().now())
    if version is None:
        raise NotFound
    try:
        draft_id = drafts.begin(office(), version, request.form.get("title", ""), _actor())
    except TitleMissing as refusal:
        return _front(_told(refusal)), 422
    return redirect(url_for("studio_drafts.package", draft_id=draft_id), 303)


@bp.post("/import")
@works
def load() -> Answer | tuple[str, int]:
    """Begin a draft from an archive that this system wrote."""
    sent = request.files.get("archive")
    try:
        draft_id = archives.load(office(), sent.read() if sent else b"", _actor())
    except ArchiveRefused as refusal:
        return _front(_told(refusal)), 422
    flash("已导入，请核对后继续修改。", "success")
    return redirect(url_for("studio_drafts.package", draft_id=draft_id), 303)


@bp.get("/<draft_id>")
@reads
def package(draft_id: str) -> str:
    """Show a draft: its files by kind, what is wrong, what its scenarios say."""
    return _package(draft_id)


@bp.post("/<draft_id>/delete")
@works
def delete(draft_id: str) -> Answer | str:
    """Delete a draft with all its saves."""
    if not once_more.is_confirmed():
        return once_more.page(
            "删除草稿",
            "草稿和它的全部历史将被删除，不能恢复。需要保留的，请先导出。",
            yes="确认删除",
            back=url_for("studio_drafts.package", draft_id=draft_id),
        )
    with suppress(NoSuchDraft):  # deleted already is done
        drafts.delete(acting(Seen.DRAFT, draft_id), draft_id, _actor())
    flash("已删除草稿。", "success")
    return redirect(url_for("studio_drafts.front"), 303)


@bp.get("/<draft_id>/export")
@reads
def export(draft_id: str) -> Response:
    """Give a draft as a sealed archive."""
    draft = drafts.open_(office(), draft_id)
    name = f"{draft.row.type_key}-{draft.mark[:8]}.zip"
    answer = Response(archives.export(draft), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/<draft_id>/merge")
@works
def merge(draft_id: str) -> Answer:
    """Take into a draft what was published after the version on which it stands."""
    version = request.form.get("version", "")
    try:
        both = merging.merge(office(), draft_id, version, _actor())
    except NothingToMerge as refusal:  # also the second press
        flash(str(refusal), "error")
    else:
        said = (
            f"两边都修改过的保留草稿的内容，请对照新版本修改：{'、'.join(both)}。" if both else ""
        )
        flash(f"已并入新版本的修改。{said}请重新试运行。", "error" if both else "success")
    return redirect(url_for("studio_drafts.package", draft_id=draft_id), 303)


@bp.post("/<draft_id>/files")
@works
def add(draft_id: str) -> Answer | tuple[str, int]:
    """Begin a new file, empty."""
    path = request.form.get("path", "").strip()
    try:
        drafts.insist_path(path)
    except PathRefused as refusal:
        return _package(draft_id, _told(refusal)), 422
    return redirect(url_for("studio_files.edit", draft_id=draft_id, path=path), 303)


@bp.post("/<draft_id>/try")
@works
def try_(draft_id: str) -> Answer:
    """Tell the scenarios of a draft as it stands."""
    trials.ask(office(), draft_id, _actor())
    flash("已开始试运行，结果显示在下面。", "success")
    return redirect(url_for("studio_drafts.package", draft_id=draft_id, _anchor="trial"), 303)


@bp.get("/<draft_id>/trial")
@reads
def trial(draft_id: str) -> str:
    """Say how far a trial is: the part of the page that asks again."""
    draft = drafts.open_(office(), draft_id)
    return render_template("studio/_trial.html", draft=draft.row, came=trials.of(office(), draft))


def _front(faults: dict[str, Fault] | None = None) -> str:
    session = db.session()
    rows = saved.everything(session)
    names = names_of([row.created_by for row in rows])
    return render_template(
        "studio/drafts.html",
        drafts=[_row(row, names) for row in rows],
        types=_types(session),
        faults=faults or {},
        typed=request.form,
    )


def _types(session: Session) -> list[tuple[str, str]]:
    """Give the types from which a draft may begin: also those that are offered no more."""
    offered = office().definitions.offered()
    keys = dict.fromkeys(row.key for row in definitions.versions(session))
    titles = {key: offered_professions.title(office(), key) for key in keys}
    return [
        (key, title if key in offered else f"{title}（已停止受理）")
        for key, title in titles.items()
    ]


def _row(row: PackageDraft, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "type": drafts.title_of(office(), row),
        "by": names.get(row.created_by, "—"),
        "at": row.created_at,
        "published_at": row.published_at,
    }


def _package(draft_id: str, faults: dict[str, Fault] | None = None) -> str:
    draft = drafts.open_(office(), draft_id)
    problems, too_much = told(draft)
    with office().sessions() as session:
        waiting = publications.waiting(session, draft.row.type_key)
    mine = waiting if waiting is not None and waiting.draft_id == draft_id else None
    people = {file.saved_by for file in draft.files.values() if file.saved_by}
    newer = merging.newer(office(), draft.row) if draft.row.published_at is None else None
    return render_template(
        "studio/package.html",
        newer=newer,
        draft=draft.row,
        type=drafts.title_of(office(), draft.row),
        groups=_groups(draft, problems),
        changed=draft.changed,
        problems=problems[:MOST_SHOWN],
        problem_count=len(problems),
        too_much=too_much,
        came=trials.of(office(), draft),
        noticed=noticings.of(office(), draft),
        gate=None if too_much else publishing.gate(office(), draft),
        waiting=mine,
        names=names_of(sorted({*people, draft.row.created_by, *([newer.author] if newer else [])})),
        faults=faults or {},
        typed=request.form,
        is_open=draft.row.published_at is None and mine is None,
        version=_number(draft.row.base),
        is_withdrawn=is_withdrawn(draft.row.type_key),
        is_new_type=steps.is_walked(office(), draft),
    )


def is_withdrawn(key: str) -> bool:
    """Tell whether a type was deployed once and is offered no more."""
    if key in office().definitions.offered():
        return False
    return offered_professions.newest(office(), key) is not None


def _number(version: str | None) -> int | None:
    try:
        return None if version is None else office().definitions.number(version)
    except NoSuchDefinition:
        return None


def _groups(draft: Draft, problems: list[Problem]) -> list[dict[str, Any]]:
    """Put the files into their kinds, each with what is wrong with it and who saved it last."""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.file] = counts.get(problem.file, 0) + 1
    changed = draft.changed
    listed: dict[str, list[dict[str, Any]]] = {kind.title: [] for kind in KINDS}
    for path, file in draft.files.items():
        about = {
            "path": path,
            "said": changed.get(path, ""),
            "problems": counts.get(path, 0),
            "by": file.saved_by,
            "at": file.saved_at,
        }
        listed[kind_of(path).title].append(about)
    return [{"title": title, "files": files} for title, files in listed.items() if files]


def told(draft: Draft) -> tuple[list[Problem], str]:
    """Give what is wrong with a draft, or why that cannot be said."""
    try:
        return checking.problems(office(), draft), ""
    except DraftTooMuch as refusal:
        return [], str(refusal)


def names_of(actors: list[str]) -> dict[str, str]:
    """Give the names of officers by their actors."""
    ids = {actor: actor.removeprefix("officer:") for actor in actors}
    known = officers.names(db.session(), ids.values())
    return {actor: known.get(officer_id, "—") for actor, officer_id in ids.items()}


def _told(refusal: Refusal) -> dict[str, Fault]:
    return {refusal.field or "": Fault(str(refusal), refusal.code)}


def _actor() -> Any:
    return access.visitor().actor
