"""The applicant: readiness, 我的申请, 新增注册申请, progress, withdrawal (R1–R4, R15–R21)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from casework.application import form_entry, new_application, withdrawal
from casework.case import offered_professions
from casework.registration import late_renewal
from casework.signature import readiness as usable
from professions.manifests import NoSuchProfession
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import applications, case_messages
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.applications.statuses import PERSONAL, Matter, Status
from registry.enterprises import operators
from registry.people import persons
from registry.versions import Seen
from signing.errors import CertificateAwaited
from web.applicant import hearings, lists, readiness
from web.errors import told
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.ui import cases, wording
from web.ui.professions import guides
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("applicant", __name__)


@bp.get("/readiness")
@access.person_only
def prepare() -> str:
    """Show what is ready and what is missing before signing (R1–R4)."""
    return _checklist()


def _checklist(fault: str | None = None) -> str:
    person = persons.get(db.session(), g.visitor.person_id)
    has = usable.of(office(), person)
    return render_template(
        "applicant/readiness.html",
        items=readiness.items(person, has),
        ready=has.complete,
        waiting=readiness.waiting_case(office(), person.id),
        faults={"picture": fault} if fault else {},
    )


@bp.post("/readiness")
@access.person_only
def get_ready() -> Redirect | tuple[str, int]:
    """Do one step of the checklist."""
    step = request.form.get("step", "")
    if step == "picture":
        return _upload_signature()
    waiting = readiness.waiting_case(office(), g.visitor.person_id)
    if step == "continue" and waiting:
        readiness.go_on(office(), g.visitor.person_id)
        return redirect(f"/applications/{waiting}/sign", 303)
    try:
        if not readiness.take(office(), g.visitor.person_id, step, g.visitor.actor.id):
            raise NotFound
        flash("已完成。", "success")
    except CertificateAwaited as awaited:  # it comes by itself
        flash(str(awaited), "success")
    return redirect("/readiness", 303)


def _upload_signature() -> Redirect | tuple[str, int]:
    """Take the person's own signature image (R3)."""
    limit("upload", g.visitor.person_id, times=60, per_s=3600)
    chosen = request.files.get("picture")
    content = chosen.read() if chosen else b""
    if not content:
        return _checklist("请选择签名图片，再点击【上传签名图片】。"), 422
    try:
        readiness.upload_signature(office(), g.visitor.person_id, content, g.visitor.actor.id)
    except Refusal as error:
        return _checklist(Fault.of(error)), 422
    flash("签名图片已设置，此后签署的文件使用该图片。", "success")
    return redirect("/readiness", 303)


@bp.get("/readiness/signature.png")
@access.person_only
def signature() -> Response:
    """Show the person's own signature image (R3)."""
    person = persons.get(db.session(), g.visitor.person_id)
    if person.signature_sha256 is None:
        raise NotFound
    return Response(office().files.get(person.signature_sha256), mimetype="image/png")


@bp.get("/applications")
@access.person_only
def mine() -> str | Response | tuple[str, int]:
    """List the person's own applications, finished and in progress (R16, R17).

    While one is in progress the page asks again; 304 while nothing changed.
    """
    session = db.session()
    current = applications.all_open_for(session, g.visitor.person_id)
    to_do = [step for own in current if (step := cases.to_do(office(), session, own))]
    heard = hearings.open_for(g.visitor.person_id)
    unread = case_messages.unread(session, [own.id for own in current], Side.APPLICANT)
    tag = _tag(
        [(application.id, application.status) for application in current],
        [to_do, [notice.id for notice in heard], sorted(unread.items())],
    )
    if request.headers.get("If-None-Match") == tag:
        return Response(status=304)
    return listed.show(
        lists.mine(g.visitor.person_id, {own.id: unread.get(own.id, 0) for own in current}),
        "applicant/list.html",
        to_do=to_do,
        acts_for=bool(operators.of_person(session, g.visitor.person_id, office().today())),
        hearings=heard,
        etag=tag if current else None,
    )


