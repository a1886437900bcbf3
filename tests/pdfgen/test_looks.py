"""What a document shows is read back, each value told from all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pdfgen.trial import rehearsal

FORM, END = "application.typ", "cancellation-certificate.typ"
#: file, what stood there, what stands there now, what is told
SLIPS = [
    ("certificate.typ", "至　#day(data.valid_to)", "至　#day(data.valid_from)", "有效期止"),
    ("certificate.typ", "#agency-seal", "", "行政机关盖章"),
    ("certificate.typ", "data.person.sex]", "data.person.id_no]", "没有印出性别"),
    ("certificate.typ", "[#data.registration_no]", "[#data.certificate_no]", "没有印出注册号"),
    ("certificate.typ", "#day(data.issued_on)", "#data.issued_on", "日期印成了“"),
    (END, "#day(data.valid_from)　至", "#day(data.cancelled_on)　至", "有效期起"),
    (END, "value[#data.certificate_no]", "value[#data.qualification_no]", "证书编号"),
    (END, "[#data.reason]", "[见档案]", "注销原因"),
    (
        "letter.typ",
        "[申请人], [#data.person_name]",
        "[申请人], [#data.enterprise_name]",
        "“申请人”",
    ),
    ("letter.typ", "data.automatic.len() > 0", "data.automatic.len() > 9", "自动判断的事项"),
    ("decision.typ", "[#day(data.valid_to)]", "[#day(data.decided_on)]", "“有效期至”之后"),
    (
        "decision.typ",
        "[受理日期], [#day(data.accepted_on)]",
        "[受理日期], [#day(data.date)]",
        "受理",
    ),
    ("receipt.typ", "未经聘用企业盖章", "已由聘用企业盖章", "data.signed_by 为 PERSON"),
    ("acceptance-notice.typ", "第（五）项", "第（四）项", "第(五)项"),
    ("intended-decision.typ", "#if data.is_revocation", "#if not data.is_revocation", "听证"),
    ("act-decision.typ", "#if has(data.ban_until)", "#if false", "不得再次申请的最后一日"),
    (FORM, "#data.education.elective", "#data.education.compulsory", "选修课"),
    (FORM, "附时间戳为准], data.opinion", "附时间戳为准], true", "是否勾选"),
    ("form.typ", "[#data.person.mobile]", "[]", "手机号码"),
    ("cancellation-application.typ", "= #data.title", "= 延续注册申请表", "延续注册申请表"),
    (FORM, 'region == "SHANGHAI"', 'region == "OTHER"', "上海市"),
    ("rename-list.typ", "mid[#row.count]", "mid[#row.effect]", "数量"),
    ("rename-list.typ", "[#data.old_name]", "[#data.new_name]", "原企业名称"),
]


@pytest.fixture(scope="module")
def told(files: dict[str, bytes], fonts: Path) -> dict[int, str]:
    """Make each slip by itself; give what is told of it."""
    return dict(_told(files, fonts))


def _told(files: dict[str, bytes], fonts: Path) -> Iterator[tuple[int, str]]:
    for number, (name, old, new, _) in enumerate(SLIPS):
        (path,) = [path for path in files if path.endswith(f"/{name}")]
        text = files[path].decode()
        assert old in text, (name, old)
        changed = {**files, path: text.replace(old, new).encode()}
        yield number, "；".join(fault.text for fault in rehearsal.check(changed, fonts=fonts))


@pytest.mark.proves("F:diagrams-3")
@pytest.mark.parametrize("number", range(len(SLIPS)), ids=lambda n: f"{SLIPS[n][0]}-{n}")
def test_a_document_that_shows_another_value_is_told(told: dict[int, str], number: int) -> None:
    """A number under the wrong label, a day left out, no place for the seal."""
    assert SLIPS[number][3] in told[number]
