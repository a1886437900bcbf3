"""The fictitious world that the twins answer from: nobody in it can exist.

Resident numbers begin with a province, never a county, and carry the sequence 99x; credit codes
have a right check character (GB 32100) around a deliberately wrong organization code (GB 11714);
telephone numbers are 1990000nnnn and 021-0000nnnn; names say 示例, 样本, 演示, 范例 or 虚构.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stdnum.iso7064 import mod_11_2

from adapters import demonstration
from adapters.demonstration import Demonstration, Employing


@dataclass(frozen=True, kw_only=True)
class Citizen:
    """A person as the real-name system and the portal know them."""

    subject: str  #: at the portal
    name: str
    sex: str  #: M or F
    birth: date
    id_type: str
    id_no: str
    mobile: str
    story: str  #: what this person shows, for the list of demonstration people
    card_read: bool = True  #: R1: the identity card was read once
    has_certificate: bool = True  #: R2, R3: certificate and signature image are set up
    signed_up: bool = True  #: R12: 新用户注册 is done
    corrected_name: str | None = None  #: by now at the real-name system too (R109)


@dataclass(frozen=True, kw_only=True)
class Company:
    """An enterprise as the enterprise register knows it."""

    uscc: str
    name: str  #: that certificates bear
    phone: str
    status: str = "ACTIVE"
    former_names: tuple[str, ...] = ()
    has_design_qualification: bool = True
    pin: str | None = None  #: of its certificate; None: it has none
    operator: str = ""  #: who works with the certificate
    mobile: str | None = None  #: of the operator
    renamed_to: str | None = None  #: name by now at the registers outside (R126)

    @property
    def present_name(self) -> str:
        """The name that the registers outside give."""
        return self.renamed_to or self.name


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A qualification certificate in the municipal database (R31)."""

    subject: str  #: of its holder
    number: str
    days_ago: int  #: issued so long before the demonstration data were made
    profession: str  #: title of what it entitles to
    issuer: str = "上海市人力资源和社会保障局（虚构）"


@dataclass(frozen=True, kw_only=True)
class PaperCertificate:
    """A paper certificate in the register before ours (R116)."""

    subject: str  #: of its holder
    registration_no: str
    certificate_no: str
    uscc: str
    enterprise_name: str
    days_left: int  #: of the registration, when the demonstration data were made
    profession: str  #: its title


@dataclass(frozen=True, kw_only=True)
class Official:
    """Somebody who works for the agency."""

    login: str
    name: str
    roles: tuple[str, ...]


def _citizen(
    number: int, name: str, sex: str, birth: str, id_no: str, story: str, **more: object
) -> Citizen:
    return Citizen(
        subject=f"person-{number:02d}",
        name=name,
        sex=sex,
        birth=date.fromisoformat(birth),
        id_type=str(more.pop("id_type", "RESIDENT_ID")),
        id_no=id_no,
        mobile=f"1990000{number:04d}",
        story=story,
        **more,  # type: ignore[arg-type]  # the three flags of a citizen
    )


CITIZENS = (
    _citizen(
        1,
        "陶示例",
        "M",
        "1992-08-25",
        "310000199208259913",
        "资格证书由上海市签发，一年内申请",
    ),
    _citizen(
        2,
        "温示例",
        "F",
        "1990-03-12",
        "310000199003129920",
        "资格证书由外省市签发，手工填写",
        corrected_name="温样本",
    ),
    _citizen(3, "柏示例", "M", "1985-11-02", "310000198511029913", "逾期申请，需要继续教育证明"),
    _citizen(
        4,
        "凌样本",
        "F",
        "1988-06-30",
        "310000198806309920",
        "尚未申领个人数字证书",
        has_certificate=False,
    ),
    _citizen(
        5, "简演示", "M", "1979-01-15", "320000197901159913", "尚未完成身份证读卡", card_read=False
    ),
    _citizen(6, "𠮷测试", "M", "1991-07-07", "310000199107079913", "姓名含生僻字"),
    _citizen(7, "阿依·范例", "F", "1993-09-09", "330000199309099924", "姓名含间隔号"),
    _citizen(
        8,
        "阮范例",
        "F",
        "1996-04-18",
        "310000199604189929",
        "首次登录，需要新用户注册",
        signed_up=False,
    ),
    _citizen(
        9,
        "卓样本",
        "M",
        "1987-05-20",
        "931099198705209910",
        "外国人永久居留身份证",
        id_type="FOREIGN_PR",
    ),
    _citizen(10, "贺示例", "F", "1984-02-29", "310000198402299922", "持有效纸质注册证书，可以换领"),
    _citizen(11, "骆样本", "M", "1975-10-08", "31000019751008991X", "持有效纸质注册证书，可以换领"),
    _citizen(12, "穆示例", "F", "1989-06-14", "310000198906149928", "资格证书由上海市签发"),
)

