"""`type.toml` as a form: each entry with its name, read and changed; notes and layout stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from casework.studio.comparing.words import MANIFEST as WORDS
from refusals.refusal import Refusal
from registry.law.figures import SPECS

Place = tuple[str | int, ...]
TEXT, NUMBER, YES, LINES = "text", "number", "yes", "lines"


class ManifestAnswerRefused(Refusal):
    """“{title}”不能使用“{value}”：{why}。请改正。"""

    code = "E_MANIFEST_ANSWER"


class ManifestUnreadable(Refusal):
    """清单 type.toml 不是可用的 TOML（{reason}），请在文件中修改后再按项目编辑。"""

    code = "E_MANIFEST_UNREADABLE"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry as the page asks for it."""

    name: str  #: its place, joined by points: certificate.title, matter.0.title
    title: str
    kind: str
    value: str  #: as it is typed; of a list one line each
    hint: str = ""
    is_needed: bool = True


@dataclass(frozen=True, kw_only=True)
class _Asked:
    name: str
    kind: str = TEXT
    hint: str = ""
    is_needed: bool = True


_ASKED: Mapping[str, tuple[_Asked, ...]] = {
    "": (
        _Asked(name="title", hint="申请人看到的名称"),
        _Asked(name="authority"),
        _Asked(name="order", kind=NUMBER, hint="在页面上排在第几位，小的在前"),
    ),
    "certificate": (
        _Asked(name="title", hint="印在证书上"),
        _Asked(name="english", hint="印在证书上，大写", is_needed=False),
        _Asked(name="type_code", hint="GB/T 36904 的21位代码；演示以 DEMO 开头"),
    ),
    "copies": (
        _Asked(name="days", kind=NUMBER, hint="加注使用最长几日，含首尾两日", is_needed=False),
        _Asked(name="until_maximum_age", kind=YES, is_needed=False),
    ),
    "employer": (_Asked(name="qualification", is_needed=False),),
    "law": (
        _Asked(name="rule", hint="带书名号，文书引用"),
        _Asked(name="review_bodies", kind=LINES, hint="每行一个"),
    ),
    "numbers": (
        _Asked(name="application", hint="例如 31J2{matter}{date}{serial}{check}"),
        _Asked(name="registration", hint="例如 J2{yy}{province}{serial}"),
        _Asked(name="certificate", hint="例如 DZ31J2{yyyy}{serial}{check}"),
    ),
    "applicant": (
        _Asked(name="minimum_age", kind=NUMBER, hint="周岁"),
        _Asked(name="maximum_age", kind=NUMBER, hint="周岁；没有上限时空着", is_needed=False),
        _Asked(name="ends_at_maximum_age", kind=YES, is_needed=False),
    ),
}
_MORE = {"ends_at_maximum_age": "注册至届满年龄的前一日"}
_CONFIRMATION = (_Asked(name="title"), _Asked(name="verb"), _Asked(name="text"))


def sections(text: str) -> list[tuple[str, list[Entry]]]:
    """Give what the page asks, by section. Raises ManifestUnreadable."""
    manifest = _parsed(text).unwrap()
    asked = [
        (WORDS.get(section, "基本信息"), list(_entries(manifest, section)))
        for section in _ASKED
        if not section or section in manifest
    ]
    figures = manifest.get("figures", {})
    return [
        *asked,
        (
            WORDS["figures"],
            [
                Entry(
                    name=f"figures.{name}",
                    title=spec.label,
                    kind=YES if isinstance(spec.default, bool) else NUMBER,
                    value=_typed(figures.get(name)),
                    hint=f"空着表示与通常相同（{_typed(spec.default)}）",
                    is_needed=False,
                )
                for name, spec in SPECS.items()
            ],
        ),
        *_matters(manifest),
    ]


def _entries(manifest: Mapping[str, Any], section: str) -> Iterator[Entry]:
    table = manifest.get(section, {}) if section else manifest
    for asked in _ASKED[section]:
        yield Entry(
            name=f"{section}.{asked.name}" if section else asked.name,
            title=_MORE.get(asked.name) or WORDS[asked.name],
            kind=asked.kind,
            value=_typed(table.get(asked.name)),
            hint=asked.hint,
            is_needed=asked.is_needed,
        )


def _matters(manifest: Mapping[str, Any]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield what may be said otherwise of each matter; who handles it stands in the file."""
    for number, matter in enumerate(manifest.get("matter", ())):
        place = f"matter.{number}"
        said = matter.get("confirmation", {})
        yield (
            f"事项：{matter.get('title', '')}",
            [
                Entry(
                    name=f"{place}.title", title="名称", kind=TEXT, value=str(matter.get("title"))
                ),
                *(
                    Entry(
                        name=f"{place}.confirmation.{asked.name}",
                        title=f"企业意见：{WORDS[asked.name]}",
                        kind=TEXT,
                        value=str(said.get(asked.name, "")),
                    )
                    for asked in _CONFIRMATION
                    if said
                ),
            ],
        )


def changed(text: str, answers: Mapping[str, str]) -> str:
    """Write what was answered otherwise; whatever was not asked, and each note, stays as it is.

    Raises ManifestAnswerRefused, ManifestUnreadable.
    """
    document = _parsed(text)
    for _, entries in sections(text):
        for entry in entries:
            typed = answers.get(entry.name, entry.value).strip().replace("\r\n", "\n")
            if typed != entry.value:
                put(document, entry.name, _value(entry, typed))
    return tomlkit.dumps(document)


def with_entry(text: str, name: str, value: str | int | list[str] | list[int] | None) -> str:
    """Write one entry anew; None takes it out. Raises ManifestUnreadable."""
    document = _parsed(text)
    put(document, name, value)
    return tomlkit.dumps(document)


def put(document: Any, name: str, value: Any) -> None:
    """Set an entry by its place; None takes it out."""
    *outer, last = [int(part) if part.isdecimal() else part for part in name.split(".")]
    table = document
    for part in outer:
        if isinstance(part, str) and part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value


def _parsed(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except (ParseError, ValueError) as error:
        raise ManifestUnreadable(reason=str(error)[:80]) from error


def _typed(value: object) -> str:
    """Write a value as it is typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return str(value)


def _value(entry: Entry, typed: str) -> Any:
    if not typed:
        if entry.is_needed:
            raise ManifestAnswerRefused(entry.name, title=entry.title, value="", why="不能为空")
        return None
    if entry.kind == NUMBER:
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
            why = "应为整数"
            raise ManifestAnswerRefused(entry.name, title=entry.title, value=typed[:40], why=why)
        return int(typed)
    if entry.kind == YES:
        return typed == "true"
    if entry.kind == LINES:
        return [line.strip() for line in typed.splitlines() if line.strip()]
    return typed
