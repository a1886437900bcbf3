"""注册类型的版本: which versions cases run on; two operators give them a corrected one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework import corrections
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import version_corrections as requests
from registry.trail.version_corrections import CorrectionState, VersionCorrection
from web.extensions import db, office
from web.lists import pages as listed
from web.lists.listing import Row
from web.operations import lists
from web.ui.wording import Tag
from web.visitors import access

bp = Blueprint("versions", __name__, url_prefix="/operations/versions")

SHOWN = 100  #: cases of a dry run
_COLOURS = {"ASKED": "yellow", "CONFIRMED": "green", "DECLINED": "grey"}
_SETTLED = {"confirm": corrections.confirm, "decline": corrections.decline}
_CONFIRMED = "已确认，正在逐件改用更正后的版本，请稍后刷新查看结果。"
_DONE = "该项更正已经确认并办理完毕，每项申请的结果见更正记录。"


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> Response | str | tuple[str, int]:
    """List the versions on which cases run, and the corrections that wait."""
    session = db.session()
    waiting = requests.waiting(session)
    names = _names(waiting)
    return listed.show(
        lists.running(
            corrections.running(session, office().now(), at_most=corrections.COUNTED + 1), _titles()
        ),
        "operations/versions.html",
        rows=[_row(row, names) for row in waiting],
    )


@bp.get("/corrections")
@access.officer(OfficerRole.OPERATOR)
def asked() -> Response | str | tuple[str, int]:
    """List every correction that was ever asked for, the newest first."""
    return listed.show(lists.asked(_titles(), _shown), "operations/corrections.html")


def _shown(kept: Sequence[VersionCorrection]) -> dict[str, Row]:
    names = _names(kept)
    return {row.id: _row(row, names) for row in kept}


def _names(rows: Iterable[VersionCorrection]) -> dict[str, str]:
    people = [_id(by) for row in rows for by in (row.asked_by, row.settled_by) if by]
    return officers.names(db.session(), people)


@bp.get("/<version>")
@access.officer(OfficerRole.OPERATOR)
def prospect(version: str) -> str:
    """Tell what would become of each case of a version: nothing is written."""
    return _prospect(version)


@bp.post("/<version>")
@access.officer(OfficerRole.OPERATOR)
def ask(version: str) -> Response | tuple[str, int]:
    """Ask that its cases go on with the version that the page showed."""
    reason, to_version = request.form.get("reason", ""), request.form.get("to", "")
    try:
        corrections.ask(office(), version, to_version, reason, access.visitor().actor)
    except (corrections.CorrectionReasonMissing, corrections.CorrectionWaits) as refusal:
        return _prospect(version, _told(refusal)), 422
    flash("已提出更正，等待另一名运行维护人员确认。", "success")
    return redirect(url_for("versions.front"), 303)


@bp.get("/corrections/<correction_id>")
@access.officer(OfficerRole.OPERATOR)
def correction(correction_id: str) -> Response | str | tuple[str, int]:
    """Show a correction: why, by whom, and what became of each case."""
    return _correction(correction_id)


@bp.post("/corrections/<correction_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(correction_id: str) -> Response | str | tuple[str, int]:
    """Confirm or decline what another operator asked for, or ask for the way back."""
    action, actor = request.form.get("action", ""), access.visitor().actor
    if action == "undo":
        try:
            corrections.undo(office(), correction_id, request.form.get("reason", ""), actor)
        except (corrections.CorrectionReasonMissing, corrections.CorrectionWaits) as refusal:
            return _correction(correction_id, _told(refusal))
        said = "已提出撤回更正，等待另一名运行维护人员确认。"
    elif action in _SETTLED:
        _SETTLED[action](office(), correction_id, actor)
        said = _settled(correction_id, action)
    else:
        raise NotFound
    flash(said, "success")
    return redirect(url_for("versions.front"), 303)


def _settled(correction_id: str, action: str) -> str:
    """Say what became of a request; who presses a second time may come when all is done."""
    if action == "decline":
        return "已撤销该项更正。"
    return _CONFIRMED if corrections.left(office(), correction_id) else _DONE


def _prospect(version: str, faults: dict[str, Fault] | None = None) -> str:
    found = corrections.running(db.session(), office().now(), at_most=1)
    listed = {running.version: running for running in found}
    if version not in listed or listed[version].newest is None:
        raise NotFound
    running = listed[version]
    cases = corrections.prospects(office(), version, str(running.newest))
    staying = [case for case in cases if case.stays is not None]
    return render_template(
        "operations/version.html",
        version=running,
        title=_titles().get(running.key, running.key),
        count=len(cases),
        staying=staying[:SHOWN],
        staying_count=len(staying),
        faults=faults or {},
        typed=request.form.get("reason", ""),
    )


def _correction(
    correction_id: str, faults: dict[str, Fault] | None = None
) -> Response | str | tuple[str, int]:
    session = db.session()
    row = requests.get(session, correction_id)
    if row is None:
        raise NotFound
    moved, stayed = requests.counts(session, correction_id)
    return listed.show(
        lists.outcomes(correction_id),
        "operations/correction.html",
        status=422 if faults else 200,
        row=_row(row, _names([row])),
        moved=moved,
        stayed=stayed,
        left=corrections.left(office(), correction_id),
        faults=faults or {},
        typed=request.form.get("reason", ""),
    )


def _told(refusal: Refusal) -> dict[str, Fault]:
    return {refusal.field or "": Fault(str(refusal), refusal.code)}


def _row(row: VersionCorrection, names: dict[str, str]) -> dict[str, Any]:
    numbered = corrections.version_numbers(db.session(), (row.from_version, row.to_version))
    return {
        "id": row.id,
        "title": _titles().get(row.type_key, row.type_key),
        "version": row.from_version,
        "versions": " → ".join(
            f"第{numbered[version]}版" for version in (row.from_version, row.to_version)
        ),
        "undoes": row.undoes,
        "reason": row.reason,
        "what": ("撤回" if row.undoes else "") + ("改到新版本" if row.is_migration else "更正"),
        "is_migration": row.is_migration,
        "state": CorrectionState(row.state).label,
        "tag": Tag(text=CorrectionState(row.state).label, colour=_COLOURS[row.state]),
        "waits": row.state == CorrectionState.ASKED,
        "done": row.state == CorrectionState.CONFIRMED,
        "asked_by": names.get(_id(row.asked_by), "—"),
        "asked_at": row.asked_at,
        "settled_by": names.get(_id(row.settled_by or ""), "—"),
        "settled_at": row.settled_at,
        "is_own": row.asked_by == access.visitor().actor.id,
    }


def _titles() -> dict[str, str]:
    place = office()
    offered = place.definitions.offered()
    return {key: place.type_of(version).title for key, version in offered.items()}


def _id(actor: str) -> str:
    return actor.removeprefix("officer:")