COMPANIES = (
    Company(
        uscc="91310100MADE000120",
        name="上海示例结构设计（虚构01）有限公司",
        phone="021-00000001",
        former_names=("上海示例结构设计事务所（虚构01）有限公司",),
        pin="135790",
        operator="宓经办",
        mobile="19900000101",
    ),
    Company(
        uscc="91310100MADE00020T",
        name="上海样本建筑工程咨询（虚构02）有限公司",
        phone="021-00000002",
        pin="246801",
        operator="裴经办",
        mobile="19900000102",
    ),
    Company(
        uscc="91310100MADE00039P",
        name="上海演示市政设计（虚构03）有限公司",
        phone="021-00000003",
        pin="112358",
        operator="伏经办",
        mobile="19900000103",
    ),
    Company(
        uscc="91310100MADE00047J",
        name="上海范例幕墙结构（虚构04）有限公司",
        phone="021-00000004",
        status="DEREGISTERED",
    ),
    Company(
        uscc="91310100MADE00055D",
        name="上海示例装饰（虚构05）有限公司",
        phone="021-00000005",
        has_design_qualification=False,
    ),
    Company(
        uscc="91310100MADE000638",
        name="上海演示建筑结构（虚构06）有限公司",
        phone="021-00000006",
        pin="314159",
        operator="计经办",
        mobile="19900000106",
        renamed_to="上海演示建筑结构设计集团（虚构06）有限公司",
    ),
)

OFFICIALS = (
    Official(login="shouli", name="卞受理", roles=("acceptor",)),
    Official(login="shencha", name="戚审查", roles=("reviewer",)),
    Official(login="jueding", name="倪决定", roles=("approver",)),
    Official(login="shenjue", name="滕审决", roles=("reviewer", "approver")),
    Official(login="yunwei2", name="邬运维", roles=("operator",)),
    Official(login="yunwei", name="路运维", roles=("operator",)),
    Official(login="fenxi", name="臧分析", roles=("analyst",)),
    Official(login="fenxi2", name="计分析", roles=("analyst", "publisher")),
)


_SURNAMES = "陶温柏凌简阮卓宓裴伏卞戚倪滕路邬臧计成戴"
_EPOCH = date(1970, 1, 1)
LARGEST_CROWD = 9999


