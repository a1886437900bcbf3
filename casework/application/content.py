"""The content of an application form: what the applicant signs, in one canonical shape.

Two saves with equal content are the same revision (I8): files count by their bytes, not by the id
of the upload, and nothing that changes by itself (today, a counter of days) is part of it. What a
type asks beyond the fields that the house knows stands under `answers`, as it is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.application import form_rules
from professions.checks.needs import OPINION
from professions.forms import Field, Form
from professions.manifests import Confirmation
from registry.applications.attachments import Attachment

_QUALIFICATION = {
    "region": "qualification_region",
    "province": "qualification_province",
    "no": "qualification_no",
    "issued_on": "qualification_issued_on",
    "issuer": "qualification_issuer",
}
_HOURS = {"compulsory": "ce_compulsory_hours", "elective": "ce_elective_hours"}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What registers and tables say about a form; never from the page."""

    person: Mapping[str, str]
    enterprise: Mapping[str, str]
    registration: Mapping[str, str]  #: empty for a form that stands on none
    qualification: Mapping[str, Any]  #: its fields, also those that the form leaves out
    education: Mapping[str, Any]  #: answer of the table `continuing_education`
    source: Mapping[str, Any]  #: answer of the table `qualification_source`


def build(
    form: Form,
    values: Mapping[str, Any],
    facts: Facts,
    *,
    title: str,
    files: Sequence[Attachment],
    confirmation: Confirmation | None,
) -> dict[str, Any]:
    """Build the content from checked values and facts.

    What the applicant ticked and what the enterprise is going to tick become part of it: these
    texts are shown, printed and signed, whatever a later version of the form says.
    """
    asked = {field.name: field for field in form.fields() if form.applies(field.name, values)}
    kept = {file.id: file for file in files}
    return {
        "title": title,
        "person": dict(facts.person),
        "enterprise": dict(facts.enterprise) | _phone(values),
        "registration": dict(facts.registration),
        "qualification": _qualification(facts.qualification, facts.source)
        if "qualification_no" in asked
        else {},
        "education": _hours(asked, values),
        "overdue": facts.education["overdue"],
        "opinion": True,
        "statement": _statement(form),
        "confirmation": confirmation.text if confirmation else "",
        "answers": list(_answers(asked.values(), values)),
        "attachments": [
            _attachment(field, kept[file_id])
            for field in asked.values()
            if field.is_file
            for file_id in form_rules.file_ids(values, field.name)
        ],
    }


def _statement(form: Form) -> str:
    return str(form.field(OPINION).schema.get("description", ""))


def _phone(values: Mapping[str, Any]) -> dict[str, str]:
    typed = str(values.get("enterprise_phone") or "").strip()
    return {"phone": typed} if typed else {}


def _qualification(values: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: str(values.get(field) or "").strip() for name, field in _QUALIFICATION.items()}
    return {**written, "mode": source["mode"], "trust_level": source["trust_level"]}


def _hours(asked: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(form_rules.as_hours(values[field]))
        for name, field in _HOURS.items()
        if field in asked and field in values
    }


def _answers(asked: Iterator[Field] | Any, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what this form asks and the house has no word for: name, title, value, text."""
    for field in asked:
        unknown = not (field.read_only or field.hidden or field.is_file)
        if unknown and field.name not in form_rules.KNOWN and field.name in values:
            value = values[field.name]
            yield {
                "name": field.name,
                "title": field.title,
                "value": value,
                "text": field.words(value),
            }


def _attachment(field: Field, kept: Attachment) -> dict[str, str]:
    return {
        "field": field.name,
        "title": field.title,
        "kind": kept.kind,
        "filename": kept.filename,
        "sha256": kept.sha256,
    }


def values_of(content: Mapping[str, Any], files: Sequence[Attachment]) -> dict[str, Any]:
    """Give the fields back from saved content, for editing it again or showing it."""
    ids = {(file.kind, file.sha256): file.id for file in files}
    values: dict[str, Any] = {}
    for attachment in content["attachments"]:
        values.setdefault(attachment["field"], []).append(
            ids[attachment["kind"], attachment["sha256"]]
        )
    if "photo" in values:
        values["photo"] = values["photo"][0]
    values |= content["registration"]
    for name, field in (
        *((f"enterprise.{fact}", f"enterprise_{fact}") for fact in ("name", "uscc", "phone")),
        *((f"qualification.{fact}", field) for fact, field in _QUALIFICATION.items()),
        *((f"education.{fact}", field) for fact, field in _HOURS.items()),
    ):
        section, _, key = name.partition(".")
        if content[section].get(key):
            values[field] = content[section][key]
    values |= {answer["name"]: answer["value"] for answer in content["answers"]}
    return {**values, "applicant_opinion": content["opinion"]}