def _tag(*shown: object) -> str:
    """Name what a page shows: it changes when anything of it changes."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:20]


@bp.get("/applications/new")
@access.person_only
def choose() -> str:
    """Offer the matters of each profession; what may not be started says why (R18–R20).

    With `type`, as the item of the department leads here, only those of that profession.
    """
    known = offered_professions.offered(office())
    asked = [kind for kind in known if kind.key == request.args.get("type")]
    return render_template(
        "applicant/new.html",
        groups=[
            {
                "kind": kind,
                "items": new_application.availability(office(), g.visitor.person_id, kind.key),
                "guides": guides(kind),
            }
            for kind in asked or known
        ],
        several=len(known) > 1,
        partial=len(asked) < len(known) and bool(asked),
        notes=wording.MATTER_NOTES,
    )


@bp.post("/applications/new")
@access.person_only
def start() -> Redirect:
    """Start a matter and go to its form (R21); without `type` it is of the first profession."""
    matter = request.form.get("matter", "")
    if matter not in PERSONAL:
        raise NotFound
    try:
        kind = offered_professions.find(office(), request.form.get("type"))
    except NoSuchProfession as error:
        flash(told(error), "error")
        return redirect("/applications/new", 303)
    try:
        started = new_application.start(
            office(), g.visitor.person_id, matter, g.visitor.actor, kind.key
        )
    except Refusal as refusal:
        begun = applications.open_of(db.session(), g.visitor.person_id, kind.key, Matter(matter))
        if begun is None:
            flash(told(refusal), "error")
            return redirect("/applications/new", 303)
        flash(f"您正在申请中的{begun.matter_label}（{begun.no}）已打开，请继续办理。")
        if not begun.state.is_editable:
            return redirect(f"/applications/{begun.id}", 303)
        started = begun.id  # by the press before this one, or earlier
    page = "exchange" if matter == Matter.PAPER_EXCHANGE else "form"
    return redirect(f"/applications/{started}/{page}", 303)


@bp.get("/applications/<application_id>")
@access.person_only
def status(application_id: str) -> str:
    """Show where a case stands, who must act and by when (R17, I1)."""
    look(Seen.CASE, application_id)  # before anything of it is read
    return status_page(access.own_application(application_id), {})


def status_page(application: Application, faults: Mapping[str, str]) -> str:
    """Show where a case stands; with faults also what was typed and could not be taken."""
    shown = {"faults": faults, "typed": request.form if faults else {}}
    return render_template("applicant/status.html", **_seen(application), **shown)


def _seen(application: Application) -> dict[str, Any]:
    look(Seen.CASE, application.id)
    case = cases.for_applicant(office(), application, db.session())
    tag = _tag(
        case.status, case.steps, case.turn, case.documents, case.timeline, case.active, case.unread
    )
    return {"case": case, "etag": tag, "today": office().today()}


@bp.get("/applications/<application_id>/progress")
@access.person_only
def progress(application_id: str) -> Response:
    """Give the living part of the page alone; 304 while nothing changed."""
    application = access.own_application(application_id)
    seen = _seen(application)
    if request.headers.get("If-None-Match") == seen["etag"]:
        return Response(status=304)
    return make_response(render_template("applicant/_progress.html", **seen))


@bp.get("/applications/<application_id>/diagram.bpmn")
@access.person_only
def diagram(application_id: str) -> Response:
    """Give the diagram that this case runs on."""
    application = access.own_application(application_id)
    return Response(cases.diagram_of(office(), application), mimetype="application/xml")


@bp.get("/applications/<application_id>/withdraw")
@access.person_only
def ask_to_withdraw(application_id: str) -> str:
    """Ask before withdrawing (I18)."""
    application = access.own_application(application_id)
    look(Seen.CASE, application.id)
    return render_template(
        "applicant/withdraw.html", case=cases.for_applicant(office(), application, db.session())
    )


@bp.post("/applications/<application_id>/withdraw")
@access.person_only
def withdraw(application_id: str) -> Redirect:
    """Withdraw the application (I18)."""
    application = access.own_application(application_id)
    try:
        if not _is_withdrawn(application):
            withdrawal.withdraw(acting(Seen.CASE, application.id), application.id, g.visitor.actor)
    except ChangedMeanwhile as error:
        flash(told(error), "error")
        return redirect(f"/applications/{application.id}/withdraw", 303)
    except Refusal:
        if not _is_withdrawn(application):
            raise
    if application.revision == 0:
        flash("草稿已删除，已填写的内容不再保留；列表中只留有“已撤回”的记录。", "success")
        return redirect("/applications", 303)
    flash("申请已撤回，已签署的文件已作废。", "success")
    return redirect(f"/applications/{application.id}", 303)


def _is_withdrawn(application: Application) -> bool:
    anew(application)
    return application.state is Status.WITHDRAWN


@bp.post("/applications/<application_id>/continue")
@access.person_only
def go_on_as_initial(application_id: str) -> Redirect:
    """Go on as 初始注册（逾期） with what is known, when the end overtook a renewal."""
    application = access.own_application(application_id)
    try:
        place = acting(Seen.CASE, application.id)
        started = late_renewal.as_initial(place, application.id, g.visitor.actor)
    except Refusal as refusal:
        about = (application.person_id, application.type, Matter.INITIAL)
        begun = applications.open_of(db.session(), *about)
        if begun is None or not begun.state.is_editable:
            flash(told(refusal), "error")
            return redirect(f"/applications/{application.id}", 303)
        started = begun.id  # by the press before this one
    flash("已带入原申请的内容，请核对、补充后保存。", "success")
    return redirect(f"/applications/{started}/form", 303)


@bp.post("/applications/<application_id>/resubmit")
@access.person_only
def resubmit(application_id: str) -> Redirect:
    """Send a returned application to the enterprise again, unchanged."""
    application = access.own_application(application_id)
    try:
        form_entry.resubmit(acting(Seen.CASE, application.id), application.id, g.visitor.actor)
    except Refusal as error:
        anew(application)
        if application.state is not Status.PERSONAL_SIGNED:  # not by the press before this one
            flash(told(error), "error")
            return redirect(f"/applications/{application.id}", 303)
    flash("已重新提交企业确认。", "success")
    return redirect(f"/applications/{application.id}", 303)
