"""The fields in which the values of a play are typed, by what each may be: a word, a record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from casework import why
from casework.studio.refusals import PlayValueRefused
from professions import vocabulary
from refusals.faults import Fault
from registry import readings
from registry.applications import decisions

_FLAGS = (("true", "是"), ("false", "否"))
_NOTHING = ("", "（空）")
#: What people may answer at a task, as `professions.tasks.ACTS` has it: results of officers as
#: the case tells them, and what applicants and enterprises press.
ANSWERS: Mapping[str, str] = decisions.OUTCOMES | {
    "agree": "同意",
    "cancel": "取消",
    "edit": "修改",
    "object": "不同意",
    "resubmit": "重新提交",
    "retry": "重试",
    "return": "退回",
    "submit": "提出",
    "without_enterprise": "不经企业办理",
}
_NUMBER, _RECORD, _FLAG, _TEXT = "number", "record", "flag", "text"


@dataclass(frozen=True, kw_only=True)
class PlayField:
    """One value to be typed or chosen."""

    name: str  #: of the field on the page
    title: str
    kind: Mapping[str, Any]  #: as `casework.scenarios.playing.described`
    typed: str

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return what may be chosen; empty when it is typed."""
        if self.kind["kind"] == _FLAG:
            return [_NOTHING, *_FLAGS] if self.kind["or_null"] else [*_FLAGS]
        words = [(word, _called(word)) for word in self.kind["words"]]
        return [_NOTHING, *words] if words and self.kind["or_null"] else words


def fields(
    prefix: str, kinds: Mapping[str, Mapping[str, Any]], usual: Mapping[str, Any], typed: Any
) -> list[PlayField]:
    """Return the fields for some values, of a record one by one; `typed` goes before usual."""
    return list(_fields(prefix, kinds, usual, typed, ""))


def _fields(
    prefix: str,
    kinds: Mapping[str, Mapping[str, Any]],
    usual: Mapping[str, Any],
    typed: Any,
    around: str,
) -> Iterator[PlayField]:
    for key, kind in kinds.items():
        name = f"{prefix}.{key}"
        title = f"{around}{vocabulary.TITLES.get(key, key)}"
        value = usual.get(key)
        if kind["kind"] == _RECORD:
            inner = value if isinstance(value, Mapping) else {}
            yield from _fields(name, kind["keys"], inner, typed, f"{title}：")
        else:
            shown = typed.get(name, _shown(value))
            yield PlayField(name=name, title=title, kind=kind, typed=shown)


def read(
    prefix: str, kinds: Mapping[str, Mapping[str, Any]], usual: Mapping[str, Any], typed: Any
) -> tuple[dict[str, Any], dict[str, Fault]]:
    """Read the values that differ from the usual, and what is wrong with them by field."""
    values, faults = dict[str, Any](), dict[str, Fault]()
    for key, kind in kinds.items():
        name, before = f"{prefix}.{key}", usual.get(key)
        if kind["kind"] == _RECORD:
            inner = dict(before) if isinstance(before, Mapping) else {}
            said, wrong = read(name, kind["keys"], inner, typed)
            faults |= wrong
            value: Any = inner | said
        else:
            if name not in typed:
                continue
            try:
                value = _value(kind, typed[name], vocabulary.TITLES.get(key, key))
            except PlayValueRefused as refusal:
                faults[name] = Fault(str(refusal), refusal.code)
                continue
        if value != before or type(value) is not type(before):
            values[key] = value
    return values, faults


def _value(kind: Mapping[str, Any], text: str, title: str) -> Any:
    """Read one value. Raises PlayValueRefused."""
    text = text.strip()
    if not text:
        return "" if kind["kind"] == _TEXT else None
    if kind["kind"] == _FLAG:
        if text not in dict(_FLAGS):
            raise PlayValueRefused(name=title, wanted="是或者否")
        return text == "true"
    if kind["words"]:
        if text not in kind["words"]:
            raise PlayValueRefused(name=title, wanted="所列的值之一")
        return text
    if kind["kind"] == _NUMBER:
        try:
            number = float(readings.amount(text))
        except (ValueError, OverflowError) as error:
            raise PlayValueRefused(name=title, wanted="数，例如 30") from error
        return int(number) if number.is_integer() else number
    if kind["kind"] == _TEXT:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _called(word: str) -> str:
    said = ANSWERS.get(word) or why.words(word)
    return said if said == word else f"{said}（{word}）"
