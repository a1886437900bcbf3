"""The application form as data: shapes, conditional sections, and texts that name the remedy."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from professions import forms
from professions.forms import Form
from tests.professions.folders import structural_engineer

FILLED = {
    "name": "示例",
    "enterprise_name": "上海示例设计有限公司（虚构01）",
    "enterprise_uscc": "91310100MADE000045",
    "enterprise_phone": "021-00000001",
    "photo": "f1",
    "qualification_region": "SHANGHAI",
    "qualification_no": "DEMO-000001",
    "qualification_issued_on": "2024-03-18",
    "qualification_issuer": "示例人事考试院",
    "applicant_opinion": True,
}


@pytest.fixture(scope="module")
def form() -> Form:
    return structural_engineer().form("initial")


def faulty(form: Form, **changed: object) -> dict[str, str]:
    return form.validate(FILLED | changed)


def test_a_complete_form_has_no_faults(form: Form) -> None:
    """R36: what passes may be signed."""
    assert form.validate(FILLED) == {}


def test_all_faults_are_told_at_once_in_chinese(form: Form) -> None:
    """R35: each message stands beside its field and names the remedy."""
    faults = form.validate({})

    assert set(faults) == {
        field.name for field in form.fields() if field.required and not field.show_if
    }
    assert "验证企业名称" in faults["enterprise_uscc"]
    assert all(not text.isascii() for text in faults.values())


def test_the_opinion_must_be_ticked(form: Form) -> None:
    """R30: saving is refused without the applicant's statement."""
    assert faulty(form, applicant_opinion=False) == {
        "applicant_opinion": "请勾选“申请人员意见”后再保存"
    }


@pytest.mark.parametrize("phone", ["021-00000001", "00000001", "19900000001", "400-000-0000"])
def test_telephones_that_are_ones(form: Form, phone: str) -> None:
    """R25: landline, mobile and 400 numbers."""
    assert faulty(form, enterprise_phone=phone) == {}


@pytest.mark.parametrize("phone", ["12", "021-00000001x", "１９９００００００１", "29900000001"])
def test_telephones_that_are_none(form: Form, phone: str) -> None:
    """R25: the text shows how one looks."""
    assert "021-00000001" in faulty(form, enterprise_phone=phone)["enterprise_phone"]


def test_another_province_asks_for_its_name(form: Form) -> None:
    """R32: only a certificate of another province has one."""
    assert "qualification_province" in faulty(form, qualification_region="OTHER")
    assert faulty(form, qualification_region="OTHER", qualification_province="浙江省") == {}
    assert "qualification_province" in faulty(
        form, qualification_region="OTHER", qualification_province="上海市"
    )


def test_scans_are_asked_for_when_the_register_has_nothing(form: Form) -> None:
    """R33, I4: at least one and at most five, each once."""
    asked = {"scan_required": True}

    assert faulty(form, **asked) == {
        "qualification_scans": "请上传资格证书扫描件（PDF，每个不超过2M）"
    }
    assert faulty(form, **asked, qualification_scans=["a", "b"]) == {}
    assert (
        "最多5个"
        in faulty(form, **asked, qualification_scans=list("abcdef"))["qualification_scans"]
    )
    assert "重复" in faulty(form, **asked, qualification_scans=["a", "a"])["qualification_scans"]


def test_an_overdue_registration_asks_for_education(form: Form) -> None:
    """R28, R29: hours and proof, only when overdue."""
    asked = {"hours_required": True, "proof_pdf_required": True}

    assert set(faulty(form, **asked)) == {"ce_compulsory_hours", "ce_elective_hours", "ce_proof"}
    done = {"ce_compulsory_hours": "60", "ce_elective_hours": "60.5", "ce_proof": "p1"}
    assert faulty(form, **asked, **done) == {}


@pytest.mark.parametrize("hours", ["0", "-1", "999.5", "nan", "1e999", "六十", True])
def test_hours_that_are_none(form: Form, hours: object) -> None:
    """R28: more than 0, at most 999, a finite number."""
    faults = faulty(form, hours_required=True, ce_elective_hours=60, ce_compulsory_hours=hours)

    assert set(faults) == {"ce_compulsory_hours"}


def test_what_does_not_apply_is_dropped(form: Form) -> None:
    """R28: hours typed before the region was changed are no fault, and are not kept."""
    posted = FILLED | {"ce_compulsory_hours": "60", "qualification_province": "", "ce_proof": []}

    assert form.typed(posted) == FILLED
    assert form.validate(posted) == {}


@pytest.mark.parametrize("day", ["2024-02-30", "2024-W12-1", "2024年13月1日", "去年三月"])
def test_days_that_do_not_exist(form: Form, day: str) -> None:
    """R32: a date is written year-month-day and exists."""
    assert set(faulty(form, qualification_issued_on=day)) == {"qualification_issued_on"}


