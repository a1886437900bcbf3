"""Slips in what people see: the page of a form, its help, documents. No example notices them."""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders
from professions.checks import examination
from tests.offices import FONTS, TYPE
from tests.professions.folders import BPMN

UI, SCHEMA, TOML = "initial.ui.json", "initial.schema.json", "type.toml"
DECISION = "decision.typ"
LAYOUT, HOUSE = "E_FORM_LAYOUT", "E_HOUSE_FIELD"
MESSAGE, GUIDE = "E_FIELD_MESSAGE", "E_GUIDE_WRONG"
MATTER, MIXED = "E_MATTER", "E_MATTER_MIXED"
#: file, text before and after, code, part of what is told
SLIPS = [
    (UI, "image/jpeg,image/png", "image/jpg", LAYOUT, "没有“image/jpg”"),
    (UI, '"ui:lockedUnless": "scan_required"', '"ui:lockedUnless": "photo"', LAYOUT, "不是真假"),
    (UI, '"ui:width": 20', '"ui:width": "wide"', LAYOUT, "不是1至80"),
    (UI, '"ui:inputmode": "tel"', '"ui:inputmode": "telephone"', LAYOUT, "“telephone”"),
    (UI, '"organization"', '"organisation"', LAYOUT, "“organisation”"),
    (UI, '"mobile": {"ui:mask": "mobile"}', '"mobile": {}', LAYOUT, "没有遮盖"),
    (UI, '{"ui:mask": "id_no"}', '{"ui:mask": "mobile"}', LAYOUT, "证件号在页面上没有遮盖"),
    (UI, '"ui:widget": "radios"', '"ui:widget": "checkbox"', LAYOUT, "只用于真假"),
    (
        UI,
        '"applicant_opinion": {"ui:widget": "checkbox"}',
        '"applicant_opinion": {}',
        LAYOUT,
        "怎样",
    ),
    (UI, "295×413像素", "413×579像素", "E_FIELD_MESSAGE", "裁剪为 295x413"),
    (UI, "每个不超过2M，最多5个", "每个不超过2M，最多9个", "E_FIELD_MESSAGE", "最多9个"),
    (SCHEMA, '"M", "title": "男"', '"M", "title": "女"', HOUSE, "“M”是“男”"),
    (SCHEMA, '"SHANGHAI", "title": "上海市"', '"SHANGHAI", "title": "本地"', HOUSE, "上海"),
    (SCHEMA, '{"proof_pdf_required": {', '{"hours_required": {', HOUSE, "proof_pdf_required"),
    (SCHEMA, '"required": ["qualification_scans"]', '"required": []', HOUSE, "却可以不填"),
    (SCHEMA, "Properties: false", "Properties: true", "E_FORM_CONDITION", "也会收下"),
    (TOML, 'form = "renewal"', 'form = "initial"', MIXED, "事项是“延续注册”"),
    (TOML, 'help = "help/renewal.md"', 'help = "help/initial.md"', MIXED, "标题是“初始注册”"),
    (TOML, "我单位同意聘用", "我单位不同意聘用", MATTER, "不是“同意聘用”的意思"),
    (TOML, "我单位同意聘用", "我单位知道", MATTER, "不是“同意聘用”的意思"),
    (SCHEMA, '"exclusiveMinimum": 0', '"minimum": 0', MESSAGE, "没有这条规则"),
    (SCHEMA, '"title": "证件号", "readOnly": true', '"title": "证件号"', HOUSE, "须有 readOnly"),
    (SCHEMA, '"江苏省",', '"江苏省", "上海市",', HOUSE, "没有 上海市"),
    (SCHEMA, '"application/pdf"', '"image/jpeg"', HOUSE, "应为 application/pdf"),
    (SCHEMA, "请填写资格证书签发机关", "请填写资格证书编号", MESSAGE, "说的是“资格证书编号”"),
    (SCHEMA, "申请注册；", "申请延续注册；", MATTER, "意见说的是“延续”"),
    (UI, "image/jpeg,image/png", "application/pdf", LAYOUT, "不是 contentMediaType"),
    (TOML, '["上海市人民政府", ', '["上海市住房和城乡建设管理委员会", ', "E_MANIFEST", "自己"),
    (TOML, "CLASS 2", "CLASS 1", "E_CERTIFICATE_FACE", "CLASS 1"),
    (TOML, "DEMO00000000000000S02", "11100000000013338W011", "E_CERTIFICATE_FACE", "安全生产"),
    ("initial.md", "扫描件，PDF，", "扫描件，Word，", GUIDE, "材料只收PDF"),
    ("initial.md", "作出前可以撤回", "作出前不可以撤回", GUIDE, "以前可以撤回"),
    ("cancellation.md", "延长一次", "延长两次", GUIDE, "只延长一次"),
    (SCHEMA, '"format": "cn-telephone",', "", HOUSE, "应为 cn-telephone"),
    (TOML, "，确认已与其解除聘用关系", "", MATTER, "没有说聘用关系已经解除"),
    ("initial.md", "【电子注册证书管理】", "【我的证书】", GUIDE, "没有【我的证书】"),
    ("renewal.md", "有效期自原有效期届满的次日起", "有效期自决定之日起", GUIDE, "届满的次日"),
    (DECISION, "#numbered(data.reasons)", "", "E_DOCUMENT_TEMPLATE", "行政许可法第38条"),
    (DECISION, "#data.remedies", "", "E_DOCUMENT_TEMPLATE", "救济途径"),
]


@cache
def shipped() -> dict[str, bytes]:
    return dict(folders.collect(BPMN / TYPE))


@pytest.mark.parametrize(("file", "old", "new", "code", "text"), SLIPS)
def test_a_slip_in_what_people_see_is_told(
    file: str, old: str, new: str, code: str, text: str
) -> None:
    """Stories act without pages: what is wrong there must be told by the check."""
    path = next(path for path in shipped() if path.rpartition("/")[2] == file)
    before = shipped()[path].decode()
    old, new = (word.replace("Properties:", 'Properties":') for word in (old, new))
    assert old in before

    told = examination.check({**shipped(), path: before.replace(old, new, 1).encode()}, FONTS)

    assert [fault for fault in told if fault.code == code and text in fault.text], told


@pytest.mark.parametrize("flag", ["true", "false"])
def test_hours_are_asked_for_when_the_table_says_so(flag: str) -> None:
    """A condition the wrong way round would ask those who need none, and let the others pass."""
    path = f"forms/{SCHEMA}"
    asked = '{"hours_required": {"const": true}}'
    changed = shipped()[path].decode().replace(asked, asked.replace("true", flag), 1)

    told = examination.check({**shipped(), path: changed.encode()}, FONTS)

    named = {fault.element for fault in told if fault.code == HOUSE}
    assert named == ({"ce_compulsory_hours", "ce_elective_hours"} if flag == "false" else set())
