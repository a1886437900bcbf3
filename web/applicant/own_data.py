"""我的个人信息: one's own data as a file, consents, closing the account (PIPL 15, 45, 47)."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from flask import Blueprint, Response, flash, g, redirect, render_template, request, session
from flask import url_for as to
from werkzeug.wrappers import Response as Answer

from casework.office import Office
from casework.privacy import closing, exports, said
from casework.privacy.closing import ClosingHindered
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people import consents, data_exports
from registry.people.data_exports import DataExport
from storage.database import writing
from web import display
from web.extensions import db, office
from web.forms.typed import is_ticked
from web.lists.saved import SavedView
from web.visitors import access, once_more, sessions
from web.visitors.files import send
from web.visitors.rate_limits import limit
from web.visitors.sessions import StoredSession

bp = Blueprint("own_data", __name__, url_prefix="/my-data")

ZIP = "application/zip"
_CONSENTS = {"withdraw": closing.withdraw, "give": closing.give}


class ClosingNotConfirmed(Refusal):
    """注销账号不能撤销。请先阅读将删除和保留的内容，勾选确认后再提交。"""

    code = "E_CLOSING_NOT_CONFIRMED"


@bp.get("")
@access.person_only
def mine() -> str | Response:
    """Show the file under way or ready, the consents, and the way out; 304 while nothing moved."""
    export = data_exports.of(db.session(), g.visitor.person_id)
    is_made = export is None or export.sha256 is not None
    tag = "" if is_made else _tag(export)
    if tag and request.headers.get("If-None-Match") == tag:
        return Response(status=304)
    return _page(export, {}, tag)


def _tag(export: DataExport | None) -> str:
    said_so = (export.id, export.done, export.total) if export else ()
    return hashlib.sha256(repr(said_so).encode()).hexdigest()[:20]


def _page(export: DataExport | None, faults: dict[str, str], tag: str = "") -> str:
    portrait = said.read().consent(consents.PORTRAIT)
    return render_template(
        "own_data/mine.html",
        export=export,
        etag=tag,
        days=exports.days(),
        last_day=export.last_day(exports.days()) if export else None,
        size=display.size(export.size_bytes) if export else "",
        portrait=portrait,
        withdrawn=consents.is_withdrawn(db.session(), g.visitor.person_id, consents.PORTRAIT),
        faults=faults,
    )


@bp.post("/export")
@access.person_only
def export() -> Answer:
    """Have the file made; who asks again finds the one that there is."""
    limit("export", g.visitor.person_id, times=20, per_s=3600)
    exports.ask(office(), g.visitor.person_id, g.visitor.actor)
    flash("已开始整理您的个人信息，完成后在本页下载。", "success")
    return redirect(to("own_data.mine"), 303)


@bp.get("/export.zip")
@access.person_only
def download() -> Response:
    """Hand the file out; it goes to nobody else."""
    content, kept = exports.take(office(), g.visitor.person_id, g.visitor.actor)
    day = f"{display.shanghai_day(kept.asked_at):%Y%m%d}"
    return send(content, f"我的个人信息-{day}.zip", ZIP, str(kept.sha256))


@bp.post("/export/delete")
@access.person_only
def delete() -> Answer:
    """Delete the file before its time; twice is once."""
    exports.drop(office(), g.visitor.person_id, g.visitor.actor)
    flash("导出的文件已删除，需要时可以重新导出。", "success")
    return redirect(to("own_data.mine"), 303)


@bp.post("/consent")
@access.person_only
def consent() -> Answer | str | tuple[str, int]:
    """Withdraw the consent to photographs and signature picture, or give it again."""
    act, purpose = request.form.get("action", ""), request.form.get("purpose", "")
    if act not in _CONSENTS:
        raise NotFound

    def do(place: Office) -> None:
        _CONSENTS[act](place, g.visitor.person_id, purpose, g.visitor.actor)

    try:
        if act == "withdraw" and (
            asks := once_more.unanswered(
                do,
                office(),
                "撤回同意",
                "撤回后签名图片立即删除，不能恢复；以后需要时，须重新设置签名。",
                yes="确认撤回",
                back=to("own_data.mine"),
            )
        ):
            return asks
        do(office())
    except ClosingHindered as refusal:
        kept = data_exports.of(db.session(), g.visitor.person_id)
        return _page(kept, {"": Fault.of(refusal)}), 409
    done = "已撤回同意，签名图片已删除。" if act == "withdraw" else "已重新同意。"
    flash(done, "success")
    return redirect(to("own_data.mine"), 303)


@bp.get("/close")
@access.person_only
def ask_to_close() -> str:
    """Say what goes, what stays by which law, and what hinders, before the account is closed."""
    return _closing({})


def _closing(faults: dict[str, str]) -> str:
    database, person_id = db.session(), g.visitor.person_id
    return render_template(
        "own_data/close.html",
        hindrances=closing.hindrances(database, person_id, office().today()),
        deleted=said.read().deleted,
        kept=closing.kept(database, person_id),
        faults=faults,
    )


@bp.post("/close")
@access.person_only
def close() -> Answer | tuple[str, int]:
    """Close the account and end every session of it."""
    person_id, actor = g.visitor.person_id, g.visitor.actor
    db.session.rollback()
    try:
        if not is_ticked(request.form.get("confirmed")):
            raise ClosingNotConfirmed("confirmed")
        closing.close(office(), person_id, actor)
    except (ClosingHindered, ClosingNotConfirmed) as refusal:
        return _closing(Fault.by_field(refusal)), 422
    sessions.end_all_of(office().sessions, f"person:{person_id}")
    with writing(office().sessions) as database:
        database.execute(sa.delete(SavedView).where(SavedView.owner == actor.id))
    own: StoredSession = session._get_current_object()  # type: ignore[attr-defined]  # a LocalProxy has it
    own.renew()
    flash("账号已注销。依法保留的注册、证书和案卷不受影响。", "success")
    return redirect(to("home.front"), 303)