#: Who has gone some way already, by what shows it: key of the story → what it is (web/demo).
_STORIES: tuple[tuple[str, str], ...] = (
    ("practising-1", "注册有效，延续注册尚未开放"),
    ("practising-2", "注册有效，有一份限期使用的证书副本"),
    ("practising-3", "注册有效，可以申请注销注册"),
    ("renewal-open", "注册60日后到期，可以申请延续注册"),
    ("renewal-late", "注册15日后到期，延续注册可能来不及决定"),
    ("expired", "注册已经到期，须按初始注册（逾期）办理"),
    ("paper-1", "持有纸质证书，可以换领电子证书"),
    ("paper-2", "持有纸质证书，正在换领"),
    ("reissued", "证书已更新，待重新领取"),
    ("cancelled", "已经注销注册，可以重新申请初始注册"),
    ("revoked", "注册已被吊销"),
    ("intended", "市住建委拟撤销注册，可以陈述申辩"),
    ("banned", "三年内不得再次申请"),
    ("renewal-signed", "延续注册已签名，待企业确认"),
    ("renewal-review", "延续注册审查中"),
    ("cancellation-signed", "注销注册已签名，待企业确认"),
    ("cancellation-returned", "注销注册被企业退回"),
    ("rename-1", "聘用企业已更名，证书待更新"),
    ("rename-2", "聘用企业已更名，证书待更新"),
    ("rename-3", "聘用企业已更名，注销申请已签名"),
    ("draft", "初始注册填写中"),
    ("ready", "初始注册待个人签名"),
    ("signed", "初始注册待企业确认"),
    ("returned", "初始注册被企业退回"),
    ("waiting", "外省市资格，待受理"),
    ("correcting", "外省市资格，待补正"),
    ("not-accepted", "不予受理"),
    ("review", "初始注册审查中"),
    ("deciding", "初始注册待决定"),
    ("rejected", "不予许可"),
    ("withdrawn", "已撤回申请"),
    ("unclaimed", "审批通过，待领证"),
    ("completed", "已领证并办结"),
    ("misnamed", "姓名已在公安机关更正，可以申请更正"),
    ("renaming", "姓名更正待另一名工作人员确认"),
    ("left", "已离职而企业不确认，可以提请处理"),
    ("contested", "企业拒绝确认注销，待企业提出意见"),
    ("contested-review", "企业对注销有异议，审查中"),
    ("gone", "离职后未办理注销，企业可以提出"),
    ("unreachable", "企业申请注销，待本人提出意见"),
    ("rescinded", "注册已被撤销，三年内不得再次申请"),
    ("closed", "申请期间被限制申请，已关闭"),
    ("rename-4", "聘用企业正在办理更名"),
    *((f"other-{number}", "") for number in (1, 2, 3)),  # whom a further profession may name
    ("annulled", "不予许可被复议决定撤销，重新审查中"),
    *((f"other-{number}", "") for number in range(4, 10)),
)
#: By now at the real-name system: whose name was wrong.
_CORRECTED = {"misnamed": "虚构", "renaming": "虚构"}


def _engineer(number: int, key: str, story: str) -> Citizen:
    born = date(1969 + (number - 1) % 36, 1 + number % 12, 1 + number % 28)
    is_man = number % 2 == 1
    digits = f"310000{born:%Y%m%d}{995 if is_man else 996}"
    surname = _SURNAMES[number % len(_SURNAMES)]
    return Citizen(
        subject=f"engineer-{key}",
        name=f"{surname}{_GIVEN[number // len(_SURNAMES) + 1]}",
        sex="M" if is_man else "F",
        birth=born,
        id_type="RESIDENT_ID",
        id_no=digits + str(mod_11_2.calc_check_digit(digits)),
        mobile=f"1990002{number:04d}",
        story=story,
        corrected_name=surname + _CORRECTED[key] if key in _CORRECTED else None,
    )


_GIVEN = ("示例", "样本", "演示", "范例")
ENGINEERS: tuple[Citizen, ...] = tuple(
    _engineer(number, key, story) for number, (key, story) in enumerate(_STORIES, 1)
)


def member(number: int) -> Citizen:
    """Give one of the crowd, 1 to 9999: more people of the same kind, all made by rule.

    >>> member(1).id_no, member(1).mobile
    ('310000197001029978', '19900010001')
    """
    born, is_man = _EPOCH + timedelta(days=number), number % 2 == 1
    digits = f"310000{born:%Y%m%d}{997 if is_man else 998}"
    return Citizen(
        subject=f"crowd-{number:04d}",
        name=f"{_SURNAMES[number % len(_SURNAMES)]}示例",
        sex="M" if is_man else "F",
        birth=born,
        id_type="RESIDENT_ID",
        id_no=digits + str(mod_11_2.calc_check_digit(digits)),
        mobile=f"1990001{number:04d}",
        story="人群中的一位",
    )


def credentials(subject: str) -> list[Credential]:
    """Give what the municipal database holds of this citizen; everybody in the crowd has one."""
    held = [credential for credential in named_credentials() if credential.subject == subject]
    return held or list(_of_everybody(subject))


@functools.cache
def named_credentials() -> tuple[Credential, ...]:
    """Give the qualifications that the professions name one by one."""
    return tuple(
        Credential(
            subject=holder.person,
            number=holder.number,
            days_ago=holder.days_ago,
            profession=known.title,
        )
        for known in demonstration.of_all()
        for holder in known.holders
    )


