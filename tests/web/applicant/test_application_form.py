"""The application form through the front door: what is typed is kept, what is wrong is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from bs4 import Tag

from adapters import world
from casework.office import Office
from registry.applications import attachments
from registry.identifiers import IdType
from registry.people import persons
from tests import papers
from tests.web.desk import COMPANY, Desk, pdf, pdf_of
from web.demo.portrait import draw

Sits = Callable[[str], Desk]
FROM_ELSEWHERE: dict[str, Any] = {
    "qualification_region": "OTHER",
    "qualification_province": "江苏省",
    "qualification_no": "JS-2026-0001",
    "qualification_issued_on": "2026-05-18",
    "qualification_issuer": "江苏省住房和城乡建设厅（虚构）",
}


def value_of(desk: Desk, name: str) -> str:
    """Give what stands in an input of the page."""
    element = desk.soup().select_one(f'input[name="{name}"]')
    return str(element.get("value", "")) if isinstance(element, Tag) else ""


def fault_of(desk: Desk, name: str) -> str:
    """Give the text of the error summary that leads to a field."""
    element = desk.soup().select_one(f'.govuk-error-summary a[href="#{name}"]')
    return element.parent.get_text(strip=True) if element and element.parent else ""


@pytest.mark.proves("R25")
@pytest.mark.parametrize("typed", ["", "12", "电话"])
def test_the_telephone_of_the_enterprise_is_asked(me: Desk, typed: str) -> None:
    """R25: without one, or with one that is none, the form is not saved and says so there."""
    me.starts()

    answer = me.saves(enterprise_phone=typed, photo=("我.jpg", draw(1)))

    assert answer.status_code == 422
    assert "电话" in fault_of(me, "enterprise_phone")
    assert len(me.soup().select(".govuk-error-summary a")) == 1


@pytest.mark.proves("R33")
def test_scans_are_mandatory_pdfs_of_two_megabytes(me: Desk) -> None:
    """R33: without a scan, with one byte too much, or with what is no PDF nothing is saved."""
    elsewhere = FROM_ELSEWHERE | {"qualification_issued_on": "2026-03-01"}
    me.starts()
    for scan in (None, ("大.pdf", pdf_of(2_097_153)), ("假.pdf", b"GIF89a")):
        uploads = {"qualification_scans": scan} if scan else {}
        answer = me.saves(**elsewhere, photo=("我.jpg", draw(1)), **uploads)
        assert answer.status_code == 422, scan and scan[0]
        assert fault_of(me, "qualification_scans")

    answer = me.saves(
        **elsewhere, photo=("我.jpg", draw(1)), qualification_scans=("大.pdf", pdf_of(2_097_152))
    )

    assert answer.status_code == 200
    assert "核对填报信息" in me.text


def test_one_photo_after_another_may_be_tried(me: Desk, office: Office) -> None:
    """R26: what was tried and not saved makes room for what is tried next; what was saved stays.

    The limit told to remove files first, and no button did so: the form was closed for ever.
    """
    first, last = ("一.jpg", draw(1)), ("末.jpg", draw(2))
    me.starts().saves(photo=first)
    assert "核对填报信息" in me.text
    with office.sessions() as session:
        [saved] = attachments.of(session, me.application)

    for number in range(21):
        tried = me.saves(action="draft", photo=(f"{number}.jpg", draw(3)))
        assert tried.status_code == 200, number
    me.saves(photo=last)

    assert "核对填报信息" in me.text
    with office.sessions() as session:
        kept = attachments.of(session, me.application)
    assert (kept[0].id, kept[-1].filename, len(kept)) == (saved.id, "末.jpg", 20)
    for upload in (kept[0], kept[-1]):
        assert me.client.get(f"/files/attachments/{upload.id}").status_code == 200


@pytest.mark.parametrize("name", ["a" * 300 + ".jpg", "../\u202e\t报告.jpg"])
def test_a_refused_file_is_told_by_a_name_that_can_be_read(me: Desk, name: str) -> None:
    """I3: no folders, nothing invisible, not endless."""
    me.starts().saves(photo=(name, b"no picture"))

    told = fault_of(me, "photo")
    assert told.startswith((f"{'a' * 116}.jpg：", "报告.jpg：")), told


@pytest.mark.proves("R22")
@pytest.mark.proves("R21")
def test_six_facts_are_shown_and_not_typed(me: Desk) -> None:
    """R22: the facts of the real-name system are shown, masked where needed, no inputs."""
    me.starts().open(f"{me.base}/form")

    assert "初始注册申请表" in me.text
    for words in ("陶示例", "1992年8月", "居民身份证", "310*************13", "199****0001"):
        assert words in me.text
    for name in ("name", "sex", "birth", "id_type", "id_no", "mobile", "enterprise_uscc"):
        assert not me.soup().select(f'input[name="{name}"]')


@pytest.mark.proves("R27")
def test_a_shanghai_qualification_is_read_only(me: Desk) -> None:
    """R31: what the database holds is shown and cannot be typed."""
    me.starts().open(f"{me.base}/form")

    assert "DEMO-31-0001" in me.text
    assert not me.soup().select("input[name=qualification_no]")


@pytest.mark.proves("R35")
def test_every_fault_at_once_beside_its_field_and_in_the_summary(me: Desk) -> None:
    """R34–R36: 422, all faults named in the order of the page, no way to sign."""
    me.starts()

    answer = me.post(f"{me.base}/form", {"action": "save", "revision": "0"})

    assert answer.status_code == 422
    links = [a["href"] for a in me.soup().select(".govuk-error-summary a")]
    assert links == ["#enterprise_name", "#enterprise_phone", "#photo", "#applicant_opinion"]
    assert me.page.text.count("govuk-error-message") == len(links)
    assert "个人数字签名" not in [a.get_text(strip=True) for a in me.soup().select("a")]


def test_a_number_of_another_person_is_refused_and_kept(me: Desk, office: Office) -> None:
    """R32, R35: the fault stands at 资格证书编号 with cause and remedy, what was typed stays."""
    with office.sessions() as session:
        other = persons.by_identity(session, IdType.RESIDENT_ID, world.CITIZENS[1].id_no)
    assert other is not None
    papers.paper(office, other.id, 资格证书编号="JS-2026-0001")
    me.starts()

    answer = me.saves(
        **FROM_ELSEWHERE, photo=("我.jpg", draw(1)), qualification_scans=("证书.pdf", pdf())
    )

    assert answer.status_code == 422
    fault = fault_of(me, "qualification_no")
    assert "已登记在他人名下" in fault
    assert "请与证书核对编号" in fault
    assert other.name not in me.text
    assert value_of(me, "qualification_no") == "JS-2026-0001"


def test_typed_input_survives_a_fault(me: Desk) -> None:
    """R35: nothing typed or uploaded is lost by a refusal."""
    me.starts().saves(enterprise_phone="12", photo=("我.jpg", draw(1)), applicant_opinion=None)

    assert value_of(me, "enterprise_name") == COMPANY.name
    assert value_of(me, "enterprise_phone") == "12"
    assert "我.jpg" in me.text
    me.open(f"{me.base}/form")
    assert value_of(me, "enterprise_phone") == "12"
    assert "我.jpg" in me.text


@pytest.mark.proves("R23")
@pytest.mark.proves("R24")
def test_verifying_finds_the_code(me: Desk) -> None:
    """R23, R24: 【验证企业名称】 gets the credit code, without and with a script."""
    me.starts().saves(action="verify")
    assert COMPANY.uscc in me.text

    me.send(f"{me.base}/form/enterprise", {"enterprise_name": COMPANY.name})

    assert COMPANY.uscc in me.text
    assert me.soup().select_one("#enterprise [name=enterprise_name]")
    assert not me.soup().select("header")


def test_verifying_an_unknown_enterprise_says_so(me: Desk) -> None:
    """R24, I2: a name that nobody has keeps the name and tells what to do."""
    answer = me.starts().saves(action="verify", enterprise_name="查无此企业有限公司")

    assert answer.status_code == 422
    assert "查无此企业有限公司" in fault_of(me, "enterprise_name")
    assert value_of(me, "enterprise_name") == "查无此企业有限公司"


@pytest.mark.parametrize("action", ["verify", "save"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{COMPANY.name}\ue863", "U+E863"),
        ("长" * 50_000, "请"),
    ],
)
def test_what_no_enterprise_is_called(me: Desk, action: str, name: str, said: str) -> None:
    """R24, R35: hidden characters are named, not repeated; a name without end is told as such."""
    answer = me.starts().saves(action=action, enterprise_name=name)

    assert answer.status_code == 422
    told = fault_of(me, "enterprise_name")
    assert said in told
    assert "未查询到" not in told
    assert name[-9:] not in told
    assert len(told) < 200
    assert value_of(me, "enterprise_name") == name


@pytest.mark.parametrize("mark", ["\u202e", "\ufe00", "\u200b", "\u3164", "\r\n", "\u3000"])
def test_marks_that_show_nothing_change_no_name(me: Desk, mark: str) -> None:
    """§input: what a page or a PDF gives along is no part of the name."""
    answer = me.starts().saves(action="verify", enterprise_name=f"{COMPANY.name}{mark}")

    assert answer.status_code == 200
    assert value_of(me, "enterprise_name") == COMPANY.name


def test_verifying_nothing(me: Desk) -> None:
    """R23: an empty name asks for one."""
    me.starts().saves(action="verify", enterprise_name="")

    assert "请填写注册企业全称" in fault_of(me, "enterprise_name")


@pytest.mark.proves("R27")
def test_another_province_opens_its_fields(me: Desk) -> None:
    """R32, R33: choosing 外省市 asks for the typed facts and the scans, also without a script."""
    me.starts().saves(action="refresh", qualification_region="OTHER")

    soup = me.soup()
    for name in ("qualification_no", "qualification_issued_on", "qualification_issuer"):
        assert soup.select_one(f'input[name="{name}"]')
    assert soup.select_one("select[name=qualification_province]")
    assert soup.select_one("input[type=file][name=qualification_scans]")


def test_the_script_is_answered_with_one_group(me: Desk) -> None:
    """R32: the page asks again for a group; nothing comes while it stays as it is."""
    me.starts().open(f"{me.base}/form")
    box = me.soup().select_one("[id^=group-]")
    assert box is not None
    number = str(box["id"]).split("-")[1]
    address = f"{me.base}/form/groups/{number}"
    same = {f"group-{number}": value_of(me, f"group-{number}")}

    assert me.send(address, {**same, "qualification_region": "SHANGHAI"}).status_code == 204
    assert me.send(address, {**same, "qualification_region": "OTHER"}).status_code == 200
    assert me.soup().select_one("input[name=qualification_no]")
    assert me.send(f"{me.base}/form/groups/99", {}).status_code == 404


@pytest.mark.proves("R28")
def test_an_overdue_application_asks_for_hours_and_proof(me: Desk) -> None:
    """R28, R29: three years after the certificate hours and their proof are asked for."""
    late = FROM_ELSEWHERE | {"qualification_issued_on": "2019-03-01"}
    me.starts().saves(**late, qualification_scans=("证书.pdf", pdf()), photo=("我.jpg", draw(1)))

    assert "继续教育必修课学时" in fault_of(me, "ce_compulsory_hours")
    assert fault_of(me, "ce_proof")

    answer = me.saves(
        **late,
        ce_compulsory_hours="60",
        ce_elective_hours="60.5",
        ce_proof=("证明.pdf", pdf()),
        **{"photo.id": value_of(me, "photo.id")},
        **{"qualification_scans.id": value_of(me, "qualification_scans.id")},
    )

    assert answer.status_code == 200
    assert "核对填报信息" in me.text
    assert "60.5" in me.text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("photo", b"GIF89a", "照片"),
        ("photo", b"", "照片"),
        ("qualification_scans", b"%PDF-1.7 not really", "PDF"),
        ("qualification_scans", b"<html>", "PDF"),
    ],
)
def test_a_file_that_is_not_what_it_says(me: Desk, name: str, content: bytes, told: str) -> None:
    """I3, R33: uploads are checked by content; the refusal names the file, by its field."""
    answer = me.starts().saves(**FROM_ELSEWHERE, **{name: ("假.pdf", content)})

    assert answer.status_code == 422
    assert fault_of(me, name).startswith("假.pdf：")
    assert told in fault_of(me, name)
    assert value_of(me, "qualification_no") == "JS-2026-0001"


def test_an_encrypted_pdf(me: Desk) -> None:
    """I3: a scan nobody can open is refused when it is chosen."""
    import io

    document, held = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.save(held, encryption=pikepdf.Encryption(owner="o", user="u"))

    me.starts().saves(**FROM_ELSEWHERE, qualification_scans=("锁.pdf", held.getvalue()))

    assert "锁.pdf：" in fault_of(me, "qualification_scans")


def test_two_mebibytes_are_the_limit(me: Desk) -> None:
    """R29, R33, I3: 2 097 152 bytes inclusive."""
    full, over = pdf_of(2 * 2**20), pdf_of(2 * 2**20 + 1)
    assert len(over) == len(full) + 1 == 2_097_153
    me.starts().saves(**FROM_ELSEWHERE, action="draft", qualification_scans=("满.pdf", full))
    assert fault_of(me, "qualification_scans") == ""
    me.open(f"{me.base}/form")
    assert "满.pdf" in me.text

    me.saves(**FROM_ELSEWHERE, qualification_scans=("超.pdf", over))

    assert "超.pdf：" in fault_of(me, "qualification_scans")


def test_an_upload_can_be_removed(me: Desk) -> None:
    """R33: 【删除】 takes a scan away, without a script too."""
    me.starts().saves(**FROM_ELSEWHERE, action="draft", qualification_scans=("错.pdf", pdf()))
    me.open(f"{me.base}/form")
    kept = value_of(me, "qualification_scans.id")

    me.saves(**FROM_ELSEWHERE, action="", remove=kept, **{"qualification_scans.id": kept})

    assert "错.pdf" not in me.text


def test_a_draft_is_kept_without_complaint(me: Desk) -> None:
    """Save and resume: 暂存 keeps what is there, also when it is not complete."""
    me.starts().saves(action="draft", enterprise_phone="021", applicant_opinion=None)
    assert "已暂存" in me.text

    me.open(f"{me.base}/form")

    assert value_of(me, "enterprise_phone") == "021"


@pytest.mark.parametrize("field", ["name", "id_no", "mobile"])
def test_a_forged_fact_is_refused(me: Desk, field: str) -> None:
    """R22: posting another name, number or telephone is refused, nothing is saved."""
    answer = me.starts().saves(photo=("我.jpg", draw(1)), **{field: "19900000099"})

    assert answer.status_code == 422
    assert "不能自行修改" in me.text


@pytest.mark.parametrize(
    ("field", "forged"),
    [
        ("enterprise_uscc", "91310100MADE99999X"),
        ("qualification_no", "DEMO-31-9999"),
        ("qualification_issued_on", "2026-05-01"),
    ],
)
def test_what_a_register_says_is_not_taken_from_the_page(me: Desk, field: str, forged: str) -> None:
    """R24, R31: another code, number or date is refused, shown as it is, and nothing is saved."""
    me.starts()

    answer = me.saves(photo=("我.jpg", draw(1)), **{field: forged})

    assert answer.status_code == 422
    assert "不能自行修改" in fault_of(me, field)
    assert fault_of(me, field).endswith("E_FIELD_READ_ONLY")
    assert forged not in me.text
    assert value_of(me, "enterprise_phone") == "021-00000001"
    me.open(f"{me.base}/check")
    assert not me.soup().select(f'a[href="{me.base}/sign"]')


def test_two_windows(me: Desk) -> None:
    """A window that is older than the last save is told so; what it typed is kept.

    Whoever has looked at what the other window saved may save over it.
    """
    me.fills()
    photo = _photo(me)

    answer = me.saves(revision="0", enterprise_phone="021-00000002", **photo)

    assert answer.status_code == 422
    assert "其他窗口" in me.text
    assert "E_STALE_REVISION" in me.text
    assert value_of(me, "enterprise_phone") == "021-00000002"
    assert me.soup().select_one(f'a[href="{me.base}/check"][target="_blank"]')

    again = value_of(me, "revision")
    assert me.saves(revision=again, enterprise_phone="021-00000002", **photo).status_code == 200
    assert "021-00000002" in me.text


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"enterprise_name": ""}, "enterprise_name", "E_REQUIRED"),
        ({"enterprise_name": "查无此企业有限公司"}, "enterprise_name", "E_ENTERPRISE_NOT_FOUND"),
        ({"enterprise_phone": "12"}, "enterprise_phone", "E_PHONE_FORMAT"),
        ({"applicant_opinion": None}, "applicant_opinion", "E_OPINION_REQUIRED"),
        ({"qualification_region": "MARS"}, "qualification_region", "E_NOT_LISTED"),
        (FROM_ELSEWHERE | {"qualification_no": "1"}, "qualification_no", "E_TOO_SHORT"),
        (FROM_ELSEWHERE | {"qualification_no": "1" * 41}, "qualification_no", "E_TOO_LONG"),
        (
            FROM_ELSEWHERE | {"qualification_issued_on": "2026-02-30"},
            "qualification_issued_on",
            "E_FORMAT",
        ),
        (
            FROM_ELSEWHERE | {"qualification_issued_on": "2030-01-01"},
            "qualification_issued_on",
            "E_QUALIFICATION",
        ),
        (
            FROM_ELSEWHERE | {"qualification_issuer": "\U0003ffff" * 2},
            "qualification_issuer",
            "E_UNPRINTABLE",
        ),
        ({"photo": ("假.jpg", b"GIF89a")}, "photo", "E_PHOTO_TYPE"),
        ({"photo": None, "photo.id": "0" * 32}, "photo", "E_UPLOAD_GONE"),
    ],
)
def test_each_fault_has_its_code(me: Desk, changes: dict[str, Any], field: str, code: str) -> None:
    """R35: beside cause and remedy stands the code that the person can tell on the telephone."""
    answer = me.starts().saves(**{"photo": ("我.jpg", draw(1))} | changes)

    assert answer.status_code == 422
    assert fault_of(me, field).endswith(code), fault_of(me, field)


@pytest.mark.parametrize("revision", ["x" * 50, "9" * 5000])
def test_a_revision_that_is_no_number(me: Desk, revision: str) -> None:
    """A damaged form does not save over anything."""
    answer = me.starts().saves(revision=revision, photo=("我.jpg", draw(1)))

    assert answer.status_code == 422


@pytest.mark.proves("R36")
@pytest.mark.proves("R37")
def test_check_answers_leads_to_the_signature_only_when_all_is_well(me: Desk) -> None:
    """R36, R37: 【个人数字签名】 appears after the check has passed, not before."""
    me.starts().open(f"{me.base}/check")
    assert not me.soup().select(f'a[href="{me.base}/sign"]')

    me.saves(photo=("我.jpg", draw(1)))

    assert me.soup().select(f'a[href="{me.base}/sign"]')
    assert "个人数字签名" in me.buttons()
    assert me.soup().select('a[href$="/form#enterprise_phone"]')
    assert not me.soup().select('a[href$="/form#name"]')


def test_changing_after_the_signature_voids_it(me: Desk) -> None:
    """R42–R44, I7: the form warns; a changed save voids the file, which stays and says so."""
    me.fills().signs()
    me.open(f"{me.base}/form")
    assert "自动作废" in me.text

    me.saves(enterprise_phone="021-00000009", **_photo(me))

    assert "请重新进行个人数字签名" in me.text
    me.open(me.base)
    assert "已作废" in me.text
    assert "待个人签名" in me.text
    void = me.soup().select_one('.documents a[href]:not([href$=".pdf"])')
    assert void is not None
    me.open(str(void["href"]))
    for words in ("作废（申请内容已修改）", "仅供查阅", "签署记录", "陶示例"):
        assert words in me.text
    assert me.client.get(f"{void['href']}.pdf").data.startswith(b"%PDF-")


def test_after_acceptance_the_form_is_closed(me: Desk, desk: Sits) -> None:
    """R42: from acceptance on the form leads back, and posting to it changes nothing."""
    me.fills().signs()
    desk("enterprise").seals(me.application)

    me.open(f"{me.base}/form", follow=True)
    assert "申请表不能再修改" in me.text
    fields = {"action": "save", "revision": "1", "enterprise_phone": "021-00000009"}
    assert me.post(f"{me.base}/form", fields).status_code == 422

    me.open(me.base)
    assert "等待市住建委" in me.text
    assert "已作废" not in me.text


@pytest.mark.proves("R43")
def test_saving_the_same_again_voids_nothing(me: Desk) -> None:
    """I8, R43: the form warns before; a save without a change leaves the signature alone."""
    me.fills().signs()
    me.open(f"{me.base}/form")
    [warning] = me.soup().select("main .govuk-warning-text")
    assert "修改并保存后" in warning.get_text()
    assert "必须重新进行个人数字签名" in warning.get_text()

    me.saves(**_photo(me))

    assert "已签署的文件仍然有效" in me.text
    me.open(me.base)
    assert "待企业确认" in me.text


def _photo(me: Desk) -> dict[str, str]:
    me.open(f"{me.base}/form")
    return {"photo.id": value_of(me, "photo.id")}


def test_somebody_elses_upload_cannot_be_used(me: Desk, desk: Sits) -> None:
    """I3: an upload belongs to the application it was made for."""
    me.starts().saves(action="draft", photo=("我.jpg", draw(1)))
    me.open(f"{me.base}/form")
    mine = value_of(me, "photo.id")
    other = desk("person-06").starts()

    answer = other.saves(**{"photo.id": mine})

    assert answer.status_code == 422
    assert fault_of(other, "photo")
