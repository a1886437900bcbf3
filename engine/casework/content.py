"""The content of an application form: what the applicant signs, in one canonical shape.

Two saves with equal content are the same revision (I8): files count by their bytes, not by the id
of the upload, and nothing that changes by itself (today, a counter of days) is part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.casework import form_rules
from registry.attachments import Attachment


def build(
    values: Mapping[str, Any],
    *,
    title: str,
    person: Mapping[str, str],
    enterprise: Mapping[str, str],
    files: Sequence[Attachment],
    education: Mapping[str, Any],
    source: Mapping[str, Any],
) -> dict[str, Any]:
    """Build the content from checked values and facts of the registers (never from the page)."""
    fields = ["photo"]
    if source["scan_required"]:
        fields.append("qualification_scans")
    if education["hours_required"]:
        fields.append("ce_proof")
    kept = {one.id: one for one in files}
    chosen = [kept[one] for name in fields for one in form_rules.file_ids(values, name)]
    hours = (
        {
            "compulsory": str(form_rules.as_hours(values["ce_compulsory_hours"])),
            "elective": str(form_rules.as_hours(values["ce_elective_hours"])),
        }
        if education["hours_required"]
        else {}
    )
    return {
        "title": title,
        "person": dict(person),
        "enterprise": dict(enterprise) | {"phone": str(values["enterprise_phone"]).strip()},
        "qualification": {
            "region": values["qualification_region"],
            "province": str(values.get("qualification_province") or "").strip(),
            "no": str(values["qualification_no"]).strip(),
            "issued_on": values["qualification_issued_on"],
            "issuer": str(values["qualification_issuer"]).strip(),
            "mode": source["mode"],
            "trust_level": source["trust_level"],
        },
        "education": hours,
        "overdue": education["overdue"],
        "opinion": True,
        "attachments": [
            {"kind": one.kind, "filename": one.filename, "sha256": one.sha256} for one in chosen
        ],
    }


def values_of(content: Mapping[str, Any], files: Sequence[Attachment]) -> dict[str, Any]:
    """Give the typed fields back from saved content, for editing it again."""
    ids = {(one.kind, one.sha256): one.id for one in files}
    chosen: dict[str, list[str]] = {}
    for one in content["attachments"]:
        field = form_rules.FIELD_OF[one["kind"]]
        chosen.setdefault(field, []).append(ids[one["kind"], one["sha256"]])
    qualification, education = content["qualification"], content["education"]
    return {
        "enterprise_name": content["enterprise"]["name"],
        "enterprise_uscc": content["enterprise"]["uscc"],
        "enterprise_phone": content["enterprise"]["phone"],
        "photo": next(iter(chosen.get("photo", [])), ""),
        "qualification_region": qualification["region"],
        "qualification_province": qualification["province"],
        "qualification_no": qualification["no"],
        "qualification_issued_on": qualification["issued_on"],
        "qualification_issuer": qualification["issuer"],
        "qualification_scans": chosen.get("qualification_scans", []),
        "ce_compulsory_hours": education.get("compulsory", ""),
        "ce_elective_hours": education.get("elective", ""),
        "ce_proof": chosen.get("ce_proof", []),
        "applicant_opinion": True,
    }
