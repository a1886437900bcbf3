"""`zhuce doctor`: the settings in force, and everything that keeps the service from its work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import click

from web.commands import answers

if TYPE_CHECKING:
    from casework.office import Office
    from web.settings import Settings


_NEARLY = 0.85  #: how alike two names of variables are, from 0 to 1, when one is a slip


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str  #: for programs
    ok: bool
    text: str  #: how it stands
    remedy: str = ""  #: what to do when it is not well


@click.command()
@answers.as_json
def doctor(as_json: bool) -> int:
    """Say what is in force and what is missing.

    Each trouble comes with its remedy; nothing is changed, secrets are masked. The exit status is
    1 while anything is missing.
    """
    from web import fitness
    from web.process import logs
    from web.settings import Settings

    logs.configure()
    settings = Settings.from_environment(checked=False)
    findings = [
        Finding(name=fault.variable, ok=False, text=fault.variable, remedy=fault.text)
        for fault in fitness.faults(settings)
    ]
    misspelt = list(_misspelt())
    findings = [*misspelt, *(findings or _examine(settings))]
    ok = all(finding.ok for finding in findings)
    if as_json:
        listed = [vars(finding) for finding in findings]
        answers.say_json({"ok": ok, "settings": _effective(settings), "findings": listed})
        return 0 if ok else 1
    for name, value in _effective(settings).items():
        answers.say(f"{name:36}{value}")
    answers.say("")
    for finding in findings:
        mark = "✓" if finding.ok else "✗"
        answers.say(f"{mark} {finding.text}" + ("" if finding.ok else f"：{finding.remedy}"))
    return 0 if ok else 1


def _misspelt() -> Iterator[Finding]:
    """Name variables that no setting has, but one is called nearly so: they are read by nobody."""
    import os
    from difflib import get_close_matches

    from web.settings import Settings

    known = [f"ZHUCE_{field.name.upper()}" for field in fields(Settings)]
    for name in sorted(os.environ):
        setting = name.removesuffix("_FILE")
        if setting.startswith("ZHUCE_") and setting not in known:
            for near in get_close_matches(setting, known, n=1, cutoff=_NEARLY):
                remedy = f"没有这一项设置，它没有起作用；请核对是否应为 {near}"
                yield Finding(name=name, ok=False, text=name, remedy=remedy)


def _effective(settings: Settings) -> dict[str, str]:
    """Give each setting as it is in force; of what opens something only whether it is there."""
    from web.fitness import SECRETS

    shown = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name in SECRETS:
            value = f"已设置（{len(value)}个字符）" if value else ""
        elif field.name.endswith("_url"):
            value = _masked(str(value))
        shown[f"ZHUCE_{field.name.upper()}"] = str(value) if value != "" else "—"
    return shown


def _masked(url: str) -> str:
    """Hide the password of an address."""
    from urllib.parse import urlsplit

    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url


def _examine(settings: Settings) -> Iterator[Finding]:
    """Look at what the settings name, from the ground up; stop where nothing more can be seen."""
    from sqlalchemy.exc import SQLAlchemyError

    from refusals.refusal import Refusal
    from web.process import wiring

    try:
        wiring.require_built(settings)
        yield Finding(name="built", ok=True, text="页面和字体已制作")
    except Refusal as refusal:
        yield Finding(name="built", ok=False, text="页面和字体", remedy=str(refusal))
    try:
        office = wiring.open_office_of(settings)
    except (Refusal, SQLAlchemyError, OSError) as error:
        cause = str(error).splitlines()[0]
        yield Finding(name="database", ok=False, text="数据库和密钥库", remedy=_masked(cause))
        return
    try:
        yield Finding(name="database", ok=True, text="数据库结构是最新的，密钥库可以打开")
        yield _files(settings)
        yield from _vouching(office)
        yield from _issuing(office, settings)
        yield from _secrets(office)
        yield from _office(office, is_required=settings.requires_second_factor)
    finally:
        wiring.close(office)


def _files(settings: Settings) -> Finding:
    """Look whether the folder or the bucket is there and may be listed."""
    from adapters.file_store import open_store
    from registry.errors import Unavailable

    try:
        next(open_store(settings.files).addresses(), None)
    except Unavailable as refusal:
        remedy = f"{refusal}请核对 ZHUCE_FILES、桶和访问密钥（AWS_…）"
        return Finding(name="files", ok=False, text="文件存储", remedy=remedy)
    return Finding(name="files", ok=True, text="文件存储可以读取")


def _vouching(office: Office) -> Iterator[Finding]:
    """Look whether the agency's key signs and somebody stamps, ours or outside."""
    from refusals.refusal import Refusal
    from signing import Role

    def sealed() -> None:
        custody = office.signatures.custody
        held = custody.look(Role.AGENCY, None)
        if held.credential is not None:  # without a seal the keys are told as missing
            custody.open(held).sign(b"zhuce doctor")

    def stamped() -> None:
        office.signatures.authority.stamp(b"\0" * 32)

    chain = "请核对 ZHUCE_TIME_STAMPS_URL 和 ZHUCE_TIME_STAMPS_CHAIN"
    for name, text, remedy, tried in (
        (
            "seal",
            "机关电子印章",
            "密钥在密码设备中的，请先运行 zhuce token",
            sealed,
        ),
        ("time-stamps", "时间戳", chain, stamped),
    ):
        try:
            tried()
        except Refusal as refusal:
            yield Finding(name=name, ok=False, text=text, remedy=f"{refusal}{remedy}")
        else:
            yield Finding(name=name, ok=True, text=f"{text}可以使用")


