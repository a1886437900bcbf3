"""What is printed in a document that was set: read back, and held against what it must show.

Each value of the sample data has a text or day of its own, so that it is seen which one stands
where. What is demanded stands in `given.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pdfgen import given
from pdfgen.templates import RenderedDocument
from pdfgen.text_layer import folded
from pdfgen.trial import layout, placed
from pdfgen.trial.layout import Layout

_SEALS = {"applicant": "申请人签名", "enterprise": "聘用企业盖章", "agency": "行政机关盖章"}
_NEAR = 12  #: characters before a value that name it
_ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: A day, but none of a law: （2019年4月23日修正）, 自2027年1月1日起施行.
_DAY = re.compile("(?<![《(0-9])[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日(?!起?(?:施|执)行|发布|公布|修)")


class Look:
    """A look at one document, set with data after data."""

    def __init__(self, kind: str, document: str, marked: Mapping[str, str | int]) -> None:
        self._says = given.says(kind, document)
        self._must, self._signed = given.must(kind, document), given.signed(kind, document)
        self._kind = kind
        self._has_one_sheet = layout.insists_on(kind, "sheets")  #: each variant has to fit
        self._shown = {path: _printed(value) for path, value in marked.items()}
        self._is_known = bool(self._says or self._must or self._signed)
        self._is_letter = kind == "letter"  #: each of its variants is read: it tells a decision
        self._said: list[list[given.Said]] = [[]]  #: what those that were read had to say
        self._read: list[tuple[str, Layout]] = []  #: legible words and layout of what was read
        self._unread: list[RenderedDocument] = []
        self._words: list[str] = []  #: of what was read, with what nobody can read

    def at(self, data: Mapping[str, Any], made: RenderedDocument) -> tuple[str, bool]:
        """Look at the document set with `data`; say what is wrong, and whether it misleads.

        An empty text: nothing is.
        """
        for name in self._signed:
            if name not in made.fields:
                seal = _SEALS[name]
                return f"没有{seal}的位置，请写 sealed 或者 anchor，名称为“{name}”", False
        said = [said for said in self._says if said.concerns(data)]
        is_said = said in self._said and not (said and self._is_letter)
        if not self._is_known or (self._read and is_said and not self._has_one_sheet):
            self._unread.append(made)
            return "", False
        self._said.append(said)
        words, legible, here = self._looked(made)
        self._read.append((legible, here))
        self._words.append(words)
        if wrong := _misleads(said, words):
            return wrong, True
        return next(
            (wrong for part in (self._mistaken(words), here.mistakes()) for wrong in part), ""
        ), False

    def lacking(self) -> str:
        """Say what stands in none of the documents that were set, empty: everything stands."""
        for path, what in given.behind().items():
            if self._must and path in self._shown and not self._is_behind(path):
                return f"没有印出{what}，请写 #data.{path}"
        lacking = {path: what for path, what in self._must.items() if path in self._shown}
        for words, here in self._all_read():
            printed = {path for path in lacking if self._in(path, words)}
            for path in sorted(printed):
                if small := here.small(path, lacking[path]):
                    return small
            lacking = {path: what for path, what in lacking.items() if path not in printed}
            if not lacking:
                return ""
        told = "没有印出{}（或者小得、淡得看不见），请写 #data.{}"
        return next((told.format(what, path) for path, what in lacking.items()), "")

    def _is_behind(self, path: str) -> bool:
        """Tell whether a value is printed, be it behind the text."""
        return any(self._shown[path] in words for words in self._words)

    def _all_read(self) -> Iterator[tuple[str, Layout]]:
        yield from self._read
        for made in self._unread:
            _, legible, here = self._looked(made)
            yield legible, here

    def _looked(self, made: RenderedDocument) -> tuple[str, str, Layout]:
        """Return the words of a document, those that people can read, and how it lies."""
        lies = placed.read(made.pdf)
        words = folded("".join(run.text for run in lies.runs))
        legible = folded("".join(run.text for run in lies.runs if run.is_seen))
        return words, legible, Layout(self._kind, lies, made.fields, self._shown)

    def _in(self, path: str, words: str) -> bool:
        """Tell whether a value is printed, of a day at least the month."""
        return self._shown[path].partition("月")[0] in words

    def _mistaken(self, words: str) -> Iterator[str]:
        """Yield labels with another value beside them, and days that are no words."""
        for label, paths in given.labels().items():
            before, _, behind_it = label.partition("{}")
            for behind in words.split(before)[1:]:
                after = behind.removeprefix(":").removeprefix("：")
                strange = [
                    path
                    for path, mark in self._shown.items()
                    if after.startswith(f"{mark}{behind_it}")
                ]
                if strange and strange[0] not in paths:
                    known = [path for path in paths if path in self._shown]
                    meant = f"，应为 #data.{known[0]}" if len(known) == 1 else ""
                    yield f"“{label}”之后印出的是 data.{strange[0]}{meant}"
        for path, asked in given.beside().items():
            ahead = words.split(self._shown[path])[:-1] if path in self._shown else []
            if ahead and not any(word in part[-_NEAR:] for part in ahead for word in asked):
                yield f"data.{path} 之前没有写“{'”或者“'.join(asked)}”，读的人不知道它是什么"
        title, text = (self._shown.get(f"answers.{name}", "") for name in ("title", "text"))
        if title and f"{text}{title}" in words and f"{title}{text}" not in words:
            yield "先印出了 data.answers 的 text，后印出 title：请先印标题，再印内容"
        if written := _ISO.search(words):
            yield f"日期印成了“{written[0]}”这样的写法，请写 #day(data.…)"
        for mark in self._shown.values():
            words = words.replace(mark, "　")
        if day := _DAY.search(words):
            yield f"写死了日期“{day[0]}”，请写 #day(data.…)"


def _printed(value: str | int) -> str:
    """Return a text, number or day as a document has it."""
    if isinstance(value, int) or not _ISO.fullmatch(value):
        return str(value)
    year, month, day = map(int, value.split("-"))
    return f"{year}年{month}月{day}日"


def _misleads(wanted: Iterable[given.Said], words: str) -> str:
    """Return what is wrong with the words of a document, by what was decided; empty: nothing."""
    for said in wanted:
        truths = [
            f"data.{name} 为 {is_so if isinstance(is_so, str) else str(is_so).lower()}"
            for name, is_so in said.when.items()
        ]
        case = f"{'、'.join(truths)} 时" if truths else ""
        for asked in said.must:
            ways = asked.split("|")
            if not any(way in words for way in ways):
                return f"{case}没有写“{'”或者“'.join(ways)}”，读的人会误解结果".strip()
        for word in said.never:
            if word in words:
                return f"{case}写了“{word}”，读的人会误解结果".strip()
    return ""
