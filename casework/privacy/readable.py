"""The page in an export that people read: who they are to us, their cases and files, who looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote

from casework.privacy import said
from casework.privacy.own_data import OwnData
from refusals.days import SHANGHAI
from registry.applications.statuses import Matter, Status

_STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top}"
)
Line = Sequence[str]


def page(own: OwnData, *, authority: str, at: datetime) -> str:
    """Write the page; every value is escaped, files are links into the archive."""
    body = "".join(_body(own, authority, at))
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>我的个人信息</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _body(own: OwnData, authority: str, at: datetime) -> Iterator[str]:
    person = own.person
    yield f"<h1>我的个人信息</h1><p>{escape(authority)}于{_moment(at)}导出。"
    yield "全部数据在同一文件夹的 data.json 中，文件在 files 文件夹中。</p>"
    facts = (
        ("姓名", person.name),
        ("性别", person.sex_label),
        ("出生日期", person.birth.isoformat()),
        ("证件类型", person.id_type_label),
        ("证件号码", person.id_no),
        ("手机号码", person.mobile or "—"),
        ("注册时间", _moment(person.created_at)),
    )
    yield _table("账号", ("项目", "内容"), facts)
    yield _table("同意的记录", ("事项", "告知版本", "时间"), _consents(own))
    yield _table("申请", ("编号", "事项", "状态", "开始时间", "结束时间"), _cases(own))
    yield _table(
        "注册", ("注册号", "有效期起", "有效期止"), _columns(own, "registration", _REGISTRATION)
    )
    yield _table(
        "证书", ("证书编号", "状态", "制证时间"), _columns(own, "certificate", _CERTIFICATE)
    )
    links = [
        (file.case or "—", f'<a href="{quote(file.path)}">{escape(file.title)}</a>')
        for file in own.files
    ]
    yield _table("文件", ("申请", "文件"), links, is_html=True)
    yield _table("消息", ("时间", "内容"), _columns(own, "notice", ("created_at", "text")))
    looks = [(_moment(look.at), look.who, look.at_what) for look in own.looks]
    yield _table("谁查看过", ("时间", "查看人", "内容"), looks)
    parts = [
        (part.what, part.why, part.basis, "；".join(said.periods(part)), part.goes_to)
        for part in said.read().parts
    ]
    yield _table("处理告知", ("信息", "目的", "依据", "保存期限", "提供给"), parts)


_REGISTRATION = ("registration_no", "valid_from", "valid_to")
_CERTIFICATE = ("no", "validity", "issued_at")


def _consents(own: OwnData) -> Iterator[Line]:
    for row in own.rows["consent"]:
        key, _, rest = str(row["purpose"]).partition("-")
        asked = said.read().consent(key)
        words = asked.text if asked else key
        yield (f"撤回：{words}" if rest else words, row["policy_version"], _moment(row["at"]))


def _cases(own: OwnData) -> Iterator[Line]:
    for row in own.rows["application"]:
        yield (
            row["no"],
            Matter(row["matter"]).label,
            Status(row["status"]).label,
            _moment(row["created_at"]),
            _moment(row["closed_at"]),
        )


def _columns(own: OwnData, table: str, names: Sequence[str]) -> Iterator[Line]:
    for row in own.rows[table]:
        yield tuple(_text(row.get(name)) for name in names)


def _text(value: object) -> str:
    return _moment(value) if isinstance(value, datetime) else "—" if value is None else str(value)


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else "—"


def _table(title: str, heads: Line, lines: Iterable[Line], *, is_html: bool = False) -> str:
    cell = str if is_html else escape
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell(text)}</td>" for text in line) + "</tr>" for line in lines
    )
    empty = f'<tr><td colspan="{len(heads)}">没有</td></tr>'
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{rows or empty}</table>"
