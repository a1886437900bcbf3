"""What is brought into the register from files: earlier registrations, official holidays."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import click

from web.commands import answers, offices


@click.command("import-registrations")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Judge the rows only.")
@click.option("--type", "profession", help="Key of the profession; the first one offered.")
@answers.as_json
def import_registrations(file: Path, dry_run: bool, profession: str | None, as_json: bool) -> int:
    """Enter registrations of an earlier register.

    FILE is a CSV in UTF-8 with Chinese headings; bad rows are listed, the others entered.
    """
    from casework.case import offered_professions
    from casework.registration import register_import

    rows = rows_of(file, register_import.COLUMNS)
    with offices.opened(alone="import") as office:
        kind = offered_professions.find(office, profession).key
        shown = answers.bar(rows, "录入", length=len(rows))
        report = register_import.take_over(office, shown, kind, dry=dry_run)
    if as_json:
        bad = [vars(row) for row in report.bad]
        counts = {"entered": report.entered, "known": report.known}
        answers.say_json({"ok": not bad, "dry_run": dry_run, **counts, "bad": bad})
        return 1 if bad else 0
    for row in report.bad:
        answers.tell(f"第{row.line}行 {row.column}：{row.text}")
    lines = len({row.line for row in report.bad})
    done = "可以录入" if dry_run else "已录入"
    answers.say(f"{done} {report.entered} 条，已在登记簿中 {report.known} 条，有误 {lines} 条")
    return 1 if report.bad else 0


_WANTED = (
    "请写明 year、source、holidays、workdays（补充的另写 supplements = true），日期形如 2027-01-01"
)


@click.command()
@click.argument("notice", type=click.Path(path_type=Path))
@answers.as_json
def calendar(notice: Path, as_json: bool) -> None:
    """Enter the official holidays of a year.

    NOTICE is a TOML file with year, source, holidays and workdays; one with `supplements = true`
    adds to what is known of the year. Due dates are counted anew.
    """
    from casework.terms import due_dates
    from engine.actors import SYSTEM
    from registry.law.calendars import HolidayNotice, NoticeRefused

    try:
        said = tomllib.loads(answers.read(notice).decode("utf-8"))
        holidays, workdays = (_days(said[name]) for name in ("holidays", "workdays"))
        year, source = int(said["year"]), str(said["source"])
    except (ValueError, KeyError, TypeError) as error:
        raise answers.Misused(f"放假安排无法读取（{error}）。{_WANTED}") from error
    with offices.opened(alone="calendar") as office:
        try:
            read = HolidayNotice(
                year=year,
                holidays=frozenset(holidays),
                workdays=frozenset(workdays),
                supplements=said.get("supplements") is True,
            )
            due_dates.load_year(office, read, source=source, actor=SYSTEM)
        except NoticeRefused as error:
            raise answers.Misused(f"{error}（{error.code}）") from error
        if not as_json:
            answers.say(f"{year} 年放假安排已录入，办理期限将重新计算")
        done = office.runner.run_due()
    if as_json:
        answers.say_json({"ok": True, "year": year, "jobs": done})


def _days(listed: Sequence[object]) -> list[date]:
    """Read days as TOML dates or ISO text."""
    return [day if isinstance(day, date) else date.fromisoformat(str(day)) for day in listed]


def rows_of(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV as a spreadsheet wrote it: line and values. Raises: Misused."""
    from web import spreadsheets

    try:
        rows = spreadsheets.table(answers.read(path), columns)
    except spreadsheets.NoTable as error:
        raise answers.Misused(f"文件无法读取：{error}") from error
    if wide := [line for line, row in rows if spreadsheets.MISSHAPEN in row]:
        raise answers.Misused(
            f"第{wide[0]}行比表头多出内容，可能是单元格中的逗号没有加引号，请更正该行"
        )
    return rows
