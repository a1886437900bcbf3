"""When a timer is due: what a timer expression may give, turned into one moment."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta

MAX_DAYS = 3660  #: no timer waits longer than ten years

_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:(?P<seconds>\d{1,6})S)?)?"
)


def due(value: object, now: datetime) -> datetime:
    """Return the moment for a value: moment, timedelta, or ISO 8601 text ("P30D", "PT5M", moment).

    Months and years are refused: they are counted by the calendar of the law, not by the engine.
    Raises ValueError.

    >>> due("P1DT12H", datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    '2026-01-02T12:00:00+00:00'
    """
    try:
        moment = _moment(value, now)
        if moment.tzinfo is None:
            raise ValueError(f"时间“{value}”没有时区")
        if moment - now > timedelta(days=MAX_DAYS):
            raise ValueError(f"时间“{value}”太远")
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"时间“{value}”不在历法之内") from error


def _moment(value: object, now: datetime) -> datetime:
    if isinstance(value, timedelta):
        return now + max(value, timedelta())
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError(f"“{value}”不是时间")
    match = _DURATION.fullmatch(value)
    if match:
        return now + timedelta(**{unit: int(n) for unit, n in match.groupdict("0").items()})
    return datetime.fromisoformat(value)


EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  #: the moment at which literal timers are tried


def check_text(source: str) -> str | None:
    """Return what is wrong with a timer expression that is a mere literal, or None.

    An unquoted duration is an expression of its own (a variable), the commonest slip.

    >>> check_text('"P30D"') is None, check_text('"30 days"') is None
    (True, False)
    """
    try:
        literal = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        bare = re.fullmatch(r"P[0-9TWDHMS]+", source)
        return f"时长 {source} 没有加引号" if bare else _lengths(source)
    try:
        moment = due(literal, EPOCH)
    except ValueError:
        return f"“{source}”不是时长或时刻"
    return f"时长“{source}”不大于零，刚到就会期满" if moment == EPOCH else None


#: Functions that give a length, with how many of them make the longest.
_LENGTHS = {"days": MAX_DAYS, "workdays": MAX_DAYS, "minutes": MAX_DAYS * 1440}


def _lengths(source: str) -> str | None:
    """Tell a written length that is no time at all, or longer than any timer waits.

    >>> _lengths("days(0)"), _lengths('deadline("DRAFT") - days(3)')
    ('时长 days(0) 不大于零，刚到就会期满', None)
    """
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError):  # told as an expression
        return None
    for call in ast.walk(tree):
        name = (
            call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
        )
        if name not in _LENGTHS or not isinstance(call, ast.Call) or len(call.args) != 1:
            continue
        try:
            length = ast.literal_eval(call.args[0])
        except ValueError:  # a variable
            continue
        if type(length) in (int, float) and length <= 0:
            return f"时长 {ast.unparse(call)} 不大于零，刚到就会期满"
        if type(length) in (int, float) and length > _LENGTHS[name]:
            return f"时长 {ast.unparse(call)} 超过十年"
    return None
