"""A cancellation in which one side does not take part: the person's request, the other's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.application import corrections_asked
from casework.application.form_entry import FormFaults
from casework.office import Office
from casework.registration import cancellation
from casework.terms import periods
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import attachments
from registry.applications.applications import Application
from registry.applications.statements import Obstacle
from registry.applications.statuses import Matter
from registry.versions import Seen
from web.applicant import applications
from web.extensions import db, office
from web.forms.fields import File
from web.ui import cases
from web.visitors import access, once_more
from web.visitors.rate_limits import limit
from web.visitors.seen import acting, look

bp = Blueprint("contested", __name__, url_prefix="/applications/<application_id>")

Faults = dict[str, str]


def answer(place: Office, application_id: str, back: str) -> Response | str:
    """Ask once more, then give the answer that was posted, and say so.

    Raises what `cancellation.answer` raises.
    """
    agrees = request.form.get("answer") == "agree"

    def act(place: Office) -> None:
        cancellation.answer(
            place,
            application_id,
            agrees=agrees,
            text="" if agrees else request.form.get("text", ""),
            actor=g.visitor.actor,
        )

    title, yes = ("同意注销", "确认同意") if agrees else ("提出异议", "确认提出")
    lost = "意见只能提交一次，提交后不能修改。"
    if asks := once_more.unanswered(act, place, title, lost, yes=yes, back=back):
        return asks
    act(place)
    flash("已提交同意注销的意见。" if agrees else "异议已提交，市住建委将一并审查。", "success")
    return redirect(back, 303)


def has_answered(application_id: str) -> bool:
    """Tell whether the visitor has answered already: a second press says the same again."""
    said = cancellation.said_in(office(), application_id)
    return any(statement.actor == g.visitor.actor.id for statement in said)


@bp.post("/answer")
@access.person_only
def give_answer(application_id: str) -> Response | str | tuple[str, int]:
    """Agree to a cancellation that the enterprise asked for, or object with a reason (I10)."""
    application = access.own_application(application_id)
    back = f"/applications/{application.id}"
    try:
        return answer(acting(Seen.CASE, application.id), application.id, back)
    except Refusal as error:
        if has_answered(application.id):
            return redirect(back, 303)
        return applications.status_page(application, Fault.by_field(error)), 422


@bp.get("/without-enterprise")
@access.person_only
def ask(application_id: str) -> str | Response:
    """Ask for the reason and the proof of a request without the enterprise (G9)."""
    application = _cancellation(application_id)
    if not cancellation.may_ask_alone(office(), application):
        flash(str(cancellation.enterprise_can_confirm(office(), application)), "error")
        return redirect(f"/applications/{application.id}", 303)
    return _page(application, {})


def _cancellation(application_id: str) -> Application:
    application = access.own_form(application_id)
    if application.matter != Matter.CANCELLATION:
        raise NotFound
    return application


def _page(application: Application, faults: Faults, proofs: list[str] | None = None) -> str:
    look(Seen.CASE, application.id)
    typed: Mapping[str, str] = request.form
    if request.method == "GET":
        obstacle, text, proofs = cancellation.request_before(office(), application)
        typed = {"obstacle": obstacle, "text": text}
    with office().sessions() as session:
        kept = attachments.of(session, application.id, attachments.AttachmentKind.CANCEL_PROOF)
        wanted = cases.corrections(session, application)
        items = corrections_asked.of(session, application) if wanted else []
    return render_template(
        "applicant/without_enterprise.html",
        periods=periods.words(office(), application.definition),
        case=cases.Brief.of(office(), application),
        obstacles=[(obstacle.value, obstacle.label, "") for obstacle in Obstacle],
        field=_proof_field(kept, proofs or [], faults.get("proofs")),
        corrections=items,
        answers={item.name: typed.get(item.name, item.answer) for item in items},
        places={item.name: _place(application, item.field) for item in items},
        faults=faults,
        typed=typed,
    )


def _place(application: Application, marked: str) -> str:
    """Say where a marked field is mended: on this page, or in the form."""
    if marked in corrections_asked.REQUEST:
        return f"#{marked.removeprefix('request-')}"
    return f"/applications/{application.id}/form#{marked}" if marked else ""


def _proof_field(
    kept: list[attachments.Attachment], chosen: list[str], error: str | None
) -> dict[str, Any]:
    """Give the upload of proofs as the templates of forms show one."""
    files = [
        File(id=file.id, filename=file.filename, size_bytes=file.size_bytes)
        for file in kept
        if file.id in chosen
    ]
    return {
        "name": "proofs",
        "label": "证明材料",
        "files": files,
        "error": error,
        "accept": "application/pdf",
        "multiple": True,
        "crop": None,
    }


@bp.post("/without-enterprise")
@access.person_only
def submit(application_id: str) -> Response | tuple[str, int]:
    """Keep the proofs and ask the agency; a refusal keeps what was typed and uploaded."""
    application = _cancellation(application_id)
    if not cancellation.may_ask_alone(office(), application):
        if not cancellation.is_asked_alone(office(), application):  # by the press before this one
            flash(str(cancellation.enterprise_can_confirm(office(), application)), "error")
        return redirect(f"/applications/{application.id}", 303)
    try:
        acting(Seen.CASE, application.id).check(db.session())
    except Refusal as error:
        return _page(application, Fault.by_field(error), request.form.getlist("proofs.id")), 409
    proofs = [proof for proof in request.form.getlist("proofs.id") if proof != _removed()]
    faults = _attach(application, proofs)
    if faults or _removed():
        return _page(application, faults, proofs), 422 if faults else 200
    try:  # before the request goes on: nothing of what explains it is lost
        corrections_asked.answer(office(), application.id, request.form, actor=g.visitor.actor)
        cancellation.ask_alone(
            acting(Seen.CASE, application.id, own=True),
            application.id,
            obstacle=request.form.get("obstacle", ""),
            text=request.form.get("text", ""),
            proofs=proofs,
            actor=g.visitor.actor,
        )
    except FormFaults as error:
        return _page(application, dict(error.faults), proofs), 422
    except Refusal as error:
        return _page(application, Fault.by_field(error), proofs), 422
    within = periods.words(office(), application.definition)["FORMAL_CHECK"]
    flash(f"已提请市住建委处理，{within}内告知是否受理。", "success")
    return redirect(f"/applications/{application.id}", 303)


def _removed() -> str:
    return request.form.get("remove", "")


def _attach(application: Application, proofs: list[str]) -> Faults:
    """Keep each chosen file and add its id to `proofs`."""
    faults: Faults = {}
    for upload in request.files.getlist("proofs"):
        if upload.filename:
            limit("upload", g.visitor.actor.id, times=60, per_s=3600)
            try:
                kept = cancellation.attach_proof(
                    office(), application.id, upload.filename, upload.read(), g.visitor.actor
                )
            except Refusal as error:
                faults["proofs"] = Fault.of(
                    error, about=attachments.safe_filename(str(upload.filename))
                )
            else:
                proofs.append(kept.id)
        upload.close()
    return faults
