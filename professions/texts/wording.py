"""Texts of a registration type that name periods and figures, `{CORRECTION_REPLY}`.

A figure that stands in a text as well as in the table is true only until one of them changes; so
the check refuses a period that is written out, and a name that nothing gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from professions import vocabulary

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NUMBER = r"(?:[0-9]{1,6}|[一二三四五六七八九十百]{1,8})"
#: A period that is written out: 15 个工作日, 六十日内, 6 个月, 3 年; no date such as 3月18日, and
#: no age of a paper such as 近六个月.
_WRITTEN = re.compile(
    rf"(?<![第近0-9一二三四五六七八九十百])(?<!近期（){_NUMBER} ?个(?:工作日|月)|"
    rf"(?<![月0-9一二三四五六七八九十百])(?<!月 )(?:[0-9]{{1,6}} ?日|{_NUMBER}日内)|"
    r"(?<![0-9])[0-9]{1,2} ?年(?! ?[0-9]|内不得)"
)
_DIGITS = "零一二三四五六七八九"


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put the words in; what nothing gives stays, as the check has told.

    >>> fill("补正通知后{CORRECTION_REPLY}未补正的，{x}", {"CORRECTION_REPLY": "15个工作日"})
    '补正通知后15个工作日未补正的，{x}'
    """
    return _PLACE.sub(lambda place: facts.get(place[1], place[0]), text)


def faults(text: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a text, and what to do.

    >>> list(faults("15个工作日内，3月18日，{DRFT}", ["DRAFT"]))[0][0]
    '文字中写死了期限“15个工作日”'
    """
    for written in dict.fromkeys(_WRITTEN.findall(text)):
        remedy = "请写期限表中的名称，例如 {CORRECTION_REPLY}，期限改变时文字随之改变"
        yield f"文字中写死了期限“{written}”", remedy
    for name in dict.fromkeys(_PLACE.findall(text)):
        if name not in known:
            close = get_close_matches(name, sorted(known), n=1)
            hint = f"是不是 {{{close[0]}}}？" if close else ""
            yield f"没有期限或者参数“{name}”", f"{hint}请改正名称"


def of_units(text: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield figures beside which a text writes another unit than theirs, and what to do.

    >>> known = ["renewal_open_days", "DRAFT", "validity_years"]
    >>> list(of_units("提前{renewal_open_days}个月，{DRAFT}日内，{validity_years} 年", known))
    [('“{renewal_open_days}”以“天”计，后面写的却是“个月”', '请改为“天”'), \
('“{DRAFT}”已经含有单位，后面又写了“日”', '请删除“日”')]
    """
    for place in _NAMED.finditer(text):
        if place[1] and place[1] not in known:  # told by `faults`
            continue
        unit = vocabulary.FIGURES.get(place[1] or "", "")
        behind = text[place.end() : place.end() + _UNIT_WITHIN]
        word = vocabulary.follows_other_unit(behind, unit)
        if word and unit:
            own = vocabulary.UNITS[unit][0]
            yield f"“{place[0]}”以“{own}”计，后面写的却是“{word}”", f"请改为“{own}”"
        elif word:
            yield f"“{place[0]}”已经含有单位，后面又写了“{word}”", f"请删除“{word}”"


_UNIT_WITHIN = 20  #: characters behind a figure, with blanks
#: A figure or a period as texts name it, and a period as templates do.
_NAMED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}|#data\.periods\.[a-z_]+;?")


def chinese(number: int) -> str:
    """Write a number up to 9999 as letters do.

    >>> [chinese(number) for number in (5, 10, 15, 20, 60, 105, 180, 3660)]
    ['五', '十', '十五', '二十', '六十', '一百零五', '一百八十', '三千六百六十']
    """
    if number == 0:
        return _DIGITS[0]
    said, skipped = "", False
    for unit, value in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // value % 10
        if digit:
            said += (_DIGITS[0] if skipped and said else "") + _DIGITS[digit] + unit
        skipped = digit == 0
    return said.removeprefix("一") if said.startswith("一十") else said