@pytest.mark.parametrize("day", ["20240318", "2024年3月18日", "2024/3/18", "２０２４-０３-１８"])
def test_days_in_the_usual_writings(form: Form, day: str) -> None:
    """§input: a date is read as people write and paste it."""
    assert form.typed({"qualification_issued_on": day}) == {"qualification_issued_on": "2024-03-18"}


def test_what_is_no_credit_code(form: Form) -> None:
    """R24: the code is taken from the register, whose word counts; its shape is still checked."""
    assert "重新验证" in faulty(form, enterprise_uscc="91310100MADE00004")["enterprise_uscc"]


def test_a_field_the_form_does_not_have(form: Form) -> None:
    """R35: forged fields are named."""
    assert "刷新" in faulty(form, is_admin="1")["is_admin"]


def test_sections_show_every_visible_field_once(form: Form) -> None:
    """R22–R33: the sections of the paper form, read-only fields among them."""
    shown = [field.name for section in form.sections for field in section.fields]

    assert len(shown) == len(set(shown))
    assert [
        field.name for field in form.fields() if field.name not in shown and not field.hidden
    ] == []
    personal = form.sections[0]
    assert [field.name for field in personal.fields] == [
        "name",
        "sex",
        "birth",
        "id_type",
        "id_no",
        "mobile",
    ]
    assert all(field.read_only for field in personal.fields)
    assert form.field("photo").is_file
    assert form.field("qualification_scans").show_if == {"scan_required": {"const": True}}


@pytest.mark.parametrize(
    ("schema", "ui", "reason"),
    [
        (b"{", b"{}", "不是 JSON"),
        (b"[]", b"{}", "JSON 对象"),
        (b'{"properties": {"a": {"type": "textt"}}}', b"{}", "textt"),
        (b'{"properties": {}, "allOf": [{"then": {}}]}', b"{}", "没有 if"),
        (b'{"properties": {"const": true}}', b"{}", "const 应为一个 JSON 对象"),
        (b'{"properties": {"a": {"type": "array", "items": false}}}', b"{}", "a 应为一个"),
        (b'{"properties": {}}', None, "没有文件 forms/initial.ui.json"),
    ],
)
def test_files_that_make_no_form(schema: bytes, ui: bytes | None, reason: str) -> None:
    """Deploying refuses them with the file and the cause."""
    files = {"forms/initial.schema.json": schema}
    if ui is not None:
        files["forms/initial.ui.json"] = ui

    with pytest.raises(forms.FormUnusable, match=reason) as refused:
        forms.read(files, "initial")

    assert refused.value.code == "E_FORM_UNUSABLE"


def test_texts_of_its_own_are_not_needed() -> None:
    """A form without errorMessage still speaks Chinese."""
    schema = {
        "properties": {
            "hours": {"type": "integer", "title": "学时", "minimum": 1},
            "proof": {"type": "string", "format": "document", "title": "证明"},
            "kind": {"enum": ["A", "B"], "title": "类别"},
        },
        "required": ["hours", "proof"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"enum": ["B"]}}, "required": ["kind"]},
                "then": {"properties": {"note": {"type": "string", "title": "说明"}}},
            }
        ],
    }
    files = {
        "forms/small.schema.json": json.dumps(schema).encode(),
        "forms/small.ui.json": b"{}",
    }
    form = forms.read(files, "small")

    assert form.validate({"kind": "C"}) == {
        "hours": "请填写学时",
        "proof": "请上传证明",
        "kind": "请从列表中选择类别",
    }
    assert form.validate({"hours": "0", "proof": "x"}) == {"hours": "学时不得小于1"}
    assert form.applies("note", {"kind": "B"})
    assert not form.applies("note", {"kind": "A"})
    assert [section.title for section in form.sections] == [""]


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5])
def test_steps_of_a_number_are_exact(step: float) -> None:
    """Hours in halves or tenths: 0.3 is three times 0.1, whatever a binary number makes of it."""
    schema = {"properties": {"hours": {"type": "number", "title": "学时", "multipleOf": step}}}
    files = {
        "forms/small.schema.json": json.dumps(schema).encode(),
        "forms/small.ui.json": b"{}",
    }
    form = forms.read(files, "small")
    typed = [str(Decimal(number) * Decimal(str(step))) for number in range(1, 2_000)]

    assert [hours for hours in typed if form.validate({"hours": hours})] == []
    between = str(Decimal("60") + Decimal(str(step)) / 2)
    assert form.validate({"hours": between}) == {"hours": f"学时应为{step}的整数倍"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FORM = structural_engineer().form("initial")
NAMES = st.sampled_from([*(field.name for field in FORM.fields()), "unknown"])


@given(values=st.dictionaries(NAMES, JSON, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_nothing_a_page_posts_breaks_the_form(values: dict[str, object]) -> None:
    """R35: whatever is posted gets a text beside its field, never a fault of ours."""
    faults = FORM.validate(values)

    assert all(text and not text.isascii() for text in faults.values())
    assert "photo" in faults or isinstance(values.get("photo"), str)
