"""【待企业确认】 and 【企业已确认查询】: view, agree or return, seal with the PIN (R49–R63)."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.office import Office
from casework.registration import employer_sync
from casework.signature import enterprise_seal, seal_holds
from engine import queries
from engine.actors import enterprise_inbox
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.applications import Application, Status
from registry.applications.documents import DocumentKind
from registry.applications.statuses import CONFIRMED, Matter
from registry.enterprises.operators import Duty
from registry.versions import Seen
from signing import Role
from web import display
from web.applicant import contested
from web.enterprise import lists
from web.errors import told
from web.extensions import anew, db, office
from web.forms.typed import is_ticked
from web.lists import pages as listed
from web.ui import cases, sheets
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import acting, look

bp = Blueprint("enterprise", __name__, url_prefix="/enterprise")

CAP = 999


@bp.get("/inbox")
@access.enterprise_only
def inbox() -> Response | str | tuple[str, int]:
    """List what waits for this enterprise, or everything that names it (R49, R81, I9)."""
    session, uscc = db.session(), g.visitor.uscc
    view = "all" if request.args.get("view") == "all" else "waiting"
    return listed.show(
        lists.named(uscc) if view == "all" else lists.waiting(uscc),
        "enterprise/inbox.html",
        stale_name=employer_sync.stale_name(session, uscc),
        view=view,
        count=display.capped(queries.capped_count(session, [enterprise_inbox(uscc)], cap=CAP), CAP),
    )


@bp.get("/confirmed")
@access.enterprise_only
def confirmed() -> Response | str | tuple[str, int]:
    """List what this enterprise sealed or answered, with the progress of approval (R61)."""
    return listed.show(
        lists.confirmed(g.visitor.uscc),
        "enterprise/confirmed.html",
        stale_name=employer_sync.stale_name(db.session(), g.visitor.uscc),
    )


@bp.get("/applications/<application_id>")
@access.enterprise_only
def review(application_id: str) -> str:
    """Show the signed application, read only; while it waits here, with opinion and return."""
    look(Seen.CASE, application_id)  # before anything of it is read
    return _review(access.enterprise_application(application_id))


@bp.post("/applications/<application_id>/answer")
@access.enterprise(Duty.AGREE)
def give_answer(application_id: str) -> Response | str | tuple[str, int]:
    """Agree to a cancellation that the person asked for alone, or object with a reason (I10)."""
    application = access.enterprise_application(application_id)
    back = url_for(".review", application_id=application.id)
    try:
        return contested.answer(acting(Seen.CASE, application.id), application.id, back)
    except Refusal as error:
        if contested.has_answered(application.id):
            return redirect(back, 303)
        return _review(application, Fault.by_field(error)), 422


def _review(application: Application, faults: dict[str, str] | None = None) -> str:
    look(Seen.CASE, application.id)
    asks = office().type_of(application.definition).matter(application.matter).confirmation
    return render_template(
        "enterprise/review.html",
        case=cases.for_enterprise(office(), application, db.session()),
        own=application.matter == Matter.ENTERPRISE_CANCELLATION,
        confirmation=enterprise_seal.confirmation_of(office(), application) if asks else None,
        document=documents.current(db.session(), application.id, DocumentKind.APPLICATION),
        groups=sheets.of_revision(office(), db.session(), application),
        faults=faults or {},
        typed=request.form,
        today=office().today(),
    )


@bp.post("/applications/<application_id>")
@access.enterprise(Duty.AGREE)
def answer(application_id: str) -> Response | tuple[str, int]:
    """Agree and go on to the seal, agree and seal at once, or return with a reason (R52–R60)."""
    application = access.enterprise_application(application_id)
    action = request.form.get("action")
    if action == "return":
        return _send_back(application)
    if action == "seal":
        access.require(Duty.SEAL)
    ticked = is_ticked(request.form.get("opinion"))
    try:
        place, actor = acting(Seen.CASE, application.id), g.visitor.actor
        if action == "seal":
            return _agree_and_seal(place, application, ticked)
        enterprise_seal.agree(place, application.id, opinion_ticked=ticked, actor=actor)
    except Refusal as error:
        if Task.SEAL_DOCUMENT in _open_nodes(application):
            return redirect(url_for(".seal", application_id=application.id), 303)
        if _has_sealed(application):
            return redirect(url_for(".review", application_id=application.id), 303)
        return _review(application, {error.field or "opinion": Fault.of(error)}), 422
    return redirect(url_for(".seal", application_id=application.id), 303)


def _agree_and_seal(place: Office, application: Application, ticked: bool) -> Response:
    """Agree and seal with the PIN on one page, in one action."""
    limit("seal", g.visitor.uscc, times=600, per_s=600)
    enterprise_seal.agree_and_seal(
        place,
        application.id,
        opinion_ticked=ticked,
        pin=request.form.get("pin", ""),
        actor=g.visitor.actor,
    )
    flash(*_done(application))
    return redirect(url_for(".review", application_id=application.id), 303)


def _send_back(application: Application) -> Response | tuple[str, int]:
    """Return to the applicant with a reason (R52)."""
    reason = request.form.get("reason", "")
    try:
        place = acting(Seen.CASE, application.id)
        enterprise_seal.send_back(place, application.id, reason=reason, actor=g.visitor.actor)
    except Refusal as error:
        if _is_returned(application):
            return redirect(url_for(".inbox"), 303)
        return _review(application, {"reason": Fault.of(error)}), 422
    flash("已退回申请人，申请人修改后会重新签名并提交确认。", "success")
    return redirect(url_for(".inbox"), 303)


@bp.get("/applications/<application_id>/seal")
@access.enterprise_only
def seal(application_id: str) -> str | Response:
    """Show the exact file that is going to be sealed (R56, R58); elsewhere how the case stands."""
    look(Seen.CASE, application_id)  # before anything of it is read
    application = access.enterprise_application(application_id)
    if Task.SEAL_DOCUMENT not in _open_nodes(application):
        return redirect(url_for(".review", application_id=application.id), 303)
    return _seal(application)


def _seal(application: Application, faults: dict[str, str] | None = None) -> str:
    look(Seen.CASE, application.id)
    return render_template(
        "enterprise/seal.html",
        case=cases.for_enterprise(office(), application, db.session()),
        document=documents.current(db.session(), application.id, DocumentKind.APPLICATION),
        asking=bool(faults) or bool(request.args.get("sign")),
        holder=seal_holds.other_holder(office(), application.id, g.visitor.actor),
        faults=faults or {},
    )


@bp.post("/applications/<application_id>/seal")
@access.enterprise(Duty.SEAL)
def put_seal(application_id: str) -> Response | tuple[str, int]:
    """Unlock the seal with the PIN and seal (R59, R60)."""
    application = access.enterprise_application(application_id)
    limit("seal", g.visitor.uscc, times=600, per_s=600)
    try:
        place, pin = acting(Seen.CASE, application.id), request.form.get("pin", "")
        enterprise_seal.seal(place, application.id, pin=pin, actor=g.visitor.actor)
    except Refusal as error:
        if not _has_sealed(application):
            if not application.state.is_open:
                flash(f"该申请{application.state.label}，不需要再盖章。")
                return redirect(url_for(".review", application_id=application.id), 303)
            if documents.current(db.session(), application.id, DocumentKind.APPLICATION) is None:
                flash(told(error), "error")  # voided meanwhile: there is nothing to seal any more
                return redirect(url_for(".inbox"), 303)
            if Task.SEAL_DOCUMENT not in _open_nodes(application):
                flash(told(error), "error")
                return redirect(url_for(".review", application_id=application.id), 303)
            return _seal(application, {"pin": Fault.of(error)}), 422
        flash("企业电子签章已经提交，进度见本页。")
        return redirect(url_for(".review", application_id=application.id), 303)
    flash(*_done(application))
    return redirect(url_for(".review", application_id=application.id), 303)


def _is_returned(application: Application) -> bool:
    """Tell whether it went back to the applicant, who has not changed it yet."""
    anew(application)
    return application.state is Status.RETURNED


def _open_nodes(application: Application) -> set[str]:
    with office().sessions() as session:
        return {task.node for task in queries.tasks_of(session, application.id)}


def _done(application: Application) -> tuple[str, str]:
    """Say what the seal led to, and how that is shown; others may be slow, or have ended.

    A cancellation is complete with it (R106, R107).
    """
    anew(application)
    if application.state is Status.PERSONAL_SIGNED:
        if _open_nodes(application):
            return "签章没有完成：数字证书或者本次授权已经失效。请核对数字证书后重新签章。", "error"
        return "企业电子签章已经提交，进度见本页。", "message"
    if application.matter != Matter.CANCELLATION:
        return "企业电子签章完成，申请已提交市住建委。", "success"
    if application.state is Status.CLOSED:
        return "企业电子签章完成。该注册在此之前已经失效，无需注销，申请已关闭。", "success"
    return "企业电子签章完成，注销注册已自动办结，注册和电子注册证书同时失效。", "success"


def _has_sealed(application: Application) -> bool:
    """Tell whether the enterprise did its part: its seal is there or is being put on."""
    anew(application)
    if application.state is Status.PERSONAL_SIGNED:
        return not _open_nodes(application)
    if application.matter == Matter.CANCELLATION:  # complete with the seal, so not open any more
        form = documents.current(db.session(), application.id, DocumentKind.APPLICATION)
        signed = documents.signatures(db.session(), form.id) if form else []
        return any(signature.role == Role.ENTERPRISE for signature in signed)
    return application.state in CONFIRMED and application.state.is_open
