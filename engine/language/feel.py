"""S-FEEL: the cells of decision tables, parsed to comparators and never evaluated.

Grammar (OMG DMN 1.3, clause 9): `-`, `not(…)`, lists of tests, `< <= > >= = !=`, `[a..b]` with
open or closed ends, and literals: numbers, "text", true, false, null, date("2026-01-31") or
@"2026-01-31". A comparison with null says neither yes nor no, and `not` leaves that as it is
(clause 10.3.2.2): `not(> 5)` does not match null, `not("a")` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache

MAX_CELL = 500  #: characters

Value = str | int | float | bool | date | None
Test = Callable[[object], bool]
_Trial = Callable[[object], bool | None]  #: None: neither yes nor no

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\d{1,15}(?:\.(?!\.)\d{1,10})?)
    | (?P<text>"(?:[^"\\]|\\["\\])*")
    | (?P<word>[A-Za-z]+|@)
    | (?P<sign><=|>=|!=|\.\.|[<>=,()\[\]-])
    )""",
    re.VERBOSE,
)
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


class FeelError(ValueError):
    """A cell that is not S-FEEL, or a value that cannot be compared with it."""

    def __init__(self, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.remedy = remedy  #: what to write instead, where that is clear


class _Reader:
    """The tokens of one cell, read from left to right."""

    def __init__(self, cell: str) -> None:
        cell = cell.strip()
        if len(cell) > MAX_CELL:
            raise FeelError("单元格过长")
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(cell):
            match = _TOKEN.match(cell, position)
            if match is None:
                raise FeelError(f"看不懂“{cell[position : position + 20]}”{_hint(cell[position:])}")
            self.tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            position = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        word = self.peek()
        if not word or (wanted and word not in wanted):
            place = f"此处应为 {' 或 '.join(wanted) or '值'}，却是“{word or '结尾'}”"
            raise FeelError(place, "括号和引号要成对，比较写在值的前面，例如 > 300")
        self.at += 1
        return word

    def skip(self, sign: str) -> bool:
        is_there = self.peek() == sign
        self.at += is_there
        return is_there

    def literal(self) -> Value:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        word = self.take()
        if kind == "number":
            return _number(word)
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if word == "date":
            self.take("(")
            day = self.literal()
            self.take(")")
            return _day(day)
        if word == "@":
            return _day(self.literal())
        if kind == "word" and word in _WORDS:
            return _WORDS[word]
        known = {name.casefold(): name for name in (*_WORDS, "not", "date")}.get(word.casefold())
        remedy = f"请写 {known}（小写）" if known else f'文字要加双引号，请写 "{word}"'
        text = f"“{word}”不是数、文字、true、false、null 或 date(...)（文字要加双引号）"
        raise FeelError(text, remedy if kind == "word" else "")

    def end(self) -> None:
        if self.peek():
            raise FeelError(f"多余的内容“{self.peek()}”")


def _hint(rest: str) -> str:
    """Say what is meant where a keyboard, or another language, put other signs."""
    sign = rest.strip()[:1]
    if sign and sign in "“”，。；（）【】《》＝＞＜＂！–—":
        return "，请改用英文标点"
    return "，文字请用双引号" if sign == "'" else ""


def _number(word: str) -> int | float:
    """Read a number that can be compared without loss: a case keeps 15 digits that count."""
    if re.match(r"-?0[0-9]", word):
        raise FeelError(f"数“{word}”以0开头", "请去掉前面的0；千位不加逗号，例如 1000")
    if "." not in word:
        return int(word)
    if Decimal(repr(float(word))) != Decimal(word):
        raise FeelError(f"数“{word}”的有效数字超过15位")
    return float(word)


def _day(value: object) -> date:
    """Read a day written 2026-01-31; ISO 8601 knows more forms, S-FEEL does not."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise FeelError(f"“{value}”不是 年-月-日 形式的日期")


def literal(cell: str) -> Value:
    """Read an output cell: one literal, or empty for null.

    >>> literal('"REFUSE"'), literal("30"), literal("")
    ('REFUSE', 30, None)
    """
    if not cell.strip():
        return None
    reader = _Reader(cell)
    value = reader.literal()
    reader.end()
    return value


def listed(cell: str) -> list[Value]:
    """Read a list of literals: the values of an output, best first.

    >>> listed('"a,b", "c"')
    ['a,b', 'c']
    """
    reader = _Reader(cell)
    values = [reader.literal()]
    while reader.skip(","):
        values.append(reader.literal())
    reader.end()
    return values


def _align(value: object, bound: Value) -> tuple[object, Value]:
    """Return both in one comparable type; dates of the case arrive as ISO text."""
    if isinstance(bound, date) and isinstance(value, str):
        return _day(value), bound
    for kinds in ((bool,), (int, float), (str,), (date,)):
        if type(bound) in kinds:
            if type(value) in kinds:
                return value, bound
            break
    raise FeelError(f"不能拿“{value}”与“{bound}”比较，类型不同")


_ORDER: dict[str, Callable[[object, object], bool]] = {
    "<": lambda a, b: a < b,  # type: ignore[operator]  # aligned before
    "<=": lambda a, b: a <= b,  # type: ignore[operator]  # aligned before
    ">": lambda a, b: a > b,  # type: ignore[operator]  # aligned before
    ">=": lambda a, b: a >= b,  # type: ignore[operator]  # aligned before
}


def _equal(value: object, bound: Value) -> bool:
    if value is None or bound is None:
        return value is bound
    left, right = _align(value, bound)
    return left == right


def _ordered(sign: str, bound: Value) -> _Trial:
    if bound is None or isinstance(bound, bool):
        raise FeelError(f"“{sign}”后面要写数、文字或日期")
    compare = _ORDER[sign]

    def test(value: object) -> bool | None:
        if value is None:
            return None
        return compare(*_align(value, bound))

    return test


def _interval(reader: _Reader) -> _Trial:
    opening = reader.take("[", "(", "]")
    low = reader.literal()
    reader.take("..")
    high = reader.literal()
    closing = reader.take("]", ")", "[")
    above = _ordered(">=" if opening == "[" else ">", low)
    below = _ordered("<=" if closing == "]" else "<", high)
    if not _ORDER["<="](*_align(low, high)):
        raise FeelError("区间的下限大于上限")
    return lambda value: above(value) and below(value)


def _test(reader: _Reader) -> _Trial:
    if reader.peek() in ("[", "(", "]"):
        return _interval(reader)
    if reader.peek() in _ORDER:
        return _ordered(reader.take(), reader.literal())
    differs = reader.skip("!=")
    if not differs:
        reader.skip("=")
    bound = reader.literal()
    return lambda value: _equal(value, bound) != differs


def _tests(reader: _Reader) -> _Trial:
    tests = [_test(reader)]
    while reader.skip(","):
        tests.append(_test(reader))
    return tests[0] if len(tests) == 1 else lambda value: _any(tests, value)


def _any(tests: list[_Trial], value: object) -> bool | None:
    """Tell whether one of the tests says yes; None when none does and one cannot say."""
    is_unsure = False
    for test in tests:
        answer = test(value)
        if answer:
            return True
        is_unsure = is_unsure or answer is None
    return None if is_unsure else False


def unary_test(cell: str) -> Test | None:
    """Read an input cell; None when it accepts everything (`-` or empty).

    >>> test = unary_test("[60..120), 300")
    >>> [hours for hours in (59, 60, 120, 300) if test(hours)]
    [60, 300]
    """
    if cell.strip() in ("", "-"):
        return None
    reader = _Reader(cell)
    if reader.peek() == "not":
        reader.take()
        reader.take("(")
        inner = _tests(reader)
        reader.take(")")
        reader.end()
        return lambda value: inner(value) is False
    test = _tests(reader)
    reader.end()
    return lambda value: test(value) is True


def alternatives(cell: str) -> list[Test]:
    """Return the tests of a cell that is a list of them, one by one; nothing for another cell.

    >>> len(alternatives("1, > 5")), len(alternatives("not(1, 2)")), len(alternatives("1"))
    (2, 0, 0)
    """
    if cell.strip() in ("", "-"):
        return []
    reader = _Reader(cell)
    if reader.peek() == "not":
        return []
    tests = [_test(reader)]
    while reader.skip(","):
        tests.append(_test(reader))
    return [_said(test) for test in tests] if len(tests) > 1 else []


def _said(test: _Trial) -> Test:
    return lambda value: test(value) is True


def literals(cell: str) -> list[Value]:
    """Return the literals of an input cell: the values at which its answer can change.

    >>> literals('[60..120), 300'), literals('not("a")')
    ([60, 120, 300], ['a'])
    """
    return list(_literals(cell))


@lru_cache(maxsize=4096)
def _literals(cell: str) -> tuple[Value, ...]:
    """Read a cell once: tables say the same few things in hundreds of cells."""
    if unary_test(cell) is None:
        return ()
    values: list[Value] = []
    reader = _Reader(cell)
    while reader.peek():
        kind, word = reader.tokens[reader.at]
        if kind in ("number", "text") or word in _WORDS or word in ("date", "@"):
            values.append(reader.literal())
        else:
            reader.take()
    return tuple(values)
