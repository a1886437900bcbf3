"""A document is set with sample values and looked at: what lies otherwise than it should is told.

A slip is one replacement in a shipped template. Once, not once for each document that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pdfgen.trial import rehearsal

FACE, END, LETTER, FORM = (
    "certificate.typ",
    "cancellation-certificate.typ",
    "letter.typ",
    "form.typ",
)
APPLICATION, LIST = "application.typ", "rename-list.typ"
FOOT = "第 #counter(page).display() 页　共 #counter(page).final().first() 页"
BACKWARDS = "第 #counter(page).final().first() 页　共 #counter(page).display() 页"
#: file, text before and after, file that is told, part of what is told
SLIPS = [
    # off the paper, cut, one over the other, in too narrow a column
    (FACE, "#place(bottom + left, grid", "#place(bottom + left, dy: 60mm, grid", FACE, "纸外"),
    (FACE, "#v(5mm)\n", "#v(-40mm)\n", FACE, "叠印在一起"),
    (FACE, "#v(5mm)\n", "#v(120mm)\n", FACE, "排成了 2 页"),
    (FACE, "inset: (x: 0mm, y: 2.75mm)", "inset: (x: 0mm, y: -2mm)", FACE, "叠印在一起"),
    (FACE, "(27mm, 1fr, 27mm, 1fr)", "(27mm, 1fr, 27mm, 1mm)", FACE, ""),
    (FACE, "(27mm, 1fr, 27mm, 1fr)", "(27mm, 1fr, 27mm)", FACE, "没有排在一行"),
    (FACE, "block(width: 85mm", "block(height: 3mm, clip: true, width: 85mm", FACE, "被裁去"),
    (FACE, "block(width: 80mm)", "block(width: 8mm)", FACE, ""),
    (
        FACE,
        "value(body) = text(size: 13pt, body)",
        "value(body) = hide(body)",
        FACE,
        "没有印出性别",
    ),
    (FACE, "#agency-seal", "#agency-seal\n#pagebreak()\n", FACE, "排成了 2 页"),
    (LETTER, "bottom: 36mm", "bottom: 6mm", LETTER, "离纸边不到 5 毫米"),
    (LETTER, "footer-descent: 6mm", "footer-descent: 60mm", LETTER, "纸外"),
    (LETTER, "right: 26mm", "right: 2mm", LETTER, "离纸边不到 5 毫米"),
    (LETTER, "set text(size: 15pt)", "set text(size: 5.5pt)", LETTER, "只有 5.5 磅"),
    (LETTER, "leading: 12.5pt, spacing", "leading: -12.5pt, spacing", LETTER, "叠印在一起"),
    (FORM, "(25mm, 1fr, 25mm, 1fr), i", "(25mm, 1fr, 25mm, 5mm), i", FORM, "太窄"),
    (FORM, "(14mm, 46mm, 1fr, 18mm)", "(14mm, 146mm, 1fr, 18mm)", FORM, "太窄"),
    # codes, pictures and seals
    ("ornament.typ", "width: 21mm", "width: 4mm", "ornament.typ", "不能识读"),
    ("ornament.typ", "width: 29mm", "width: 9mm", "ornament.typ", "不能识读"),
    ("ornament.typ", "dx: 2mm, dy: 3mm", "dx: 200mm, dy: 3mm", "ornament.typ", ""),
    ("ornament.typ", "持证人签名]", "发证机关签名]", FACE, "持证人签名"),
    (FORM, "label, 52mm, 18mm)", "label, 5mm, 2mm)", FORM, "5×2 毫米"),
    (LETTER, "42mm, 92mm", "4mm, 92mm", LETTER, "4×4 毫米"),
    (LETTER, '"行政机关电子印章"', '"聘用企业电子印章"', LETTER, "应写明机关"),
    (APPLICATION, '"申请人签名", [', '"聘用企业签名", [', APPLICATION, "应写明申请人"),
    (
        APPLICATION,
        '电子印章", data.enterprise.name',
        '电子印章", data.person.name',
        APPLICATION,
        "盖章者的名称",
    ),
    (LIST, "last: true)[#data.new_name", "last: true)[#data.old_name", LIST, "盖章者的名称"),
    # headings, numbers of pages
    (LETTER, "  heading(title)\n", "", LETTER, "没有标题"),
    (LETTER, "heading(title)", "heading(data.matter)", LETTER, "没有标题"),
    (LETTER, "#data.number　#page-of", "#data.number", LETTER, "没有页码"),
    (FORM, "footer: align(center, page-of),", "", FORM, "没有页码"),
    (LIST, "footer: align(center, page-of),", "", LIST, "没有页码"),
    ("gov.typ", FOOT, BACKWARDS, "gov.typ", "没有页码"),
    (
        "gov.typ",
        "counter(page).final().first()",
        "counter(page).display()",
        "gov.typ",
        "共 1 页，共有 2 页",
    ),
    # values in the place of others
    (FORM, "[#file.kind], [#file.filename]", "[#file.filename], [#file.kind]", FORM, "表头“材料”"),
    (FORM, "th[材料], th[文件]", "th[文件], th[材料]", FORM, "表头“文件”"),
    (FORM, "第 #data.revision 稿", "第 #data.application_no 稿", FORM, "稿"),
    (LIST, "[#row.name], [#row.effect]", "[#row.effect], [#row.name]", LIST, "表头“姓名”"),
    (LIST, "[#data.registry_version]", "[#data.uscc]", LIST, "系统版本"),
    (
        "acceptance-notice.typ",
        "你于#day(data.received_on)",
        "你于#day(data.accepted_on)",
        "acceptance-notice.typ",
        "“于{}通过”",
    ),
    (
        "non-acceptance.typ",
        "你于#day(data.received_on)",
        "你于#day(data.date)",
        "non-acceptance.typ",
        "“于{}提交”",
    ),
    (
        "extension-notice.typ",
        "于#day(data.accepted_on)",
        "于#day(data.due_on)",
        "extension-notice.typ",
        "“于{}受理”",
    ),
    (
        "decision.typ",
        "起#data.periods.delivery",
        "起#data.periods.decision",
        "decision.typ",
        "颁发",
    ),
    (
        "correction-notice.typ",
        "#data.profession;#data.matter;",
        "#data.matter;#data.profession;",
        "correction-notice.typ",
        "“提交的”",
    ),
    (END, "在#data.enterprise_name;的注册", "在#data.authority;的注册", END, "聘用企业"),
    # written out
    ("ornament.typ", "#day(data.issued_on)", "2026年12月1日", "ornament.typ", "写死了日期"),
    (APPLICATION, "请致电 #data.hotline", "请致电客服", APPLICATION, "没有印出咨询电话"),
    (LETTER, "在 #data.verify_at;", "在 zhuce.example", LETTER, "查验的网址"),
    ("intended-decision.typ", "#data.ban_years;年内", "三年内", "intended-decision.typ", "年数"),
    # sentences that must stand
    ("intended-decision.typ", "你享有陈述权、申辩权。", "", "intended-decision.typ", "陈述权"),
    (
        "correction-notice.typ",
        "逾期未补正的，本次申请关闭，你可以重新申请。",
        "",
        "correction-notice.typ",
        "逾期",
    ),
    ("receipt.typ", "告知你是否受理、是否需要补正", "与你联系", "receipt.typ", "是否受理"),
    (APPLICATION, "个人信息仅用于办理", "仅用于办理", APPLICATION, "个人信息"),
    # frames, pictures and values that nobody can tell what they are
    (FACE, "frame(297mm, 210mm)", "frame(210mm, 297mm)", FACE, "背景中的边框"),
    (END, "frame(297mm, 210mm)", "frame(210mm, 297mm)", END, "背景中的边框"),
    ("ornament.typ", '"持证人照片"', '"持证人签名"', FACE, "两个图片的说明"),
    (FACE, "    across(-24deg, data.watermark, wine.transparentize(93%))\n", "", FACE, "watermark"),
    (LETTER, "咨询电话 #data.contact;", "#data.contact;", LETTER, "之前没有写“电话”"),
    # what letters and forms say of rights, days and results
    (
        "acceptance-notice.typ",
        "审批受理通知书",
        "审批通知书",
        "acceptance-notice.typ",
        "受理通知",
    ),
    ("acceptance-notice.typ", "前作出决定", "后作出决定", "acceptance-notice.typ", "后作出决定"),
    ("extension-notice.typ", "前作出决定", "起作出决定", "extension-notice.typ", "起作出决定"),
    ("extension-notice.typ", "你无须另行", "你须另行", "extension-notice.typ", "你须"),
    ("receipt.typ", '"收件凭证"', '"受理凭证"', "receipt.typ", "受理凭证"),
    (
        "non-acceptance.typ",
        "情况发生变化、符合申请条件的，你可以重新申请。",
        "",
        "non-acceptance.typ",
        "重新申请",
    ),
    (
        "correction-notice.typ",
        "本机关不再就上述内容以外的事项要求补正",
        "本机关还可能要求补正",
        "correction-notice.typ",
        "可能要求补正",
    ),
    (
        "correction-notice.typ",
        "补正完成之日为收到",
        "提交申请之日为收到",
        "correction-notice.typ",
        "提交申请之日",
    ),
    ("decision.typ", "届满未作出决定", "届满作出决定", "decision.typ", "未作出"),
    ("decision.typ", "申请符合法定条件、", "申请不符合法定条件、", "decision.typ", "不符合"),
    ("decision.typ", "申请不符合法定条件", "申请符合法定条件", "decision.typ", "申请符合"),
    ("intended-decision.typ", "你享有陈述权", "你没有陈述权", "intended-decision.typ", "没有陈述"),
    ("act-decision.typ", "自决定之日起", "自申请之日起", "act-decision.typ", "自申请之日"),
    (
        APPLICATION,
        "不予受理或者不予行政许可",
        "予以受理或者准予行政许可",
        APPLICATION,
        "予以受理或者",
    ),
    (
        "cancellation-application.typ",
        "聘用企业加盖电子印章后，注销",
        "申请人签名后，注销",
        "cancellation-application.typ",
        "签名后,注销注册即",
    ),
    (
        "cancellation-request.typ",
        "主管部门受理后告知注册",
        "主管部门决定后告知注册",
        "cancellation-request.typ",
        "决定后告知注册人员",
    ),
    ("act-decision.typ", "决定*#data.act*", "决定*#data.ground*", "act-decision.typ", "的规定"),
    (END, "[已注销]", "[已注册]", END, "已注册"),
    ("ornament.typ", "以查验结果为准", "以证书所载为准", "ornament.typ", "以证书所载为准"),
    ("ornament.typ", "没有网络也可核验", "须联网核验", "ornament.typ", "须联网"),
    (LIST, "仅为同一法人工商", "为不同法人之间工商", LIST, "同一法人"),
]

#: by file: text before and after; all of them together
HONEST = {
    "certificate.typ": [
        ("text(size: 19pt)", "text(size: 17pt)"),
        ("block(width: 80mm)", "block(width: 95mm)"),
    ],
    "letter.typ": [
        (
            "top: 25mm, bottom: 36mm, left: 28mm, right: 26mm",
            "top: 37mm, bottom: 35mm, left: 28mm, right: 26mm",
        ),
        ("set text(size: 15pt)", "set text(size: 12pt)"),
        ("leading: 12.5pt, spacing: 12.5pt", "leading: 9pt, spacing: 9pt"),
        ("width: 16mm", "width: 20mm"),
        ("42mm, 92mm", "40mm, 92mm"),
        ("#data.person_name;：", "#data.person_name;（同志）："),
        ("咨询电话 #data.contact;", "如有疑问请致电#data.contact;"),
        ("heading(title)", "heading(level: 1, title)"),
        ("size: 24pt, weight", "size: 22pt, weight"),
        ("文书以电子形式送达", "文书（2026年版）以电子形式送达"),
    ],
    "gov.typ": [
        (
            "第 #counter(page).display() 页　共 #counter(page).final().first() 页",
            "— #counter(page).display() —",
        ),
    ],
    "form.typ": [
        ("columns: (14mm, 46mm, 1fr, 18mm)", "columns: (16mm, 40mm, 1fr, 20mm)"),
        ("52mm, 18mm", "60mm, 20mm"),
        ("inset: (x: 2mm, y: 2.3mm)", "inset: (x: 2mm, y: 1.9mm)"),
        ("th[序号], th[材料], th[文件], th[页数]", "th[编号], th[材料名称], th[文件名], th[页数]"),
        ("size: 21pt", "size: 18pt"),
    ],
    "application.typ": [
        ("== 资格证书", "== 执业资格"),
        (
            '[申请人意见], "applicant", "申请人签名", [申请人（电子签名）]',
            '[本人承诺], "applicant", "申请人签名", [申请人签名：]',
        ),
        ("  + 本表由申请人", "  + 本表一式一份，由申请人"),
        ("个人信息仅用于", "所收集的个人信息，只用于"),
        ("key[签发机关]", "key[发证单位]"),
        ("== 聘用企业意见", "== 聘用单位意见"),
    ],
    "receipt.typ": [
        ("本机关已经收到", "已经收悉"),
        ("告知你是否受理、是否需要补正", "告知你受理与否、是否补正"),
    ],
    "correction-notice.typ": [
        ("逾期未补正的，本次申请关闭", "逾期不补正的，视为撤回，本次申请关闭"),
    ],
    "decision.typ": [
        ("请登录“一网通办”平台，在【电子注册证书管理】中领取。", "请在【电子注册证书管理】领证。"),
        ("本机关于#day(data.accepted_on)受理", "本机关已于#day(data.accepted_on)予以受理"),
        ("自注销之日起，注册和电子注册证书失效", "自注销之日起，注册证书一并失效"),
    ],
    "extension-notice.typ": [
        ("本机关于#day(data.accepted_on)受理了你的", "你于#day(data.accepted_on)获受理的"),
    ],
    "act-decision.typ": [
        ("不得继续以注册人员的名义执业", "不得再以注册人员名义执业"),
    ],
    "intended-decision.typ": [
        ("你享有陈述权、申辩权。", "你有权陈述、申辩。"),
    ],
    "acceptance-notice.typ": [
        ("凭申请编号查询", "使用申请编号查询"),
        ("查询办理进度。", "查询办理进度。本通知书格式自2027年1月1日起施行。"),
    ],
    "non-acceptance.typ": [
        ("情况发生变化、符合", "条件具备、符合"),
        ("你可以重新申请", "可以再次申请"),
    ],
    "rename-list.typ": [
        ("th[影响], th[数量]", "th[影响], th[人数]"),
        ("margin: 22mm", "margin: 20mm"),
        ("columns: (14mm, 34mm, 1fr)", "columns: (16mm, 30mm, 1fr)"),
    ],
    "cancellation-certificate.typ": [
        ("#v(5mm)", "#v(3mm)"),
    ],
    "cancellation-request.typ": [
        ("tight: true", "tight: false"),
    ],
    "ornament.typ": [
        ("width: 21mm", "width: 18mm"),
        ("dx: 2mm, dy: 3mm", "dx: 0mm, dy: 0mm"),
        ("没有网络也可核验", "不联网也可核验"),
        ('"持证人照片"', '"注册人员照片"'),
        ("持证人签名]", "持证人签名：]"),
    ],
}


@pytest.fixture(scope="module")
def told(files: dict[str, bytes], fonts: Path) -> dict[int, list[rehearsal.RehearsalFault]]:
    """Make each slip by itself; give what is told of it."""
    return dict(_told(files, fonts))


def _told(
    files: dict[str, bytes], fonts: Path
) -> Iterator[tuple[int, list[rehearsal.RehearsalFault]]]:
    for number, (name, old, new, *_) in enumerate(SLIPS):
        (path,) = [path for path in files if path.endswith(f"/{name}")]
        text = files[path].decode()
        assert old in text, (name, old)
        changed = {**files, path: text.replace(old, new, 1).encode()}
        yield number, rehearsal.check(changed, fonts=fonts)


@pytest.mark.proves("F:diagrams-3")
@pytest.mark.parametrize("number", range(len(SLIPS)), ids=lambda n: f"{SLIPS[n][0]}-{n}")
def test_a_slip_of_layout_is_told_once(
    told: dict[int, list[rehearsal.RehearsalFault]], number: int
) -> None:
    """Nobody prints the certificate that he checks; the check does."""
    *_, file, text = SLIPS[number]

    assert [fault.file for fault in told[number]] == [file], told[number]
    assert text in told[number][0].text


@pytest.mark.proves("F:diagrams-3")
def test_brackets_without_end_are_told(files: dict[str, bytes], fonts: Path) -> None:
    """A template that a program wrote, or a key that was held down, ends no check in a trace."""
    path = next(path for path in files if path.endswith("/receipt.typ"))

    told = rehearsal.check({**files, path: files[path] + b"#(" * 5_000}, fonts=fonts)

    assert any("嵌套过深" in fault.text for fault in told)


@pytest.mark.proves("F:diagrams-3")
def test_another_layout_may_be_as_good(files: dict[str, bytes], fonts: Path) -> None:
    """Other sizes, margins and words: an agency's own style is no slip."""
    changed = dict(files)
    for name, edits in HONEST.items():
        (path,) = [path for path in files if path.endswith(f"/{name}")]
        text = files[path].decode()
        for old, new in edits:
            assert old in text, (name, old)
            text = text.replace(old, new, 1)
        changed[path] = text.encode()

    assert rehearsal.check(changed, fonts=fonts) == []


@pytest.mark.parametrize(
    "numbered",
    ["— #counter(page).display() —", "#counter(page).display() / #counter(page).final().first()"],
)
def test_pages_are_numbered_in_more_than_one_way(
    files: dict[str, bytes], fonts: Path, numbered: str
) -> None:
    """GB/T 9704—2012, 7.5: — 1 —."""
    path = "common-parts/documents/gov.typ"
    text = files[path].decode()
    assert FOOT in text

    assert (
        rehearsal.check({**files, path: text.replace(FOOT, numbered).encode()}, fonts=fonts) == []
    )
