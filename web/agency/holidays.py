"""放假安排: an approver enters the official holidays of a year; due dates follow (B.10, C.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from casework.terms import due_dates
from refusals.faults import Fault
from registry import readings
from registry.law import calendars
from registry.law.calendars import CalendarYear, HolidayNotice, NoticeRefused
from registry.people.officers import OfficerRole
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("holidays", __name__, url_prefix="/agency/holidays")

_SENTENCES, _APART = re.compile(r"[\n；;。]"), re.compile(r"[、，,]")
#: The number in front of a sentence, and what stands in brackets: days of the week and the moon.
_NUMBER, _BRACKETS = re.compile(r"^[一二三四五六七八九十]+、"), re.compile(r"[(（][^()（）]*[)）]")
_BETWEEN = re.compile(r"至|到|~|～")
#: What stands in front of a sentence, also two of them: 中秋节、国庆节：
_FEAST = re.compile(r"^[^\d:：]*[:：]")
#: What notices write beside a day: how it is free, how many days, that it is worked.
_BESIDE = re.compile(
    r"^其中|(?:放假|调休|补休|公休)*(?:\d+天)?$|^共\d+天$|^与周末连休$|^不调休$|上班$|休息$"
)
_ASKED = "鼓励"  #: what employers are asked to do is no day off
_NUMERALS = re.compile(r"[一二三四五六七八九十]{1,3}(?=[月日号天])")
_YEAR, _MONTH, _DAY = r"(?:(\d{4})[-/.年])?", r"(\d{1,2})[-/.月]", r"(\d{1,2})[日号]?"
_STRETCH = re.compile(
    rf"{_YEAR}{_MONTH}{_DAY}(?:\s*(?:至|到|[~～—–－-]+)\s*(?:{_YEAR}{_MONTH})?{_DAY})?", re.ASCII
)
LONGEST_DAYS = 40  #: of one line; more is a slip of the year


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def front() -> str:
    """Show which years are known, and the form for one more."""
    return _page({})


@bp.post("")
@access.officer(OfficerRole.APPROVER)
def load() -> Response | str | tuple[str, int]:
    """Show what a notice would change, then enter it; a job counts due dates anew."""
    notice, faults = _notice(request.form)
    if notice is None:
        return _page(faults), 422
    try:
        notice.check(office().calendar)
        if request.form.get("action") != "confirm":
            return _page({}, changes=_changes(notice), notice=notice)
        due_dates.load_year(
            office(), notice, source=request.form.get("source", ""), actor=g.visitor.actor
        )
    except NoticeRefused as refusal:
        return _page({refusal.field or "": Fault.of(refusal)}), 422
    flash(f"{notice.year}年放假安排已录入，办理期限正在重新计算。", "success")
    return redirect("/agency/holidays", 303)


def _notice(typed: Mapping[str, str]) -> tuple[HolidayNotice | None, dict[str, str]]:
    """Read the notice that was typed; or what is wrong beside each field."""
    faults: dict[str, str] = {}
    named = readings.number(typed.get("year", "")).removesuffix("年")
    if not re.fullmatch(r"20\d\d", named):
        faults["year"] = Fault("请填写四位年份，例如 2027。", "E_FORMAT")
    if len(typed.get("source", "")) < 5:
        faults["source"] = Fault(
            "请写明依据，例如“国务院办公厅关于2027年部分节假日安排的通知”。", "E_REQUIRED"
        )
    year = office().today().year if "year" in faults else int(named)
    listed: dict[str, list[date]] = {"holidays": [], "workdays": []}
    for name in listed:
        try:
            listed[name] = days_of(typed.get(name, ""), year, is_worked=name == "workdays")
        except ValueError as error:
            example = "例如 2027-10-01 至 2027-10-07，或者 10月1日至7日"
            text = f"{error}，请每行填写一天或者一段，{example}。"
            faults[name] = Fault(text, "E_FORMAT")
    supplements = typed.get("kind") == "supplement"
    if not faults and not supplements and not listed["holidays"]:
        faults["holidays"] = Fault("请填写放假的日期。", "E_REQUIRED")
    if faults:
        return None, faults
    return HolidayNotice(
        year=year,
        holidays=frozenset(listed["holidays"]),
        workdays=frozenset(listed["workdays"]),
        supplements=supplements,
    ), {}


def _changes(notice: HolidayNotice) -> list[tuple[date, str, str]]:
    """Give each day that changes: what it is now, what it will be."""
    words = {True: "上班", False: "休息"}
    return [
        (day, words[not is_worked], words[is_worked])
        for day, is_worked in calendars.changes(db.session(), notice)
    ]


def days_of(text: str, year: int, *, is_worked: bool = False) -> list[date]:
    r"""Read days and stretches of days as notices write them; what lacks the year is of `year`.

    Raises ValueError with the words and the cause, also for days of the other kind.

    >>> [day.day for day in days_of("2027-01-01 至 2027-01-03\n\n2027-05-01", 2027)]
    [1, 2, 3, 1]
    >>> days_of("一、元旦：1月1日（周五）至3日（周日）放假，共3天。", 2027)[-1]
    datetime.date(2027, 1, 3)
    >>> days_of("1月2日补休。六、中秋节、国庆节：10月1日至八日放假", 2017)[::8]
    [datetime.date(2017, 1, 2), datetime.date(2017, 10, 8)]
    >>> days_of("2月5日（农历腊月二十九、周五）至12日放假调休，共8天。4月5日放假1天。", 2027)[-2:]
    [datetime.date(2027, 2, 12), datetime.date(2027, 4, 5)]
    >>> days_of("1月31日（周日）、2月14日（周日）上班。", 2027)
    Traceback (most recent call last):
    ValueError: “1月31日、2月14日上班”说的是上班的日子
    """
    listed: list[date] = []
    for words, said in _stretches(text, is_worked=is_worked):
        if listed and (alone := re.fullmatch(r"(\d{1,2})[日号]", said)):  # 1月1日、2日
            said = f"{listed[-1]:%Y-%m-}{int(alone[1]):02}"
        ends = _ends(words, said, year)
        length = (ends[-1] - ends[0]).days
        if length < 0:
            raise ValueError(f"“{words}”的结束日期早于开始日期（跨年的请写明年份）")
        if length >= LONGEST_DAYS:
            raise ValueError(f"“{words}”超过{LONGEST_DAYS}天")
        listed += [ends[0] + timedelta(days=number) for number in range(length + 1)]
    return listed


def _stretches(text: str, *, is_worked: bool) -> Iterator[tuple[str, str]]:
    """Give each stretch of days as it was typed and what it says; raises ValueError.

    A sentence of a notice says whether its days are worked: pasted whole, none counts as the other.
    """
    for sentence in _SENTENCES.split(_BRACKETS.sub("", text)):
        other = "放假" if is_worked else "上班"
        if other in sentence:
            raise ValueError(f"“{sentence.strip()}”说的是{other}的日子")
        if _ASKED in sentence:
            continue
        for words in _APART.split(_FEAST.sub("", _NUMBER.sub("", sentence.strip()))):
            digits = _NUMERALS.sub(lambda found: str(_value(found[0])), readings.number(words))
            said = _BESIDE.sub("", digits)
            if said:
                yield words.strip(), said


def _value(numerals: str) -> int:
    """Give the number below a hundred that is written in Chinese numerals.

    >>> [_value(written) for written in ("七", "十", "十二", "三十一")]
    [7, 10, 12, 31]
    """
    tens, is_ten, ones = numerals.rpartition("十")
    figures = "〇一二三四五六七八九"
    return (figures.find(tens or "一") * 10 if is_ten else 0) + (figures.find(ones) if ones else 0)


def _ends(words: str, said: str, year: int) -> list[date]:
    """Read the first and the last day of a stretch; its end may leave out year and month."""
    parts = _STRETCH.fullmatch(said)
    if parts is None:
        ends = _BETWEEN.split(said)
        if len(ends) > 2:
            raise ValueError(f"“{words}”不是一段日期")
        days = [readings.as_day(end) for end in ends]
        if None in days:
            raise ValueError(f"“{words}”不是日期")
        return [day for day in days if day is not None]
    begin_year, month, day, end_year, end_month, end_day = parts.groups()
    first = (int(begin_year or year), int(month), int(day))
    last = (int(end_year or first[0]), int(end_month or month), int(end_day or day))
    try:
        return [date(*first), date(*last)]
    except ValueError as error:
        raise ValueError(f"“{words}”不是日期") from error


def _page(
    faults: Mapping[str, str],
    *,
    changes: list[tuple[date, str, str]] | None = None,
    notice: HolidayNotice | None = None,
) -> str:
    """Show the form; with `changes` of a `notice`, what would change, to be confirmed."""
    entered = db.session.scalars(select(CalendarYear).order_by(CalendarYear.year.desc())).all()
    shipped = sorted(office().calendar.years, reverse=True)
    return render_template(
        "agency/holidays.html",
        entered=entered,
        known=shipped[0] if shipped else None,
        faults=faults,
        typed=request.form,
        changes=changes,
        notice=notice,
    )
