"""Catalogues that say in English what a type says in Chinese: `english/NAME.po`, as typed.

One that cannot be read would end every page for whoever reads English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from refusals.rules import insists

_TEXT = r'"(?:[^"\\]|\\.)*"'
_LINE = re.compile(
    rf"(?:#.*|(?P<what>msgctxt|msgid|msgid_plural|msgstr)(?:\[[0-9]\])?\s+{_TEXT}|{_TEXT})?"
)
_NAMED = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")
_AFTER = {"msgid": ("msgstr", "msgid_plural"), "msgid_plural": ("msgstr",), "msgctxt": ("msgid",)}


@insists("E_TEXT")
def faults(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield what is wrong with a catalogue, and what to do; of lines that are none the first.

    >>> [wrong for wrong, _ in faults('msgid "甲\nmsgstr "A"')]
    ['第 1 行不是 msgid、msgstr 和加双引号的文字']
    >>> [wrong for wrong, _ in faults('msgid "{DRAFT}内"\nmsgstr "in time"')]
    ['第 2 行的英文没有写 {DRAFT}']
    """
    before, said = "", {"msgid": "", "msgstr": ""}
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            wrong = f"第 {number} 行不是 msgid、msgstr 和加双引号的文字"
            yield wrong, '请写成 msgid "中文" 和 msgstr "英文"，文字中的双引号写成 \\"'
            return
        what = found["what"] or ""
        if what and before in _AFTER and what not in _AFTER[before]:
            yield f"第 {number} 行之前的 {before} 没有 msgstr", "请补上 msgstr，没有英文的写空"
            return
        if what in ("msgctxt", "msgid") or (not line.strip() and before == "msgstr"):
            yield from _unnamed(number - 1, said)
            said = {"msgid": "", "msgstr": ""}
        before = what or before
        if before in said and not line.lstrip().startswith("#"):
            said[before] += line
    if before in _AFTER:
        yield f"最后的 {before} 没有 msgstr", "文件可能不完整，请补上 msgstr"
        return
    yield from _unnamed(len(text.splitlines()), said)


@insists("E_TEXT")
def _unnamed(number: int, said: dict[str, str]) -> Iterator[tuple[str, str]]:
    names = {*_NAMED.findall(said["msgid"])}
    english = {*_NAMED.findall(said["msgstr"])}
    has_english = said["msgstr"].partition('"')[2].strip('"')
    lacking, strange = sorted(names - english), sorted(english - names)
    if has_english and lacking:
        yield f"第 {number} 行的英文没有写 {lacking[0]}", "请照写中文里花括号中的名称"
    elif has_english and strange:
        yield f"第 {number} 行的英文写了 {strange[0]}，中文里没有", "请照写中文里花括号中的名称"
