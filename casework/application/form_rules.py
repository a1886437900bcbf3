"""The rules of the application form that need more than its own schema.

Shapes, formats and what is required are the form's (JSON Schema, owned by analysts); these rules
know the registers, the uploaded files and the decision tables (R34, R35, domain D.2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from casework.terms.eligibility import Against
from pdfgen import charset
from professions.forms import ASKED_BY_HOUSE, Field, Form
from refusals.faults import Fault
from registry import readings
from registry.applications.attachments import Attachment, AttachmentKind

PERSON_FIELDS: Mapping[str, str] = {
    "name": "姓名",
    "sex": "性别",
    "birth": "出生年月",
    "id_type": "证件类型",
    "id_no": "证件号",
    "mobile": "个人手机号",
}
FLAGS = ("scan_required", "hours_required", "proof_pdf_required")  #: set from the decision tables
#: What those tables are asked about: whoever types one of these may change a flag.
ASKED_OF_TABLES = frozenset({"qualification_region", "qualification_issued_on"})
FILE_FIELDS: Mapping[str, AttachmentKind] = {
    "photo": AttachmentKind.PHOTO,
    "qualification_scans": AttachmentKind.QUALIFICATION_SCAN,
    "ce_proof": AttachmentKind.CE_PROOF,
    "cancel_proof": AttachmentKind.CANCEL_PROOF,
    "labour_contract": AttachmentKind.LABOUR_CONTRACT,
}
#: Fields that the house knows by name; what else a form asks is printed as an answer.
KNOWN = frozenset({*PERSON_FIELDS, *FLAGS, *FILE_FIELDS, *ASKED_BY_HOUSE})
_RARE = "确为生僻字的，请联系市住建委登记（电话见页面下方）。"
UPLOAD_LIMIT = 20  #: uploads a kind over the life of an application


def kind_of(field: str) -> AttachmentKind:
    """Give the kind under which the uploads of a field are kept.

    >>> kind_of("photo"), kind_of("site_pictures")
    (<AttachmentKind.PHOTO: 'PHOTO'>, <AttachmentKind.OTHER: 'OTHER'>)
    """
    return FILE_FIELDS.get(field, AttachmentKind.OTHER)


def person(against: Against) -> dict[str, Fault]:
    """Give the faults of the applicant's own facts: the ages between which the type registers."""
    if against.age is None:
        return {}
    return {"birth": Fault(against.age.text, against.age.code)}


def qualification(values: Mapping[str, Any], today: date) -> dict[str, Fault]:
    """R32: a certificate is not issued tomorrow."""
    issued = readings.as_day(values.get("qualification_issued_on"))
    if issued is not None and issued > today:
        text = "资格证书签发日期不能晚于今天，请与证书核对。"
        return {"qualification_issued_on": Fault(text, "E_QUALIFICATION")}
    return {}


def education(values: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Fault]:
    """R28: hours of an overdue registration reach what the table asks for."""
    faults: dict[str, Fault] = {}
    if not rule["hours_required"]:
        return faults
    for field, least, title in (
        ("ce_compulsory_hours", rule["compulsory_min"], "必修"),
        ("ce_elective_hours", rule["elective_min"], "选修"),
    ):
        hours = as_hours(values.get(field))
        if hours is not None and hours < least:
            text = f"继续教育{title}学时不足：{hours}/{least}，请补足学时后再申请。"
            faults[field] = Fault(text, "E_CE_HOURS")
    if rule["proof_pdf_required"] and not file_ids(values, "ce_proof"):
        text = "请上传继续教育证明文件（PDF，每个不超过2M）。"
        faults["ce_proof"] = Fault(text, "E_PROOF_REQUIRED")
    return faults


def files(
    form: Form, values: Mapping[str, Any], uploaded: Sequence[Attachment]
) -> dict[str, Fault]:
    """Refuse ids that are not uploads of this application for this field."""
    kinds = {file.id: file.kind for file in uploaded}
    return {
        field.name: Fault("上传的文件已失效或不属于本申请，请重新上传。", "E_UPLOAD_GONE")
        for field in form.fields()
        if field.is_file
        and any(
            kinds.get(file_id) != kind_of(field.name) for file_id in file_ids(values, field.name)
        )
    }


def unprintable(
    form: Form, values: Mapping[str, Any], fonts: Path, *, leave_out: Collection[str] = ()
) -> dict[str, Fault]:
    """Refuse characters that no font of ours can print, beside their field."""
    faults: dict[str, Fault] = {}
    uploads = {question.name for question in form.fields() if question.is_file}
    for field, value in values.items():
        if field in leave_out or field in uploads or not isinstance(value, str):
            continue
        if lost := charset.missing(value, fonts):
            shown = "、".join(
                f"U+{ord(character):04X}" if _is_unseen(character) else character
                for character in lost
            )
            text = (
                f"“{shown}”无法打印，请更正；确为生僻字的，请联系市住建委登记（电话见页面下方）。"
            )
            faults[field] = Fault(text, "E_UNPRINTABLE")
    return faults


def _is_unseen(character: str) -> bool:
    """Tell whether a character shows nothing of its own, so that only its number can name it."""
    alone = not unicodedata.combining(character)
    return not (character.isprintable() and alone) or bool(charset.hidden(character))


def file_ids(values: Mapping[str, Any], field: str) -> list[str]:
    """Give the ids of the files in a field, which holds one id, a list of ids, or nothing."""
    value = values.get(field)
    if not value:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def as_hours(value: object) -> Decimal | None:
    """Read hours, more than 0 and at most 999; None when the value is not that.

    >>> as_hours("60.50"), as_hours("0"), as_hours("nan")
    (Decimal('60.5'), None, None)
    """
    try:
        hours = Decimal(str(value))
    except InvalidOperation:
        return None
    if not hours.is_finite() or not 0 < hours <= 999:
        return None
    whole = hours.to_integral_value()
    return whole if whole == hours else hours.normalize()


def _is_always_required(field: Field) -> bool:
    return field.required and field.show_if is None


def content_faults(
    form: Form,
    content: Mapping[str, Any],
    *,
    education: Mapping[str, Any],
    source: Mapping[str, Any],
) -> list[str]:
    """Give the codes of what saved content lacks under these outputs of the tables (I5)."""
    asked = {field.name: field for field in form.fields()}
    kinds = {attachment["kind"] for attachment in content["attachments"]}
    codes = []
    if (
        "photo" in asked
        and _is_always_required(asked["photo"])
        and AttachmentKind.PHOTO not in kinds
    ):
        codes.append("E_PHOTO_SPEC")
    if source["scan_required"] and AttachmentKind.QUALIFICATION_SCAN not in kinds:
        codes.append("E_SCAN_REQUIRED")
    if education["proof_pdf_required"] and AttachmentKind.CE_PROOF not in kinds:
        codes.append("E_PROOF_REQUIRED")
    compulsory = as_hours(content["education"].get("compulsory")) or 0
    elective = as_hours(content["education"].get("elective")) or 0
    if education["hours_required"] and (
        compulsory < education["compulsory_min"] or elective < education["elective_min"]
    ):
        codes.append("E_CE_HOURS")
    if content["opinion"] is not True:
        codes.append("E_OPINION_REQUIRED")
    return codes