def _issuing(office: Office, settings: Settings) -> Iterator[Finding]:
    """Look whether everybody who issued is believed; ask an authority outside who it is now."""
    from refusals.refusal import Refusal
    from signing.outside import anchors
    from web.process import outside

    forgotten = office.signatures.authority.forgotten()
    yield Finding(
        name="issuers",
        ok=not forgotten,
        text="签发过证书的机构" + ("" if forgotten else "都在设置中，以前的文件可以查验"),
        remedy=f"设置中没有 {'、'.join(forgotten)}，它签发的证书签署的文件不能查验；"
        "请把该机构的证书放回 ZHUCE_AUTHORITY_CHAINS 的文件，由自建机构签发以后也须保留",
    )
    authority = outside.issuing(settings)
    if authority is None:
        return
    text, remedy = f"电子认证服务机构 {settings.authority}", ""
    for family in anchors.FAMILIES:
        believed = {anchors.der(anchor.certificate) for anchor in authority.anchors.of(family)}
        try:
            if not believed & set(authority.authorities(family)):
                remedy += (
                    f"该机构现在的签发证书不在 {family}.pem 中，它签发的证书不会被采用；"
                    "请与该机构核实后加入 ZHUCE_AUTHORITY_CHAINS 的文件，保留原有的证书。"
                )
        except Refusal as refusal:
            remedy = f"{refusal}请核对 ZHUCE_AUTHORITY 和 ZHUCE_AUTHORITY_SECRET"
            break
    authority.close()
    yield Finding(
        name="authority",
        ok=not remedy,
        text=text if remedy else f"{text}可以使用，签发证书与设置一致",
        remedy=remedy,
    )


def _secrets(office: Office) -> Iterator[Finding]:
    """Look whether everything lies under the secrets of today."""
    from web.process import secret_keys

    for name, count in secret_keys.left(office).items():
        variable = f"ZHUCE_{name.upper()}"
        yield Finding(
            name=f"secrets/{name}",
            ok=not count,
            text=f"{variable}：" + (f"{count}项仍在以前的密钥下" if count else "都在现在的密钥下"),
            remedy="请运行 zhuce secret rotate",
        )


def _office(office: Office, *, is_required: bool) -> Iterator[Finding]:
    """Look at what an authority needs before the first application comes."""
    from casework.case import offered_professions
    from casework.keys import stock
    from engine.jobs import queue

    kinds = offered_professions.offered(office)
    yield Finding(
        name="types",
        ok=bool(kinds),
        text=f"受理的注册类型{len(kinds)}种",
        remedy="请运行 zhuce deploy",
    )
    yield from _posts(office)
    yield _second_factor(office, is_required)
    late = [trouble.words for trouble in stock.of(office, office.now()).late]
    yield Finding(
        name="keys",
        ok=not late,
        text="密钥和证书" + ("" if late else "在有效期内"),
        remedy="".join(late) + "请查看 zhuce keys status",
    )
    from casework import retention_table
    from casework.privacy import said
    from web.process.tables import metadata

    unkept = list(retention_table.faults(metadata.tables))
    yield Finding(
        name="retention",
        ok=not unkept,
        text="每张表的保存期限",
        remedy="；".join(unkept) + "。请更正 casework/retention.toml",
    )
    untold = list(said.faults(metadata.tables))
    yield Finding(
        name="privacy",
        ok=not untold,
        text="个人信息处理告知",
        remedy="；".join(untold) + "。请更正 casework/privacy/privacy.toml",
    )
    year = office.today().year
    yield Finding(
        name="holidays",
        ok=year in office.calendar.years,
        text=f"{year}年放假安排",
        remedy="请用 zhuce calendar 录入国务院办公厅的放假通知",
    )
    with office.sessions() as session:
        dead = len(queue.incidents(session, 1000))
    yield Finding(
        name="incidents", ok=not dead, text=f"异常{dead}项", remedy="请查看 zhuce incidents"
    )


def _second_factor(office: Office, is_required: bool) -> Finding:
    """Tell how many officers prove themselves by more than the portal."""
    from registry.people import officers, second_factors

    with office.sessions() as session:
        present = [row for row in officers.everyone(session) if row.active]
        held = sum(second_factors.is_held(session, f"officer:{row.id}") for row in present)
    asked = "必须有，首次登录时登记" if is_required else "自愿登记"
    text = f"第二重验证（{asked}）：在任{len(present)}名，已登记{held}名"
    return Finding(name="second-factor", ok=True, text=text)


def _posts(office: Office) -> Iterator[Finding]:
    """Look whether every step of a case has somebody, and each pair of eyes another."""
    from registry.people import officers
    from registry.people.officers import CASEWORKERS, OfficerRole

    with office.sessions() as session:
        present = [row for row in officers.everyone(session) if row.active]
    remedy = "请用 zhuce officer appoint 任命"
    wanted = (*CASEWORKERS, OfficerRole.OPERATOR)  # without the studio's posts cases still go on
    of_role = {role: [row.id for row in present if role in row.roles] for role in wanted}
    for role, ids in of_role.items():
        least = 2 if role is OfficerRole.OPERATOR else 1
        yield Finding(
            name=f"officers/{role}",
            ok=len(ids) >= least,
            text=f"{role.label}人员{len(ids)}名（至少{least}名）",
            remedy=remedy,
        )
    review, decide = of_role[OfficerRole.REVIEWER], of_role[OfficerRole.APPROVER]
    yield Finding(
        name="officers/four-eyes",
        ok=len({*review, *decide}) >= 2,
        text="审查和决定由不同的人办理",
        remedy=remedy,
    )