def _of_everybody(subject: str) -> Iterator[Credential]:
    """Yield what the crowd and the engineers have whom no profession names."""
    serials = {citizen.subject: f"{at:03d}" for at, citizen in enumerate(ENGINEERS, 1)}
    member_no = subject.removeprefix("crowd-")
    for known in demonstration.of_all():
        if member_no != subject and "crowd" in known.everybody:
            number, days_ago = known.everybody["crowd"].format(serial=member_no), 150
        elif subject in serials and "engineers" in known.everybody:
            number, days_ago = known.everybody["engineers"].format(serial=serials[subject]), 200
        else:
            continue
        yield Credential(subject=subject, number=number, days_ago=days_ago, profession=known.title)


@functools.cache
def papers() -> tuple[PaperCertificate, ...]:
    """Give the paper certificates in the register before ours."""
    return tuple(
        PaperCertificate(
            subject=paper.person,
            registration_no=paper.registration_no,
            certificate_no=paper.certificate_no,
            uscc=COMPANIES[0].uscc,
            enterprise_name=COMPANIES[0].name,
            days_left=paper.days_left,
            profession=known.title,
        )
        for known in demonstration.of_all()
        for paper in known.papers
    )


def profession_of(subject: str) -> Demonstration:
    """Give the profession of an engineer: the one that names him, else the first."""
    professions = demonstration.of_all()
    for known in professions:
        if any(holder.person == subject for holder in known.holders):
            return known
    return professions[0]


def plays(subject: str) -> str:
    """Give what happened to an engineer before, in the words of another's story; empty: his own."""
    held = (holder for known in demonstration.of_all() for holder in known.holders)
    return next((holder.plays for holder in held if holder.person == subject), "")


def employer(subject: str, turn: int, known: Demonstration | None = None) -> Company:
    """Give who employs somebody in a profession: the company whose turn it is, if it may employ."""
    kind = (known or profession_of(subject)).kind
    order = (*COMPANIES[turn:], *COMPANIES[:turn])
    able = (
        company
        for company in order
        if company.pin and any(held == kind for held, _ in employing(company))
    )
    return next(able, order[0])


@functools.cache
def engineers() -> tuple[Citizen, ...]:
    """Give the engineers who have a story: their own, or that of the profession that names them."""
    told = {
        holder.person: f"{known.title}，{holder.story}"
        for known in demonstration.of_all()
        for holder in known.holders
    }
    known = (
        replace(engineer, story=engineer.story or told.get(engineer.subject, ""))
        for engineer in ENGINEERS
    )
    return tuple(engineer for engineer in known if engineer.story)


def story(citizen: Citizen, offered: Collection[str]) -> str:
    """Tell what a citizen shows, and which qualifications he holds beside the first profession's.

    `offered` are the titles of the professions that one can register in.

    >>> story(CITIZENS[3], [])
    '尚未申领个人数字证书'
    """
    first = demonstration.of_all()[0].title
    held = [credential.profession for credential in credentials(citizen.subject)]
    others = "、".join(title for title in held if title in offered and title != first)
    return f"{citizen.story}；持有{others}资格证书" if others else citizen.story


def employing(company: Company) -> Iterator[tuple[str, Employing]]:
    """Yield what an enterprise holds to employ: the kind, and the certificate."""
    for known in demonstration.of_all():
        if known.employing is None or not company.has_design_qualification:
            continue
        if not known.employing.held_by or company.uscc in known.employing.held_by:
            yield known.kind, known.employing


def citizen(subject: str) -> Citizen | None:
    """Give the citizen with this subject at the portal."""
    number = subject.removeprefix("crowd-")
    if number != subject:
        known = re.fullmatch(r"[0-9]{1,4}", number) and 1 <= int(number) <= LARGEST_CROWD
        return member(int(number)) if known else None
    return next(
        (somebody for somebody in (*CITIZENS, *ENGINEERS) if somebody.subject == subject), None
    )


def holder(id_type: str, id_no: str) -> Citizen | None:
    """Give the citizen with this identity document."""
    for known in (*CITIZENS, *ENGINEERS):
        if (known.id_type, known.id_no) == (id_type, id_no):
            return known
    try:
        number = (date.fromisoformat(id_no[6:14]) - _EPOCH).days
    except ValueError:
        return None
    member_ = member(number) if 1 <= number <= LARGEST_CROWD else None
    return member_ if member_ and (member_.id_type, member_.id_no) == (id_type, id_no) else None


def company(uscc: str) -> Company | None:
    """Give the company with this credit code."""
    return next((known for known in COMPANIES if known.uscc == uscc), None)
