"""What is kept how long, by which law, and what comes then: `retention.toml`, read and checked.

Law and period stand there and nowhere else. `faults` says what is wrong with the file; `zhuce
doctor` and a test ask it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from refusals.refusal import Refusal

TABLE = Path(__file__).with_name("retention.toml")
CASES = ("unfiled", "refused", "granted")  #: which cases each means: `casework.retention`


class Then(StrEnum):
    """What comes when a period is over."""

    ERASE = "ERASE"
    LOCK = "LOCK"  #: closed to everybody until the archives have appraised it


class CaseErased(Refusal):
    """该申请没有提交就结束，填写的内容和上传的材料保存期限已满，已依法删除。如需办理，请重新申请。"""

    code = "E_CASE_ERASED"


class CaseLocked(Refusal):
    """该申请的案卷保存期限已满，已封存待档案鉴定，不再提供查看。确需查阅的，请向市住建委申请（电话见页面下方）。"""

    code = "E_CASE_LOCKED"


def insist_kept(retired: str | None) -> None:
    """Let nobody into a case whose period is over. Raises: CaseErased, CaseLocked."""
    if retired == Then.ERASE:
        raise CaseErased
    if retired == Then.LOCK:
        raise CaseLocked


@dataclass(frozen=True, kw_only=True)
class Period:
    """A row of the file: a kind of case, or of rows of one table."""

    key: str
    what: str
    law: str
    then: Then
    years: int = 0
    days: int = 0
    at_least: int = 0  #: days that the law asks for
    counts: str = ""
    table: str = ""  #: of single rows
    counts_from: str = ""  #: its column

    def over_before(self, today: date) -> date:
        """Give the first day that is not over yet: what began before it is.

        >>> Period(key="", what="", law="", then=Then.ERASE, years=1).over_before(date(2028, 2, 29))
        datetime.date(2027, 2, 28)
        """
        year = today.year - self.years
        leaps = (today.month, today.day) == (2, 29) and not _is_leap(year)
        return today.replace(year=year, day=28 if leaps else today.day) - timedelta(days=self.days)


def _is_leap(year: int) -> bool:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days > 365


@dataclass(frozen=True, kw_only=True)
class Group:
    """Tables whose rows have no period of their own."""

    tables: tuple[str, ...]
    law: str
    what: str = ""
    is_swept: bool = False  #: ends by itself

    @property
    def is_personal(self) -> bool:
        """Tell whether it is about people."""
        return not self.law.startswith(_NOBODY)


_NOBODY = "不是个人信息"


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The whole file."""

    cases: tuple[Period, ...]
    rows: tuple[Period, ...]
    groups: tuple[Group, ...]
    erased: tuple[str, ...]  #: tables of a case, in the order of erasing
    of_cases: frozenset[str]  #: every table whose rows are kept as long as their case
    named: tuple[str, ...]  #: every table that the file names, as often as it does


@cache
def read(path: Path = TABLE) -> Retention:
    """Read the file. Raises ValueError, KeyError, TypeError for what is none."""
    said = tomllib.loads(path.read_text("utf-8"))
    cases, rows = (
        tuple(Period(**{**row, "then": Then(row["then"])}) for row in said[name])
        for name in ("case", "rows")
    )
    of_cases = said["case_tables"]
    held = (*of_cases["erased"], *of_cases["kept"])
    groups = tuple(
        Group(**{**group, "tables": tuple(group["tables"]), "is_swept": name == "swept"})
        for name in ("swept", "kept")
        for group in said[name]
    )
    others = [table for group in groups for table in group.tables]
    return Retention(
        cases=cases,
        rows=rows,
        groups=groups,
        erased=tuple(of_cases["erased"]),
        of_cases=frozenset(held),
        named=(*held, *(row.table for row in rows), *others),
    )


def faults(tables: Collection[str], retention: Retention | None = None) -> Iterator[str]:
    """Say in Chinese what is wrong with the file, for the tables that there are."""
    retention = retention or read()
    for table, times in Counter(retention.named).items():
        if times > 1:
            yield f"表 {table} 有{times}个保存期限"
        if table not in tables:
            yield f"没有名为 {table} 的表"
    for table in sorted(set(tables) - set(retention.named)):
        yield f"表 {table} 没有保存期限"
    for period in (*retention.cases, *retention.rows):
        if not period.law or not period.what:
            yield f"{period.key} 没有写明依据或者内容"
        if period.years * 365 + period.days < max(period.at_least, 1):
            yield f"{period.key} 的期限短于{max(period.at_least, 1)}日"
    for period in retention.rows:
        if period.then is not Then.ERASE:
            yield f"{period.key} 的单行记录只能删除"
    if {period.key for period in retention.cases} != set(CASES):
        yield f"案卷须为 {'、'.join(CASES)}"
