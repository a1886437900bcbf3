"""A form of a registration type as a page shows it, without a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from professions import manifests
from professions.forms import Form
from web.forms import shown, typed
from web.forms.fields import File, ShownField

BPMN = Path(manifests.__file__).parents[1] / "bpmn"
KNOWN: dict[str, Any] = {
    "name": "陶示例",
    "sex": "M",
    "birth": "1992-08-25",
    "id_type": "RESIDENT_ID",
    "id_no": "310000199208259913",
    "mobile": "19900000001",
    "qualification_region": "SHANGHAI",
    "scan_required": False,
    "hours_required": False,
    "proof_pdf_required": False,
}


@pytest.fixture(scope="module")
def form() -> Form:
    return manifests.load(BPMN / "structural-engineer-2").form("initial")


def fields_of(form: Form, values: dict[str, Any], **more: Any) -> dict[str, ShownField]:
    """Give every shown field by name."""
    groups = shown.groups(form, values, **more)
    return {field.name: field for group in groups for field in group.fields}


def test_each_field_has_the_control_that_fits(form: Form) -> None:
    """R22–R33: what is read-only, typed, chosen, ticked or uploaded follows from the schema."""
    fields = fields_of(form, KNOWN | {"scan_required": True, "qualification_region": "OTHER"})

    assert {name: field.kind for name, field in fields.items()} == {
        **dict.fromkeys(("name", "sex", "birth", "id_type", "id_no", "mobile"), "readonly"),
        "enterprise_name": "text",
        "enterprise_uscc": "readonly",
        "enterprise_phone": "text",
        "photo": "file",
        "qualification_region": "radios",
        "qualification_province": "select",
        "qualification_no": "text",
        "qualification_issued_on": "date",
        "qualification_issuer": "text",
        "qualification_scans": "file",
        "applicant_opinion": "checkbox",
    }


def test_values_are_written_for_people_and_masked(form: Form) -> None:
    """R22, D.4: words instead of codes, month of birth, masked numbers."""
    fields = fields_of(form, KNOWN)

    assert fields["sex"].shown == "男"
    assert fields["id_type"].shown == "居民身份证"
    assert fields["birth"].shown == "1992年8月"
    assert fields["id_no"].shown == "310*************13"
    assert fields["mobile"].shown == "199****0001"


def test_what_the_register_holds_is_locked(form: Form) -> None:
    """R31: without the need of scans the qualification is read from the database."""
    held = {"qualification_no": "DEMO-31-0001", "qualification_issued_on": "2026-06-27"}

    fields = fields_of(form, KNOWN | held)

    assert fields["qualification_no"].kind == "readonly"
    assert fields["qualification_issued_on"].shown == "2026年6月27日"
    assert "qualification_scans" not in fields


def test_a_group_without_fields_stays_for_the_script(form: Form) -> None:
    """R28: the group of hours is empty in time and there when overdue."""
    late = {"hours_required": True, "proof_pdf_required": True}

    before = {group.title: group for group in shown.groups(form, KNOWN)}["继续教育"]
    after = {group.title: group for group in shown.groups(form, KNOWN | late)}["继续教育"]

    assert before.ruled
    assert not before.fields
    assert [field.name for field in after.fields] == [
        "ce_compulsory_hours",
        "ce_elective_hours",
        "ce_proof",
    ]
    assert before.signature != after.signature


def test_uploads_are_named(form: Form) -> None:
    """R33: kept uploads are shown by name; ids that are not of this case are not."""
    file = File(id="a", filename="证书.pdf", size_bytes=5)
    values = KNOWN | {"scan_required": True, "qualification_scans": ["a", "stranger"]}

    scans = fields_of(form, values, files={"a": file})["qualification_scans"]

    assert scans.files == (file,)
    assert scans.multiple
    assert scans.accept == "application/pdf"


def test_reading_what_was_posted(form: Form) -> None:
    """R34: trimmed, composed, files by id; forged facts are handed on to be refused."""
    posted = MultiDict(
        [
            ("enterprise_name", "  上海示例 "),
            ("qualification_issuer", "e\u0301"),
            ("applicant_opinion", "true"),
            ("photo.id", "p1"),
            ("photo.id", "p2"),
            ("qualification_scans.id", "a"),
            ("qualification_scans.id", "a"),
            ("qualification_scans.id", "b"),
            ("id_no", "forged"),
            ("scan_required", "true"),
            ("unknown", "x"),
        ]
    )

    assert typed.values(form, posted) == {
        "enterprise_name": "上海示例",
        "qualification_issuer": "é",
        "applicant_opinion": True,
        "photo": "p2",
        "qualification_scans": ["a", "b"],
        "id_no": "forged",
    }


def test_an_empty_form(form: Form) -> None:
    """R30: nothing posted is nothing typed, and the box is not ticked."""
    assert typed.values(form, MultiDict()) == {"applicant_opinion": False}
