"""放假安排: an approver enters the official holidays of a year; due dates follow (B.10, C.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
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

_BETWEEN = re.compile(r"[至~～]")
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
    listed: dict[str, list[date]] = {"holidays": [], "workdays": []}
    for name in listed:
        try:
            listed[name] = days_of(typed.get(name, ""))
        except ValueError as error:
            text = f"{error}，请每行填写一天或者一段，例如 2027-10-01 至 2027-10-07。"
            faults[name] = Fault(text, "E_FORMAT")
    supplements = typed.get("kind") == "supplement"
    if not faults and not supplements and not listed["holidays"]:
        faults["holidays"] = Fault("请填写放假的日期。", "E_REQUIRED")
    if faults:
        return None, faults
    return HolidayNotice(
        year=int(named),
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


def days_of(text: str) -> list[date]:
    r"""Read one day or one stretch of days a line; raises ValueError with line and cause.

    >>> [day.day for day in days_of("2027-01-01 至 2027-01-03\n\n2027-05-01")]
    [1, 2, 3, 1]
    """
    listed = []
    for line in filter(None, (text_line.strip() for text_line in text.splitlines())):
        try:
            ends = [date.fromisoformat(readings.day(end)) for end in _BETWEEN.split(line)]
        except ValueError as error:
            raise ValueError(f"“{line}”不是日期") from error
        length = (ends[-1] - ends[0]).days
        if len(ends) > 2:
            raise ValueError(f"“{line}”不是一段日期")
        if length < 0:
            raise ValueError(f"“{line}”的结束日期早于开始日期")
        if length >= LONGEST_DAYS:
            raise ValueError(f"“{line}”超过{LONGEST_DAYS}天")
        listed += [ends[0] + timedelta(days=number) for number in range(length + 1)]
    return listed


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
