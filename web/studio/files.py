"""One file of a draft: edited, saved against the version that was shown, undone, up and down."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from casework.studio import checking, drafts, foreign, round_trip
from casework.studio.confined import DraftTooMuch
from casework.studio.drafts import Draft
from casework.studio.kinds import Editor, kind_of
from casework.studio.refusals import (
    DraftFileTooLarge,
    DraftPublished,
    DraftTooLarge,
    NoSuchDraft,
    SavedMeanwhile,
)
from professions import positions
from professions.checks.checker import Problem
from refusals.faults import Fault
from refusals.refusal import NotFound
from registry.people.officers import OfficerRole
from web.extensions import office
from web.forms.entries import Entries
from web.studio import catalogue, previews
from web.studio.drafts import names_of, told
from web.visitors import access

bp = Blueprint("studio_files", __name__, url_prefix="/studio/drafts/<draft_id>")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
_NUMBER = re.compile("[0-9]{1,9}")  #: of a save


@bp.get("/files/<path:path>")
@reads
def edit(draft_id: str, path: str) -> str:
    """Show a file to be edited: as a drawing or a table where scripts run, else as text."""
    return _page(draft_id, path)


@bp.post("/files/<path:path>")
@works
def save(draft_id: str, path: str) -> Answer | tuple[str, int] | tuple[Response, int] | Response:
    """Save a file that was typed, drawn or sent; what somebody else saved meanwhile stays.

    Editors ask for JSON: the number of the save and what is wrong now, or the refusal.
    """
    asks_json = request.accept_mimetypes.best == "application/json"
    try:
        draft = drafts.open_(office(), draft_id)
    except NoSuchDraft as refusal:
        if asks_json:
            return jsonify(code=refusal.code, text=str(refusal)), 409
        raise
    try:
        content = _sent(draft, path)
    except DraftFileTooLarge as refusal:
        return jsonify(code=refusal.code, text=str(refusal)), 409
    came = foreign.Taken(content=content, said=())
    if path.endswith(".bpmn") and "file" in request.files:
        came = foreign.taken(content, draft.package)
        content = came.content
    try:
        number = drafts.save(
            office(), draft_id, path, content, seen=_seen(), actor=access.visitor().actor
        )
    except (SavedMeanwhile, DraftFileTooLarge, DraftTooLarge, DraftPublished) as refusal:
        if asks_json:
            return jsonify(code=refusal.code, text=str(refusal)), 409
        faults = {"content": Fault(str(refusal), refusal.code)}
        return _page(draft_id, path, faults=faults, typed=content), 409
    if asks_json:
        return jsonify(number=number, **_said(draft_id, path, content))
    flash("".join(["已保存。", *(f"{what}。" for what in came.said)]), "success")
    return redirect(url_for("studio_files.edit", draft_id=draft_id, path=path), 303)


@bp.post("/check/<path:path>")
@works
def check(draft_id: str, path: str) -> Response | tuple[Response, int]:
    """Say what would be wrong with the draft if a file were like this; nothing is saved."""
    draft = drafts.open_(office(), draft_id)
    try:
        content = _sent(draft, path)
        found = checking.with_file(office(), draft, path, content)
    except (DraftFileTooLarge, DraftTooMuch) as refusal:
        return jsonify(code=refusal.code, text=str(refusal)), 409
    return jsonify(problems=_plain(found, path, content))


@bp.get("/raw/<path:path>")
@reads
def raw(draft_id: str, path: str) -> Response:
    """Give a file byte for byte, for another editor."""
    draft = drafts.open_(office(), draft_id)
    if path not in draft.files:
        raise NotFound
    answer = Response(draft.files[path].content, mimetype="application/octet-stream")
    name = path.rpartition("/")[2]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/remove/<path:path>")
@works
def remove(draft_id: str, path: str) -> Answer:
    """Take a file out of the draft; its saves stay."""
    drafts.save(office(), draft_id, path, None, seen=_seen(), actor=access.visitor().actor)
    flash("已移除该文件，可以在历史中恢复。", "success")
    return redirect(url_for("studio_files.history", draft_id=draft_id, path=path), 303)


@bp.get("/history/<path:path>")
@reads
def history(draft_id: str, path: str) -> str:
    """List the saves of a file, the newest first."""
    draft = drafts.open_(office(), draft_id)
    saves = drafts.history(office(), draft_id, path)
    return render_template(
        "studio/history.html",
        draft=draft.row,
        path=path,
        saves=saves,
        names=names_of([save.saved_by for save in saves]),
        number=draft.number(path),
        has_base=path in draft.before,
    )


@bp.post("/history/<path:path>")
@works
def restore(draft_id: str, path: str) -> Answer:
    """Save a file again as it was."""
    wanted = request.form.get("number", "")
    if not _NUMBER.fullmatch(wanted):
        raise NotFound
    number = int(wanted)
    drafts.restore(office(), draft_id, path, number, seen=_seen(), actor=access.visitor().actor)
    flash("已恢复。", "success")
    return redirect(url_for("studio_files.edit", draft_id=draft_id, path=path), 303)


def _seen() -> int:
    """Read the number of the save that the page showed."""
    text = request.form.get("seen", "")
    return int(text) if _NUMBER.fullmatch(text) else 0


def _sent(draft: Draft, path: str) -> bytes:
    """Give what was sent: a file as it is, a drawing in its former wording, a text as typed.

    Raises DraftFileTooLarge for a drawing that is not worth reading.
    """
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return bytes(upload.read())
    before = draft.files[path].content if path in draft.files else b""
    if (drawn := request.files.get("drawn")) is not None:
        content = drawn.read(drafts.MOST_FILE_BYTES + 1)
        if len(content) > drafts.MOST_FILE_BYTES:
            raise DraftFileTooLarge(path=path, most="1 MB")
        if b"\r\n" in before and b"\r\n" not in content:
            content = content.replace(b"\n", b"\r\n")  # scripts know one end of lines only
        return round_trip.kept(before, content)
    text = str(cast("Entries", request.form).as_sent.get("content", ""))
    if b"\r\n" not in before:
        text = text.replace("\r\n", "\n")
    return text.encode()


def _said(draft_id: str, path: str, content: bytes) -> dict[str, Any]:
    """Give what an editor marks: the problems of the draft, those of this file first."""
    found, too_much = told(drafts.open_(office(), draft_id))
    found.sort(key=lambda problem: problem.file != path)
    return {"problems": _plain(found, path, content), "too_much": too_much}


def _plain(problems: list[Problem], path: str, content: bytes) -> list[dict[str, str | int | None]]:
    """Give problems to a script; in a text, each with its row."""
    has_rows = kind_of(path).editor is Editor.TEXT
    return [
        {
            "code": problem.code,
            "file": problem.file,
            "element": problem.element,
            "text": str(problem.text),
            "remedy": problem.remedy,
            "row": _row(problem, content) if has_rows and problem.file == path else None,
        }
        for problem in problems
    ]


def _page(
    draft_id: str,
    path: str,
    *,
    faults: dict[str, Fault] | None = None,
    typed: bytes | None = None,
) -> str:
    draft = drafts.open_(office(), draft_id)
    drafts.insist_path(path)
    file = draft.files.get(path)
    content = typed if typed is not None else (file.content if file else b"")
    try:
        text: str | None = content.decode()
    except UnicodeDecodeError:
        text = None
    found, too_much = told(draft)
    kind = kind_of(path)
    return render_template(
        f"studio/{'drawn' if kind.editor is not Editor.TEXT else 'text'}.html",
        draft=draft.row,
        path=path,
        kind=kind,
        text=text,
        number=draft.number(path),
        exists=file is not None,
        saved=file,
        names=names_of([file.saved_by] if file and file.saved_by else []),
        problems=[(problem, _row(problem, content)) for problem in found if problem.file == path],
        shows=previews.can_be_shown(draft, path),
        values=previews.values_of(draft, path) if path.endswith(".typ") else [],
        others=sum(problem.file != path for problem in found),
        too_much=too_much,
        faults=faults or {},
        catalogue=catalogue.of(office(), draft) if kind.editor is not Editor.TEXT else {},
        marks=_plain([problem for problem in found if problem.file == path], path, content),
    )


def _row(problem: Problem, content: bytes) -> int | None:
    place = positions.of(problem.file, content, problem.element, problem.text)
    return place.row
