"""What each document says: the articles, days, reasons and remedies that the law wants in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

from pdfgen import Templates
from tests.pdfgen.samples import (
    AT,
    AUTHORITY,
    CONFIRMATION,
    ENTERPRISE,
    STATEMENT,
    application,
    certificate,
    notice,
    portrait,
    renewal,
)

Text = Callable[[bytes], str]


def say(templates: Templates, text_of: Text, name: str, data: dict[str, Any]) -> str:
    """Return the text of a document without blanks."""
    return text_of(templates.render(name, data, at=AT).pdf)


def test_the_application_shows_what_is_signed(templates: Templates, text_of: Text) -> None:
    """R22–R30, R38: the person sees every datum on the form before signing it."""
    text = say(templates, text_of, "application", application())

    for value in (
        "二级注册结构工程师初始注册申请表",
        "31S2C20261124000017",
        "第2稿",
        "张𬭎喆",
        "男",
        "1990年3月",
        "居民身份证",
        "310104199003180017",
        "13800000000",
        ENTERPRISE,
        "91310000MA1FL0001X",
        "021-62960000",
        "DEMO-2021-330-000123",
        "2021年5月20日",
        "浙江省住房和城乡建设厅",
        "逾期初始注册",
        "60学时",
        "62.5学时",
        "资格证书.pdf",
        "2026年继续教育学时证明.pdf",
        STATEMENT,
        CONFIRMATION,
        "自动作废",
        "021-962600",
        "演示",
    ):
        assert value in text, value


def test_the_statement_is_ticked_or_not(templates: Templates) -> None:
    """R30: the box before the statement holds a tick when the applicant made one."""
    drawn = []

    for opinion in (True, False):
        document = templates.render("application", application(opinion=opinion), at=AT)
        with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
            drawn.append(sum(len(page.Contents.read_bytes()) for page in pdf.pages))

    assert drawn[0] > drawn[1]


def test_a_timely_shanghai_application_is_short(templates: Templates, text_of: Text) -> None:
    """R28, R31: without delay no hours are asked; a Shanghai certificate is issued in 上海市."""
    qualification = application()["qualification"] | {"region": "SHANGHAI", "province": None}
    data = application(
        overdue=False, education={}, attachments=[], qualification=qualification, watermark=""
    )

    text = say(templates, text_of, "application", data)

    assert "签发地上海市" in text
    assert "继续教育" not in text
    assert "演示" not in text
    assert "无须另行提交" in text


def test_a_renewal_shows_what_it_renews(templates: Templates, text_of: Text) -> None:
    """R71, R74, R79: the present registration and the hours; its parts are counted through."""
    text = say(templates, text_of, "application", renewal())

    for value in (
        "二级注册结构工程师延续注册申请表",
        "二、现有注册",
        "S22631000012",
        "2026年12月17日",
        "五、继续教育",
        "60学时",
        "六、随表提交的材料",
        "未另行提交",
        "七、申请人意见",
        STATEMENT,
        "八、聘用企业意见",
        CONFIRMATION,
    ):
        assert value in text, value
    assert "逾期" not in text


def test_a_long_list_of_files_flows_over_pages(templates: Templates, text_of: Text) -> None:
    """R33: heads of tables repeat, signatures stay whole, nothing is lost."""
    files = [
        {"kind": "资格证书扫描件", "filename": f"第{n}份.pdf", "pages": n} for n in range(1, 65)
    ]
    document = templates.render("application", application(attachments=files), at=AT)

    text = text_of(document.pdf)

    assert all(f"第{n}份.pdf" in text for n in range(1, 65))
    assert "共4页" in text
    assert [place.page for place in document.fields.values()] == [2, 3]


def test_long_words_break_and_long_names_wrap(templates: Templates, text_of: Text) -> None:
    """R23: a name of a hundred characters and a file name without blanks stay on the sheet."""
    name, filename = "上海" * 50, "x" * 180 + ".pdf"
    data = application(attachments=[{"kind": "资格证书扫描件", "filename": filename, "pages": 1}])
    data["enterprise"] = data["enterprise"] | {"name": name}

    document = templates.render("application", data, at=AT)

    assert name in text_of(document.pdf)
    assert filename in text_of(document.pdf)
    for place in document.fields.values():
        left, bottom, right, top = place.box
        assert 0 < left < right < 596
        assert 0 < bottom < top < 842


LAW = "《中华人民共和国行政许可法》第"


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        (
            "receipt",
            {"items": []},
            (
                "收件凭证",
                "2026年11月20日",
                "三十二条第一款第（四）项",
                "自收到申请材料之日起即为受理",
            ),
        ),
        (
            "acceptance-notice",
            {},
            (
                "行政审批受理通知书",
                LAW + "三十二条第一款第（五）项",
                "受理日期2026年11月24日",
                "办理期限2026年12月22日前作出决定",
                "不收取费用",
            ),
        ),
        (
            "correction-notice",
            {},
            (
                "补正告知书",
                LAW + "三十二条第一款第（四）项",
                "一次性告知",
                "全部内容",
                "资格证书扫描件第2页印章不清晰",
                "请补充必修课学时证明",
                "自收到本告知书之日起十五个工作日内（至2026年12月15日）",
                "重新签名",
                "重新盖章",
            ),
        ),
        (
            "non-acceptance",
            {},
            ("不予受理决定书", LAW + "三十二条", "资格证书编号查无记录", "六十日内申请行政复议"),
        ),
        (
            "extension-notice",
            {"reasons": ["需要核实外省市资格证书。"]},
            (
                "延长办理期限告知书",
                LAW + "四十二条第一款",
                "负责人批准",
                "十个工作日",
                "需要核实外省市资格证书",
                "延长后期限2026年12月22日",
            ),
        ),
        (
            "decision",
            {"reasons": []},
            ("准予行政许可决定书", LAW + "三十八条第一款", "准予初始注册", "【电子注册证书管理】"),
        ),
        (
            "decision",
            {
                "reasons": [],
                "deemed": True,
                "decided_on": "2026-11-23",
                "valid_to": "2029-11-23",
            },
            (LAW + "五十条第二款", "视为准予延续", "2026年11月23日", "2029年11月23日"),
        ),
        (
            "decision",
            {"registration_no": "3120260001", "valid_to": "2029-11-23"},
            ("3120260001", "2029年11月23日"),
        ),
        (
            "decision",
            {"is_refused": True},
            (
                "不予行政许可决定书",
                LAW + "三十八条第二款",
                "选修课学时为40学时",
                "六十日内申请行政复议",
            ),
        ),
    ],
)
@pytest.mark.proves("I11")
@pytest.mark.proves("I12")
def test_letters_say_what_the_law_wants(
    templates: Templates, text_of: Text, name: str, changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    """R47, I11, I12: number, addressee, matter, basis, days, reasons, remedies, authority."""
    text = say(templates, text_of, name, notice(**changes))

    common = ("沪建注受〔2026〕第00001号", "张𬭎喆：", ENTERPRISE, "初始注册", AUTHORITY, "演示")
    for word in (*common, "31S2C20261124000017", "2026年11月24日", "021-962600", *words):
        assert word in text, word


def test_a_letter_says_what_the_system_decided_by_itself(
    templates: Templates, text_of: Text
) -> None:
    """Which table, which row and what it said; where nothing was, nothing is said of it."""
    sentence = "受理方式（规则第2版，适用第3条“本市资格自动受理”）：AUTO"

    assert sentence in say(templates, text_of, "acceptance-notice", notice(automatic=[sentence]))
    assert "自动判断" not in say(templates, text_of, "acceptance-notice", notice())


def test_a_grant_does_not_speak_of_remedies(templates: Templates, text_of: Text) -> None:
    """I12: reasons and remedies belong to a refusal."""
    text = say(templates, text_of, "decision", notice())

    assert "复议" not in text
    assert "查无记录" not in text


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 7, 12, 40])
def test_no_page_holds_a_seal_alone(templates: Templates, text_of: Text, count: int) -> None:
    """I12: however many reasons, words of the letter stand on the page of the seal."""
    data = notice(reasons=[f"第{n}项：资格证书与记载不一致，详见附注。" for n in range(count)])

    document = templates.render("decision", data | {"is_refused": True}, at=AT)

    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        assert document.fields["agency"].page == len(pdf.pages) - 1
        single = pikepdf.new()
        single.pages.append(pdf.pages[-1])
        out = io.BytesIO()
        del single.pages[0]["/Annots"]
        single.save(out)
    assert "行政复议" in text_of(out.getvalue())


def test_the_certificate_shows_its_facts(templates: Templates, text_of: Text) -> None:
    """R115, I14: face of the certificate, with the number and the code that verify it."""
    text = say(templates, text_of, "certificate", certificate(signature_picture=portrait()))

    for value in (
        "中华人民共和国",
        "二级注册结构工程师注册执业证书",
        "张𬭎喆",
        "1990年3月18日",
        "310104********0017",
        ENTERPRISE,
        "3120260001",
        "S2269900001",
        "DEMO-2021-330-000123",
        "2026年11月24日至2029年11月23日",
        AUTHORITY,
        "1.2.156.3005.2.11100000000013338W011.11310000000000000X.S2269900001.001.7",
        "演示",
    ):
        assert value in text, value


def test_the_certificate_is_one_sheet(templates: Templates) -> None:
    """R115: whatever its holder is called, it hangs on the wall as one sheet."""
    person = certificate()["person"] | {"name": "买买提·阿不都热合曼·" * 4}
    data = certificate(person=person, enterprise_name="上海建筑设计" * 16, title="注册证书")

    with pikepdf.open(io.BytesIO(templates.render("certificate", data, at=AT).pdf)) as pdf:
        assert len(pdf.pages) == 1
        assert [round(float(side) / 72 * 25.4) for side in pdf.pages[0].MediaBox] == [
            0,
            0,
            297,
            210,
        ]


def test_the_photo_is_kept_as_it_is(templates: Templates) -> None:
    """R26: the pixels that the person saw are in the document, not encoded a second time."""
    photo = portrait()

    for name, data in (("application", application()), ("certificate", certificate())):
        with pikepdf.open(io.BytesIO(templates.render(name, data, at=AT).pdf)) as pdf:
            streams = [part for part in pdf.objects if isinstance(part, pikepdf.Stream)]
            kept = [s.read_raw_bytes() for s in streams if s.get("/Filter") == "/DCTDecode"]
        assert len(kept) == 1
        assert kept[0] == photo
