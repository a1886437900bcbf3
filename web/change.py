"""变更指南: which way leads to a change of what stands on the certificate (R109–R111)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from engine.casework import professions, verdicts
from engine.errors import EngineError
from engine.faults import Fault
from registry import notices, persons, registrations
from registry.database import new_id, writing
from registry.errors import Refusal
from web import access
from web.extensions import office
from web.guards import limit

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
_USUALLY = ("身份证件", "能证明变更的材料", "注册证书")


@bp.get("")
@access.public
def guide() -> str:
    """Ask what changed, and show the way."""
    return _page({})


def _page(faults: Mapping[str, str]) -> str:
    changed = request.args.get("changed", "")
    known = {code: words for code, words, _ in CHANGES}
    found = None
    if changed in known:
        kind = professions.find(office(), None)
        version = office().definitions.latest(kind.key).hash
        found = office().decide(version, "change_path", {"changed": changed})
    visitor = g.visitor
    who = visitor.kind if visitor is not None else None
    is_for = _FOR.get(found["path"], "person") if found else ""
    return render_template(
        "change/guide.html",
        changes=CHANGES,
        changed=changed,
        words=known.get(changed, ""),
        found=found,
        action=_ACTIONS.get(found["path"], "") if found else "",
        goes_on=bool(found and found["self_service"] and who in (None, is_for)),
        bring=_BRING.get(changed, _USUALLY),
        may_report=who == "person",
        is_guest=visitor is None,
        faults=faults,
        typed=request.form,
    )


@bp.post("/report")
@access.person_only
def report() -> Response | tuple[str, int]:
    """Tell the acceptance office what is to be corrected; the officers find it in their notices."""
    person_id = str(access.visitor().person_id)
    try:
        [said] = verdicts.reasons(office(), [request.form.get("text", "")], "text")
    except (EngineError, Refusal) as error:
        return _page({"text": Fault.of(error)}), 422
    limit("change-report", person_id, times=5, per_s=3600)
    place = office()
    with writing(place.sessions) as session:
        person = persons.get(session, person_id)
        held = registrations.of_person(session, person_id)
        no = f"（注册号{held[0].no}）" if held else ""
        text = f"{person.name}{no}报告信息需要更正：{said}"
        notices.tell(
            session,
            "role:acceptor",
            "change_report",
            text,
            key=f"change-report/{new_id()}",
            at=place.now(),
        )
        notices.tell(
            session,
            f"person:{person_id}",
            "change_report",
            f"您报告的更正事项已送市住建委：{said}。请按指南准备材料，等待联系。",
            key=f"change-report/{new_id()}",
            at=place.now(),
        )
    flash("已送市住建委受理人员，请准备好材料。", "success")
    return redirect("/change", 303)
