"""How a document lies on its sheets: nothing off the paper, cut, printed over or too small.

What is insisted on stands in `pdfgen/layout.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import groupby, pairwise
from typing import Any

from pdfgen import given
from pdfgen.fields import Place
from pdfgen.text_layer import folded
from pdfgen.trial.placed import Box, Placed, Run

_MM = 72 / 25.4
_SLACK = 1.0  #: points by which a text may lie outside what is cut: its box is an estimate
_TOTAL = re.compile("共([0-9]+)页")
_PLAIN = str.maketrans("", "", "“”")
_SAID = 12  #: characters of a text that are told


@lru_cache(maxsize=1)
def _declared() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("pdfgen").joinpath("layout.toml").read_text("utf-8"))


def insists_on(kind: str, what: str) -> bool:
    """Tell whether something is insisted on for a kind of data.

    >>> insists_on("end", "sheets"), insists_on("letter", "sheets")
    (True, False)
    """
    return what in _declared()["kind"].get(given.root(kind), {})


class Layout:
    """One document, as it was set with values that can be told from each other."""

    def __init__(
        self, kind: str, made: Placed, fields: Mapping[str, Place], shown: Mapping[str, str]
    ) -> None:
        """Take the kind of data, where all stands, and each value as it is printed, by its path."""
        declared = _declared()
        self._insists: Mapping[str, Any] = declared["kind"].get(given.root(kind), {})
        self._made, self._fields, self._shown = made, fields, shown
        self._read = [run for run in made.runs if not run.is_dress and run.text.strip()]
        self._level = [run for run in self._read if run.is_level]
        self._folded = [(run, folded(run.text)) for run in self._read]
        self._whole = "".join(text for _, text in self._folded)

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong, in Chinese."""
        yield from self._sheets()
        yield from self._off()
        yield from self._dressed()
        yield from self._over()
        yield from self._pictures()
        yield from self._seals()
        yield from self._headed()
        yield from self._counted()
        yield from self._columns()
        yield from self._beside()

    def small(self, path: str, what: str) -> str:
        """Say what is wrong with how a value is printed that must be; empty: nothing."""
        sizes, lines = [], []
        for runs in self._with(self._shown[path]):
            sizes.append(max(run.size for run in runs))
            lines.append(len({round(run.box[1]) for run in runs}))
        least = float(self._insists.get("least_pt", 0))
        if sizes and max(sizes) < least:
            return f"“{what}”只有 {max(sizes):g} 磅大，至少应为 {least:g} 磅，请改大字号"
        if lines and min(lines) > _declared()["lines"]:
            return f"“{what}”分成了 {min(lines)} 行，所在的栏太窄，请放宽这一栏"
        return ""

    def _with(self, value: str) -> Iterator[list[Run]]:
        """Yield the texts that a value stands in, at each place where it does."""
        whole = self._whole
        at = whole.find(value) if value else -1
        while at >= 0:
            reached, within = 0, []
            for run, text in self._folded:
                if reached < at + len(value) and reached + len(text) > at:
                    within.append(run)
                reached += len(text)
            yield within
            at = whole.find(value, at + len(value))

    def _sheets(self) -> Iterator[str]:
        most = self._insists.get("sheets", len(self._made.sheets))
        if len(self._made.sheets) > most:
            yield f"排成了 {len(self._made.sheets)} 页，应在 {most} 页之内，请缩小间距或者边距"

    def _off(self) -> Iterator[str]:
        edge = _declared()["edge_mm"] * _MM
        for run in self._read:
            width, height = self._made.sheets[run.page]
            sheet = (edge, edge, width - edge, height - edge)
            if not _holds(sheet, run.box):
                yield f"“{_said(run)}”印在纸外或者离纸边不到 {_declared()['edge_mm']} 毫米"
            elif run.clip is not None and not _holds(run.clip, run.box):
                yield f"“{_said(run)}”印不全，被裁去了一部分（clip）"

    def _dressed(self) -> Iterator[str]:
        """Yield frames behind the text that reach beyond the sheet: drawn for another one."""
        for page, (left, foot, right, top) in self._made.frames:
            width, height = self._made.sheets[page]
            if not _holds((0, 0, width, height), (left, foot, right, top)):
                frame, sheet = (
                    f"{across / _MM:.0f}×{up / _MM:.0f}"
                    for across, up in ((right - left, top - foot), (width, height))
                )
                yield f"背景中的边框是 {frame} 毫米，纸是 {sheet} 毫米，请按纸的大小画"
                return

    def _over(self) -> Iterator[str]:
        most = _declared()["covered"]
        for _, runs in groupby(self._level, key=lambda run: run.page):
            lying = sorted(runs, key=lambda run: run.box[1])
            for one, other in _near(lying):
                if _covered(one.box, other.box) > most:
                    yield f"“{_said(one)}”和“{_said(other)}”叠印在一起，请加大间距"

    def _pictures(self) -> Iterator[str]:
        named_so = "".join(picture.alt for picture in self._made.pictures)
        for words in self._insists.get("pictures", ()):
            if not any(word in named_so for word in words.split("|")):
                yield f"没有说明为“{words.split('|')[0]}”的图片，请核对 picture 的说明文字"
        said = [picture.alt for picture in self._made.pictures if picture.alt]
        if alike := next((alt for alt in said if said.count(alt) > 1), ""):
            yield f"两个图片的说明都是“{alike}”，看不见图片的人不能区分，请写成不同的"
        for picture in self._made.pictures:
            left, foot, right, top = picture.box
            width, height = self._made.sheets[picture.page]
            named = f"“{picture.alt}”"
            if not _holds((0, 0, width, height), picture.box):
                yield f"{named}印在纸外"
            least = next(
                (mm for word, mm in _declared()["picture"].items() if word in picture.alt), 0
            )
            if min(right - left, top - foot) < least * _MM - _SLACK:
                side = min(right - left, top - foot) / _MM
                yield f"{named}只有 {side:.0f} 毫米宽，至少应为 {least} 毫米，否则不能识读"
            for run in self._level:
                if run.page == picture.page and _covered(run.box, picture.box) > 2 * _SLACK / 8:
                    yield f"“{_said(run)}”印在{named}上，请加大间距"

    def _seals(self) -> Iterator[str]:
        for name, place in self._fields.items():
            asked = _declared()["seal"].get(name)
            if asked is None:
                continue
            width, height = self._made.sheets[place.page]
            if not _holds((0, 0, width, height), place.box):
                yield f"“{place.label}”的位置在纸外"
            sides = (place.box[2] - place.box[0], place.box[3] - place.box[1])
            least = [side * _MM - _SLACK for side in asked["least_mm"]]
            if sides[0] < least[0] or sides[1] < least[1]:
                wanted = "×".join(map(str, asked["least_mm"]))
                has = "×".join(f"{side / _MM:.0f}" for side in sides)
                yield f"“{place.label}”的位置只有 {has} 毫米，至少应为 {wanted} 毫米"
            words = asked["label"].split("|")
            if not any(word in place.label for word in words):
                yield f"名称为“{name}”的位置写的是“{place.label}”，应写明{'或者'.join(words)}"
            known = [path for path in asked["over"] if path in self._shown]
            below = folded("".join(run.text for run in self._below(place)))
            if known and not any(self._shown[path] in below for path in known):
                yield f"“{place.label}”之处没有印出盖章者的名称，请写 #data.{known[0]}"

    def _below(self, place: Place) -> Iterator[Run]:
        left, foot, right, top = place.box
        for run in self._level:
            across, up = (run.box[0] + run.box[2]) / 2, (run.box[1] + run.box[3]) / 2
            if run.page == place.page and left <= across <= right and foot <= up <= top:
                yield run

    def _headed(self) -> Iterator[str]:
        least = self._insists.get("heading_pt")
        if least is None:
            return
        large = folded("".join(run.text for run in self._level if run.size >= least))
        if not large:
            yield "没有标题，请写 heading 或者 “= 标题”"
        elif self._insists.get("titled") and folded(self._made.title) not in large:
            yield f"没有标题“{self._made.title}”，请写 heading(title)"

    def _counted(self) -> Iterator[str]:
        ways = self._insists.get("counted", ())
        pages = len(self._made.sheets)
        for at in range(pages) if ways else ():
            words = folded("".join(run.text for run in self._read if run.page == at))
            if not any(way.format(page=at + 1, pages=pages) in words for way in ways):
                yield "没有页码，请在页脚写 page-of"
                return
            total = _TOTAL.search(words)
            if total and int(total[1]) != pages:
                yield f"写的是共 {total[1]} 页，共有 {pages} 页，请写 counter(page).final()"
                return

    def _columns(self) -> Iterator[str]:
        """Yield heads of columns with another value in the first row below them."""
        known: Mapping[str, list[str]] = _declared()["columns"]
        told = [(folded(run.text), run) for run in self._level]
        for is_head, runs in groupby(enumerate(told), key=lambda item: item[1][0] in known):
            if not is_head:
                continue
            placed = list(runs)
            heads, behind = [name for _, (name, _) in placed], placed[-1][0] + 1
            rest = "".join(text for text, _ in told[behind:])
            for name in heads if len(heads) > 1 else ():
                path, mark = next(
                    (item for item in self._shown.items() if rest.startswith(item[1])), ("", "")
                )
                if path and path not in known[name]:
                    yield f"表头“{name}”之下印出的是 data.{path}"
                rest = rest.removeprefix(mark) if mark else rest.lstrip("0123456789")

    def _beside(self) -> Iterator[str]:
        """Yield labels that do not stand at the left of their values."""
        for label, value in pairwise(self._level):
            name, text = folded(label.text), folded(value.text)
            paths = given.labels().get(name, ())
            if not any(text.startswith(self._shown[path]) for path in paths if path in self._shown):
                continue
            apart = abs(label.box[1] + label.box[3] - value.box[1] - value.box[3]) / 2
            if apart > max(label.size, value.size) or value.box[0] < label.box[2] - _SLACK:
                yield f"“{name}”和它的值没有排在一行，请核对栏数和栏宽"


def _near(lying: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """Yield the pairs that share a height, of runs from the foot of a sheet upwards."""
    for at, one in enumerate(lying):
        top = one.box[3]
        for other in lying[at + 1 :]:
            if other.box[1] >= top:
                break
            yield one, other


def _said(run: Run) -> str:
    text = run.text.strip().translate(_PLAIN)
    return text if len(text) <= _SAID else f"{text[:_SAID]}…"


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] - _SLACK <= inner[0]
        and outer[1] - _SLACK <= inner[1]
        and inner[2] <= outer[2] + _SLACK
        and inner[3] <= outer[3] + _SLACK
    )


def _covered(one: Box, other: Box) -> float:
    """Return which part of the smaller of two boxes the other one covers."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or up <= 0:
        return 0.0
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return across * up / min(sizes) if min(sizes) > 0 else 0.0
