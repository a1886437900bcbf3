"""What people are told of the use of their data (PIPL 17): `privacy.toml`, read and checked.

How long data are kept is not said there: it is read from `retention.toml`, table by table.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from casework import retention_table
from casework.retention_table import Period, Retention, Then

FILE = Path(__file__).with_name("privacy.toml")
_THEN = {Then.ERASE: "删除", Then.LOCK: "封存"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A consent that is asked for, and what follows when it is withdrawn."""

    key: str
    text: str
    withdrawn: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A kind of data: what, why, by which law, who gets it, in which tables it lies."""

    what: str
    why: str
    basis: str
    goes_to: str
    tables: tuple[str, ...]
    given: tuple[str, ...]  #: of them those whose rows a person gets as they are


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The whole file."""

    version: str
    consents: tuple[Asked, ...]
    parts: tuple[Part, ...]
    deleted: tuple[str, ...]  #: what goes when an account is closed
    people_an_hour: int  #: more than so many of them read by one officer are told of
    rows_of_a_list: int  #: and more than so many rows taken at once

    def consent(self, key: str) -> Asked | None:
        """Give a consent by its key."""
        return next((asked for asked in self.consents if asked.key == key), None)


@cache
def read(path: Path = FILE) -> Notice:
    """Read the file. Raises ValueError, KeyError, TypeError for what is none."""
    said = tomllib.loads(path.read_text("utf-8"))
    return Notice(
        version=said["version"],
        consents=tuple(Asked(**row) for row in said["consent"]),
        parts=tuple(
            Part(**{**row, "tables": tuple(row["tables"]), "given": tuple(row["given"])})
            for row in said["part"]
        ),
        deleted=tuple(said["closing"]["deleted"]),
        **said["reads"],
    )


def periods(part: Part, retention: Retention | None = None) -> list[str]:
    """Say how long a kind of data is kept and by which law, each period once."""
    retention = retention or retention_table.read()
    said: list[str] = []
    tables = set(part.tables)
    if tables & retention.of_cases:
        said += [f"{case.what}：{_span(case)}" for case in retention.cases]
    said += [f"{row.what}：{_span(row)}" for row in retention.rows if row.table in tables]
    for group in retention.groups:
        if tables & set(group.tables):
            what = f"{group.what}：长期保存" if not group.is_swept else "到期自行结束的，每天删除"
            said.append(f"{what}（{group.law}）")
    return said


def _span(period: Period) -> str:
    length = f"{period.years}年" if period.years else f"{period.days}日"
    return f"{period.counts or '从产生之日起'}{length}，期满{_THEN[period.then]}（{period.law}）"


def faults(tables: Collection[str], notice: Notice | None = None) -> Iterator[str]:
    """Say in Chinese what is wrong with the file: every table about people is told once."""
    notice, retention = notice or read(), retention_table.read()
    nobodys = {name for group in retention.groups if not group.is_personal for name in group.tables}
    told = Counter(table for part in notice.parts for table in part.tables)
    for table, times in told.items():
        if times > 1:
            yield f"表 {table} 告知了{times}次"
        if table not in tables:
            yield f"没有名为 {table} 的表"
        if table in nobodys:
            yield f"表 {table} 在保存期限中写明不是个人信息"
    for table in sorted(set(tables) - set(told) - nobodys):
        yield f"表 {table} 没有告知处理目的"
    if min(notice.people_an_hour, notice.rows_of_a_list) < 1:
        yield "集中查阅的数目须大于零"
    for part in notice.parts:
        for table in set(part.given) - set(part.tables):
            yield f"表 {table} 不在“{part.what}”的表中"
        if not (part.what and part.why and part.basis and part.goes_to):
            yield f"“{part.what}”没有写明目的、依据或者接收方"
