"""What a type may not choose: what its rule fixes, and the frame of its numbers.

`professions/rules.toml` holds what each rule fixes, with its article. A flag that was unticked by a
slip would register people for years whom the rule lets go at 65, and no text would show it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.language.nearest import hint
from professions import forms
from professions.checks.said import fields
from professions.forms import FormUnusable
from professions.manifests import MANIFEST, Copies, RegistrationType
from refusals.rules import insists

Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What one article of a rule, or one list of the nation, fixes."""

    article: str
    unread: bool = False  #: written from memory: nobody has held it against the source yet
    says: Mapping[str, Any] = field(default_factory=dict)  #: entry of the manifest → its value
    offers: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: field → what it offers


_DATA = Path(__file__).parents[2] / "rules.toml"
#: By the name of the rule, without marks.
FIXED: Mapping[str, tuple[Fixed, ...]] = {
    rule: tuple(Fixed(**told) for told in entries)
    for rule, entries in tomllib.loads(_DATA.read_text("utf-8")).items()
}


def faults(kind: RegistrationType) -> Iterator[Placed]:
    """Yield entries of the manifest that are not as they must be."""
    yield from _by_rule(kind)
    yield from _offered(kind)
    yield from _whole(kind)
    yield from _numbers(kind)
    if not _LEAST_DAYS <= kind.copies.days <= Copies.days:
        yield from _copies(kind)


@insists("E_RULE_FIXES")
def _by_rule(kind: RegistrationType) -> Iterator[Placed]:
    for fixed in FIXED.get(kind.law.rule.strip("《》"), ()):
        for entry, wanted in fixed.says.items():
            has = _entry(kind, entry)
            if has != wanted and not _is_demonstration(entry, has):
                text = f"{entry} 是 {_written(has)}，{fixed.article}定为 {_written(wanted)}"
                yield MANIFEST, entry, text, f"请写 {entry.rpartition('.')[2]} = {_written(wanted)}"


@insists("E_RULE_FIXES")
def _offered(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that forms offer every speciality that the rule knows; they may offer more."""
    for fixed in FIXED.get(kind.law.rule.strip("《》"), ()):
        for matter in kind.matters if fixed.offers else ():
            for asked in _fields(kind, matter.form):
                known = [value for value, _ in asked.options]
                lacking = [word for word in fixed.offers.get(asked.name, ()) if word not in known]
                if known and lacking:
                    text = f"{asked.title}没有“{lacking[0]}”，{fixed.article}列有这一项"
                    hinted = hint(lacking[0], [*map(str, known)])
                    remedy = f"{hinted}请补上或者改正{_UNREAD if fixed.unread else ''}"
                    yield f"forms/{matter.form}.schema.json", asked.name, text, remedy


@insists("E_HOUSE_FIELD")
def _whole(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that a form offers every choice that its matter cannot do without."""
    for matter in kind.matters:
        for asked in _fields(kind, matter.form):
            known = fields.KNOWN.get(asked.name, {})
            has = {value for value, _ in asked.options}
            wanted = known.get("whole", {}).get(matter.code, ()) if has else ()
            for value in (value for value in wanted if value not in has):
                called = "”或者“".join(
                    word for word in known["offers"][value] if not word.startswith("!")
                )
                text = f"{asked.title}没有“{called}”的一项（{value}）"
                remedy = f"请补上 const 为 {value} 的一项，否则有人不能办理"
                yield f"forms/{matter.form}.schema.json", asked.name, text, remedy


def _fields(kind: RegistrationType, form: str | None) -> list[forms.Field]:
    try:
        return kind.form(form).fields_by_name() if form else []
    except FormUnusable:  # told by the check of forms
        return []


_UNREAD = "；这一出处还没有对照原文，请发证机关核对，有误的告知维护人员"


def _is_demonstration(entry: str, has: object) -> bool:
    """Tell whether a code says of itself that it is none: refused elsewhere, where it counts."""
    return entry == "certificate.type_code" and str(has).startswith("DEMO")


def _entry(kind: RegistrationType, entry: str) -> object:
    """Return what a manifest says at an entry, or what holds where it says nothing."""
    section, _, name = entry.partition(".")
    return getattr({"applicant": kind, "certificate": kind.face}[section], name)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "没有写" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


_LEAST_DAYS = 30  #: a copy is shown in procedures that last for weeks; 18 was meant to be 180


@insists("E_RULE_FIXES")
def _copies(kind: RegistrationType) -> Iterator[Placed]:
    text = (
        f"copies.days 是 {kind.copies.days}，加注使用的期限在 {_LEAST_DAYS} 至 {Copies.days} 日之间"
    )
    yield (
        MANIFEST,
        "copies.days",
        text,
        f"请写 {_LEAST_DAYS} 至 {Copies.days}，通常是 {Copies.days}",
    )


#: Letters that belong to a profession, by kind of number, between what the house writes itself.
_FRAMES = {
    "application": r"(?:31|{province})([A-Z0-9]+?){matter}{date}{serial}{check}",
    "registration": r"([A-Z0-9]+?){yy}{province}{serial}",
    "certificate": r"DZ(?:31|{province})([A-Z0-9]+?){yyyy}{serial}{check}",
}


@insists("E_NUMBER_FRAME")
def _numbers(kind: RegistrationType) -> Iterator[Placed]:
    """Insist that the three numbers are built alike and bear one mark of the profession."""
    marks = dict[str, str]()
    for name, frame in _FRAMES.items():
        pattern = getattr(kind.numbers, name)
        found = re.fullmatch(frame.replace("{", r"\{").replace("}", r"\}"), pattern)
        if found is None:
            shown = re.sub(r"\(\[.*?\)", "字母", frame).replace("(?:31|{province})", "31")
            text = f"编号规则“{pattern}”的各段不是“{shown}”"
            remedy = f"请写成 {shown}，“字母”是本注册类型自己的，例如 J2"
            yield MANIFEST, f"numbers.{name}", text, remedy
        else:
            marks[name] = found[1]
    usual = max(marks.values(), key=[*marks.values()].count, default="")
    for name, mark in marks.items():
        if mark != usual:
            text = f"编号规则用的字母是“{mark}”，其他编号用的是“{usual}”"
            yield MANIFEST, f"numbers.{name}", text, "三种编号请用同样的字母"
