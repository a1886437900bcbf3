"""变更指南: which way leads to a change of what stands on the certificate (R109–R111)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.authority import error_report
from casework.case import offered_professions
from casework.tasks import officer_results
from engine.actors import person_inbox, role_inbox
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.certificates import certificates, public_answers
from registry.certificates.certificates import CANCELLATION, Certificate, Validity
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.trail import notices
from storage.database import writing
from web.extensions import anew, db, office
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("change", __name__, url_prefix="/change")

#: What may change, in the order of the page: code of the table, words, hint.
CHANGES = (
    ("PERSON_NAME", "本人姓名", "证书上的姓名"),
    ("ID_NUMBER", "证件类型或证件号码", ""),
    ("EMPLOYER", "聘用企业", "到另一家企业执业"),
    ("EMPLOYER_NAME", "聘用企业的名称", "同一家企业，工商注册名称变更"),
    ("EMPLOYER_USCC", "聘用企业的统一社会信用代码", ""),
    ("MOBILE", "手机号码", ""),
    ("SEX", "性别", ""),
    ("BIRTH_DATE", "出生日期", ""),
    ("PHOTO", "证书照片", ""),
    ("OTHER", "其他信息", ""),
)
_ACTIONS = {
    "CANCEL_THEN_INITIAL": "去办理注销注册",
    "ENTERPRISE_RENAME": "去办理企业名称变更",
    "REALNAME_SYSTEM": "查看本人实名信息",
    "NEXT_APPLICATION_OR_EXCHANGE": "去申请",
}
#: Who can go on under a path; the others read how it goes.
_FOR = {"ENTERPRISE_RENAME": "enterprise"}
#: What to bring to the authority, by what changes.
_BRING = {
    "PERSON_NAME": ("身份证件", "公安机关出具的姓名变更证明或者户口簿变更页", "注册证书"),
    "ID_NUMBER": ("新的身份证件", "公安机关出具的证件号码变更证明", "注册证书"),
}
#: What somebody is told whose words begin no case, because no certificate stands here.
_NO_CASE = (
    "这不是申请，没有编号，本系统不显示处理结果；"
    "请携带材料到市住建委受理窗口办理（电话见页面下方）。"
)
_USUALLY = ("身份证件", "能证明变更的材料", "注册证书")


@bp.get("")
@access.public
def guide() -> str:
    """Ask what changed, and show the way."""
    return _page({})


def _page(faults: Mapping[str, str]) -> str:
    changed = request.args.get("changed", "")
    known = {code: words for code, words, _ in CHANGES}
    way = None
    if changed in known:
        kind = offered_professions.find(office(), None)
        version = office().definitions.latest(kind.key).hash
        way = office().decide(version, "change_path", {"changed": changed})
    visitor = g.visitor
    who = visitor.kind if visitor is not None else None
    is_for = _FOR.get(way["path"], "person") if way else ""
    return render_template(
        "change/guide.html",
        changes=CHANGES,
        changed=changed,
        words=known.get(changed, ""),
        way=way,
        action=_ACTIONS.get(way["path"], "") if way else "",
        goes_on=bool(way and way["self_service"] and who in (None, is_for)),
        bring=_BRING.get(changed, _USUALLY),
        may_report=who == "person",
        no_case=_NO_CASE if who == "person" and _certificate_of(visitor.person_id) is None else "",
        is_guest=visitor is None,
        faults=faults,
        typed=request.form,
    )


@bp.post("/report")
@access.person_only
def report() -> Response | tuple[str, int]:
    """Report wrong data: a case where a certificate stands here, else a note to the officers."""
    person_id = str(access.visitor().person_id)
    said = request.form.get("text", "")
    limit("change-report", person_id, times=5, per_s=3600)
    held = _certificate_of(person_id)
    try:
        if held is not None:
            error_report.report(office(), held.id, said, g.visitor.actor)
        else:
            _note_to_officers(person_id, said)
    except Refusal as error:
        anew()
        if held is not None and error_report.is_reported(db.session(), held.id, said):
            return redirect("/certificates", 303)  # the second press
        return _page({"text": Fault.of(error)}), 422
    if held is not None:
        flash("已告知管理部门，核实结果会在本页显示。证书信息更正前请不要领证或换领。", "success")
        return redirect("/certificates", 303)
    flash(f"已转告市住建委受理人员。{_NO_CASE}", "success")
    return redirect("/change", 303)


def _certificate_of(person_id: str) -> Certificate | None:
    """Give the newest certificate of a person that counts today."""
    session, today = db.session(), office().today()
    for certificate in certificates.of_person(session, person_id):
        valid = public_answers.of(session, certificate, on=today).status is Validity.VALID
        if valid and certificate.kind != CANCELLATION:
            return certificate
    return None


def _note_to_officers(person_id: str, typed: str) -> None:
    """Tell the acceptance office, in its notices, what somebody without a certificate says."""
    place = office()
    [said] = officer_results.reasons(place, [typed], "text")
    now = place.now()
    key = hashlib.sha256(f"{person_id} {office().today()} {said}".encode()).hexdigest()[:32]
    with writing(place.sessions) as session:
        name = persons.get(session, person_id).name
        words = f"{name}（本系统中没有有效证书）说明信息需要更正：{said}"
        notices.tell(
            session,
            role_inbox(OfficerRole.ACCEPTOR),
            "change_report",
            words,
            key=f"change-report/{key}",
            at=now,
        )
        words = f"您的说明已转告市住建委受理人员：{said}。{_NO_CASE}"
        mine = person_inbox(person_id)
        notices.tell(session, mine, "change_report", words, key=f"change-told/{key}", at=now)
