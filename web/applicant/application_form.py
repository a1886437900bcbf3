"""The application form: fill, verify the enterprise, upload, save, check answers (R22–R37).

Every button posts the same form. Uploads are kept at once and referred to by id, so that neither a
fault nor a missing script loses what was typed or chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.application import corrections_asked, draft_changes, form_checks, form_entry
from casework.application.form_entry import FormFaults
from casework.terms import periods, renewal
from engine import queries
from professions.form_changes import Marks
from professions.forms import Form
from professions.tasks import Task
from refusals.days import SHANGHAI
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import attachments
from registry.applications.applications import Application, Status
from registry.applications.statuses import Matter
from registry.errors import ApplicationLocked, StaleDraft, StaleRevision
from web.english import language
from web.errors import told
from web.extensions import db, office
from web.forms import known, shown, stored, typed
from web.ui import cases
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("application_form", __name__, url_prefix="/applications/<application_id>")

Faults = dict[str, str]
_NO_VERSION = Fault("页面不完整或已过期，请核对本页内容后再次点击【保存】。", "E_STALE_REVISION")


@bp.before_request
def _lead_to_exchange() -> Response | None:
    """Lead to the page of the exchange of a paper certificate, which has no form."""
    application = access.own_application((request.view_args or {})["application_id"])
    if application.matter != Matter.PAPER_EXCHANGE:
        return None
    return redirect(f"/applications/{application.id}/exchange", 303)


@bp.get("/form")
@access.person_only
def edit(application_id: str) -> str | Response:
    """Show the form with what is known and what was typed last (R22, R31)."""
    return shown_form(access.own_form(application_id))


def shown_form(application: Application) -> str | Response:
    """Show a form that the visitor fills in, or say why it can be changed no more."""
    if not application.state.is_editable:
        flash("申请已受理或已办结，申请表不能再修改。", "error")
        return redirect(_base(application), 303)
    opened = form_entry.open_form(office(), application)
    values = opened.values
    marks = draft_changes.of(office(), db.session(), application)
    if marks is not None:  # what does not fit the newer form is told beside its field
        values = {name: value for name, value in values.items() if name not in marks.unfit}
    return _page(application, values, {}, draft=opened.draft, has_facts=True, marks=marks)


def _base(application: Application) -> str:
    """Give where the pages of a case begin for the visitor."""
    kind = "/enterprise/requests/" if g.visitor.kind == "enterprise" else "/applications/"
    return f"{kind}{application.id}"


@bp.post("/form")
@access.person_only
def submit(application_id: str) -> Response | str | tuple[str, int]:
    """Keep uploads, then do what the pressed button says."""
    return posted_form(access.own_form(application_id))


def posted_form(application: Application) -> Response | str | tuple[str, int]:
    """Take a form that the visitor has posted."""
    form = form_checks.form_of(office(), application)
    values = typed.values(form, request.form)
    faults = _attach(application, form, values)
    _remove(values)
    action = request.form.get("action")
    if faults or action not in ("save", "draft"):
        if action == "verify":
            faults = _verify(application, values) | faults
        try:
            draft = _keep(application, values)
            _answer(application)
        except StaleDraft as error:
            return _overtaken(application, values, Fault.of(error)), 422
        except Refusal as error:
            return _page(application, values, Fault.by_field(error)), 422
        return _page(application, values, faults, draft=draft), 422 if faults else 200
    return _save(application, values, finish=action == "save")


def _save(
    application: Application, values: Mapping[str, Any], *, finish: bool
) -> Response | tuple[str, int]:
    """【保存】 checks everything and goes on to check answers; 暂存 only keeps (R34–R37)."""
    own = {name: value for name, value in values.items() if name != "enterprise_uscc"}
    revision = _revision()
    if finish and revision is None:
        return _overtaken(application, own, _NO_VERSION), 422
    try:
        if finish:  # before the form goes on: nothing of what explains it is lost
            _answer(application)
        saved = form_entry.save(
            office().about(access.at_hand(application.id)),
            application.id,
            values,
            expected_revision=revision or 0,
            actor=g.visitor.actor,
            finish=finish,
            draft_seen=request.form.get("draft"),
        )
        if not finish:
            _answer(application)
    except FormFaults as error:
        return _page(application, own, dict(error.faults)), 422
    except (StaleDraft, StaleRevision) as error:
        return _overtaken(application, own, Fault.of(error)), 422
    except Refusal as error:
        return _page(application, own, Fault.by_field(error)), 422
    if not finish:
        flash("已暂存，可以随时回来继续填写。", "success")
        return redirect(_base(application), 303)
    if g.visitor.kind == "enterprise":
        flash("保存成功，数据校验已通过，请核对申请书并盖章。", "success")
        return redirect(f"{_base(application)}/seal", 303)
    if saved.voided:
        flash("保存成功。之前已签署的电子文件已自动作废，请重新进行个人数字签名。", "success")
    elif not saved.changed:
        flash("内容没有变化，已签署的文件仍然有效。" if _is_signed(application) else "保存成功。")
    else:
        flash("保存成功。", "success")
    return redirect(f"/applications/{application.id}/check", 303)


def _answer(application: Application) -> None:
    """Keep what was answered to each item that the agency asked to correct."""
    corrections_asked.answer(office(), application.id, request.form, actor=g.visitor.actor)


def _overtaken(application: Application, values: Mapping[str, Any], fault: Fault) -> str:
    """Show what was typed again: whoever has looked at the other version may save over it."""
    db.session.refresh(application)
    return _page(application, values, {"": fault}, revision=application.revision)


def _revision() -> int | None:
    """Give the version that the page was made of; None when it does not say so."""
    text = request.form.get("revision", "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _keep(application: Application, values: Mapping[str, Any]) -> str | None:
    """Keep what was typed beside an upload or a verification, while the form may be edited.

    Return the `draft_version` of what was kept; None when nothing was.
    """
    if not application.state.is_editable:
        return None
    return form_entry.save(
        office().about(access.at_hand(application.id)),
        application.id,
        values,
        expected_revision=0,  # a draft is no version
        actor=g.visitor.actor,
        finish=False,
        draft_seen=request.form.get("draft"),
    ).draft


@bp.post("/form/draft")
@access.person_only
def keep(application_id: str) -> Response:
    """Keep what is being typed, for the script of the page."""
    return kept_draft(access.own_form(application_id))


def kept_draft(application: Application) -> Response:
    """Keep what is being typed, and say so: JSON with `text`, and `draft` while it may go on."""
    limit("autosave", g.visitor.actor.id, times=900, per_s=3600)
    form = form_checks.form_of(office(), application)
    draft: str | None = None
    try:
        if not application.state.is_editable:
            raise ApplicationLocked(status=application.state.label)
        draft = _keep(application, typed.values(form, request.form))
        _answer(application)
    except StaleDraft as error:
        return make_response({"text": language.said(told(error))}, 409)
    except Refusal as error:  # the form may have been kept all the same: then it goes on
        kept = {"draft": draft} if draft else {}
        return make_response({"text": language.said(told(error)), **kept}, 422)
    at = office().now().astimezone(SHANGHAI)
    return make_response(
        {
            "text": language.said(f"已自动保存（{at:%H:%M}），可以随时离开，回来继续填写。"),
            "draft": draft,
        }
    )


def _attach(application: Application, form: Form, values: dict[str, Any]) -> Faults:
    """Keep each chosen file; a file that is refused is a fault of its field (R26, R29, R33)."""
    faults: Faults = {}
    for field in (candidate for candidate in form.fields() if candidate.is_file):
        for filename, content in _chosen(field.name):
            try:
                kept = form_entry.attach(
                    office(),
                    application.id,
                    field.name,
                    filename,
                    content,
                    g.visitor.actor,
                    known=application,
                )
            except Refusal as error:
                faults[field.name] = Fault.of(error, about=attachments.safe_filename(filename))
                continue
            several = field.schema.get("type") == "array"
            before = values.get(field.name, [])
            values[field.name] = [*dict.fromkeys([*before, kept.id])] if several else kept.id
    return faults


def _chosen(name: str) -> Iterator[tuple[str, bytes]]:
    """Give name and content of each file that was chosen for a field."""
    for upload in request.files.getlist(name):
        if upload.filename:
            limit("upload", g.visitor.actor.id, times=60, per_s=3600)
            yield upload.filename, upload.read()
        upload.close()


def _remove(values: dict[str, Any]) -> None:
    """Leave out the upload whose 【删除】 was pressed."""
    gone = request.form.get("remove")
    for name, value in list(values.items()):
        if isinstance(value, list):
            values[name] = [kept for kept in value if kept != gone]
        elif gone and value == gone:
            del values[name]


def _verify(application: Application, values: dict[str, Any]) -> Faults:
    """【验证企业名称】: the code comes from the register, never from the page (R24, I2)."""
    limit("verify-enterprise", g.visitor.person_id, times=60, per_s=600)
    name = str(values.get("enterprise_name", ""))
    if not name:
        text = "请填写注册企业全称，再点击【验证企业名称】。"
        return {"enterprise_name": Fault(text, "E_REQUIRED")}
    try:
        facts = form_entry.verify_enterprise(
            office(), name, form_checks.wanted_of(office(), application)
        )
    except Refusal as error:
        return {"enterprise_name": Fault.of(error)}
    values["enterprise_name"], values["enterprise_uscc"] = facts.name, facts.uscc
    return {}


@bp.post("/form/enterprise")
@access.person_only
def verify(application_id: str) -> str:
    """Answer 【验证企业名称】 alone, for the script of the page."""
    return verified(access.own_form(application_id))


def verified(application: Application) -> str:
    """Answer 【验证企业名称】 for a form of the visitor; 404 where it has no such field."""
    form = form_checks.form_of(office(), application)
    values = typed.values(form, request.form)
    faults = _verify(application, values)
    seen = _shown(application, form, values, faults)
    searched = [
        (group, field)
        for group in seen["groups"]
        for field in group.fields
        if field.name == "enterprise_name"
    ]
    if not searched:
        raise NotFound
    group, field = searched[0]
    return render_template(
        "application_form/_enterprise.html", group=group, enterprise=field, base=seen["base"]
    )


@bp.post("/form/groups/<int:number>")
@access.person_only
def group(application_id: str, number: int) -> str | tuple[str, int]:
    """Answer one group of fields for what was typed so far; 204 when it stays as it is."""
    return posted_group(access.own_form(application_id), number)


def posted_group(application: Application, number: int) -> str | tuple[str, int]:
    """Answer one group of a form that the visitor fills in."""
    form = form_checks.form_of(office(), application)
    values = typed.values(form, request.form)
    seen = _shown(application, form, values, {})
    if number >= len(seen["groups"]):
        raise NotFound
    posted = seen["groups"][number]
    if request.form.get(f"group-{number}") == posted.signature:
        return "", 204
    return render_template(
        "application_form/_rules.html", group=posted, number=number, base=seen["base"]
    )


def _page(
    application: Application,
    values: Mapping[str, Any],
    faults: Faults,
    revision: int | None = None,
    draft: str | None = None,
    *,
    has_facts: bool = False,
    marks: Marks | None = None,
) -> str:
    """Give the page; `revision` is the version that another window has saved meanwhile.

    `has_facts`: the values are under the facts of the registers already.
    """
    form = form_checks.form_of(office(), application)
    shown = _shown(application, form, values, faults, has_facts=has_facts, marks=marks)
    if revision is not None:
        shown |= {"revision": revision, "overtaken": True}
    shown["draft"] = draft or form_entry.draft_version(office(), application.id)
    return render_template("application_form/edit.html", **shown)


def _place(marked: str) -> str:
    """Say where on this page a marked field is; what is about a request beside it is elsewhere."""
    return f"#{marked}" if marked and marked not in corrections_asked.REQUEST else ""


def _shown(
    application: Application,
    form: Form,
    values: Mapping[str, Any],
    faults: Faults,
    *,
    has_facts: bool = False,
    marks: Marks | None = None,
) -> dict[str, Any]:
    """Give what the templates show; facts of registers win over what was typed (R22, R31)."""
    if not has_facts:
        told = known.facts(office(), application, values, access.at_hand(application.id))
        values = {**values, **told}
    with office().sessions() as session:  # a fresh look: an upload may just have been kept
        uploads = stored.uploads_of(session, application)
        wanted = cases.corrections(session, application)
        items = corrections_asked.of(session, application) if wanted else []
        corrections = [item for item in items if item.text in wanted]
        warning = renewal.late_warning(office(), session, application)
        facts = periods.facts(office(), session, application.definition)
    groups = shown.groups(
        form,
        values,
        faults=faults,
        files=uploads,
        facts=facts,
        marks={item.field: item.text for item in corrections if item.field},
        changes={} if marks is None else marks.fields,
    )
    brief = cases.Brief.of(office(), application)
    return {
        "case": brief,
        "title": f"{brief.profession}{brief.matter}申请表",
        "base": _base(application),
        "by_enterprise": g.visitor.kind == "enterprise",
        "groups": groups,
        "faults": _in_order(form, faults),
        "revision": request.form.get("revision") or application.revision,
        "signed": _is_signed(application),
        "corrections": corrections,
        "answers": {item.name: request.form.get(item.name, item.answer) for item in corrections},
        "places": {item.name: _place(item.field) for item in corrections},
        "warning": warning,
        "overtaken": False,
        "marks": marks,
    }


def _in_order(form: Form, faults: Faults) -> Faults:
    """Put faults in the order in which the page shows the fields."""
    order = {field.name: place for place, field in enumerate(form.fields())}
    return dict(sorted(faults.items(), key=lambda fault: order.get(fault[0], -1)))


def _is_signed(application: Application) -> bool:
    """Tell whether a changed save would void a signature (R43, R44)."""
    return application.state.is_editable and application.state not in (
        Status.DRAFT,
        Status.READY_TO_SIGN,
    )


def _may_be_signed(application: Application) -> bool:
    """Tell whether a checked form waits for its signature: only then is the button there (R36)."""
    nodes = {task.node for task in queries.tasks_of(db.session(), application.id)}
    return not nodes.isdisjoint((Task.COMPLETE_READINESS, Task.PREVIEW_DOCUMENT, Task.ENTER_CODE))


@bp.get("/check")
@access.person_only
def check(application_id: str) -> str:
    """Show what was saved, before it is signed (R36, R37)."""
    application = access.own_form(application_id)
    form = form_checks.form_of(office(), application)
    values = form_entry.open_form(office(), application).values
    return render_template(
        "application_form/check.html",
        case=cases.Brief.of(office(), application),
        groups=shown.groups(
            form,
            values,
            files=stored.uploads_of(db.session(), application),
            facts=periods.facts(office(), db.session(), application.definition),
        ),
        warning=renewal.late_warning(office(), db.session(), application),
        signable=_may_be_signed(application),
        editable=application.state.is_editable,
    )
