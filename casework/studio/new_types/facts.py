"""Ages, photo and years of a new profession: asked together, written into the manifest at once.

A photo of another size is written wherever its size stands: crops of forms, helps, guides.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from casework.studio.drafts import Draft
from casework.studio.editing import manifest_edits
from casework.studio.new_types.beginning import AnswerRefused, Question
from professions import manifests
from professions.folders import EXAMPLES, MANIFEST
from registry.law.figures import SPECS

DOTS_AN_INCH, MM_AN_INCH = 300, 25.4
_YEARS = ("validity_years", "qualification_years")
WIDTH, HEIGHT = "photo.width", "photo.height"
QUESTIONS = (
    Question(name="applicant.minimum_age", title="最低年龄", hint="周岁，18至120"),
    Question(
        name="applicant.maximum_age",
        title="最高年龄",
        hint="周岁，从这一生日起不予注册；没有规定的空着",
        is_needed=False,
    ),
    Question(
        name="applicant.ends_at_maximum_age",
        title="注册至届满最高年龄的前一日",
        hint="没有最高年龄的选“没有规定”",
        is_needed=False,
    ),
    Question(name=WIDTH, title="照片宽度", hint="像素，每英寸300点，例如25毫米是295"),
    Question(name=HEIGHT, title="照片高度", hint="像素，每英寸300点，例如35毫米是413"),
    *(
        Question(
            name=f"figures.{name}",
            title=SPECS[name].label,
            hint=f"空着表示与通常相同（{SPECS[name].default}）",
            is_needed=False,
        )
        for name in _YEARS
    ),
    Question(
        name="copies.days",
        title="加注使用最长日数",
        hint="含首尾两日；空着表示180",
        is_needed=False,
    ),
)
CHOSEN = frozenset({"applicant.ends_at_maximum_age"})  #: yes, no, or nothing said


def answers_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give what a package says to each question. Raises RegistrationTypeRefused."""
    kind = manifests.read(files)
    manifest = tomllib.loads(files[MANIFEST].decode("utf-8-sig"))
    said = {}
    for question in QUESTIONS:
        section, _, name = question.name.rpartition(".")
        value = manifest.get(section, {}).get(name, "")
        said[question.name] = str(value).lower() if isinstance(value, bool) else str(value)
    said["applicant.minimum_age"] = str(kind.minimum_age)
    said[WIDTH], said[HEIGHT] = map(str, kind.photo)
    return said


def changes(draft: Draft, answers: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files that say it otherwise; raises AnswerRefused, RegistrationTypeRefused."""
    files = draft.package
    before = answers_of(files)
    text = files[MANIFEST].decode("utf-8-sig")
    now = {}
    for question in QUESTIONS:
        now[question.name] = value = answers.get(question.name, before[question.name]).strip()
        _insist(question, value)
        if value != before[question.name] and question.name not in (WIDTH, HEIGHT):
            text = manifest_edits.with_entry(text, question.name, _value(value))
    if not now["applicant.maximum_age"]:
        text = manifest_edits.with_entry(text, "applicant.ends_at_maximum_age", None)
        text = manifest_edits.with_entry(text, "copies.until_maximum_age", None)
    was, becomes = ((int(said[WIDTH]), int(said[HEIGHT])) for said in (before, now))
    if was != becomes:
        text = manifest_edits.with_entry(text, "applicant.photo", list(becomes))
    written = {MANIFEST: text.encode()}
    manifests.read({**files, **written})
    if was != becomes:
        written |= _resized({**draft.package, **written}, was, becomes)
    return {path: content for path, content in written.items() if files.get(path) != content}


def _insist(question: Question, value: str) -> None:
    if not value and not question.is_needed:
        return
    is_whole = value.isascii() and value.isdecimal() and len(value) < 5
    if question.name in CHOSEN:
        is_whole = value in ("true", "false")
    if not is_whole:
        why = "应为整数" if value else "不能为空"
        raise AnswerRefused(question.name, name=question.title, value=value[:20], why=why)


def _value(typed: str) -> int | bool | None:
    if not typed:
        return None
    return typed == "true" if typed in ("true", "false") else int(typed)


def _resized(
    files: Mapping[str, bytes], was: tuple[int, int], becomes: tuple[int, int]
) -> dict[str, bytes]:
    """Write the size of the photo anew, in pixels and in millimetres."""
    pairs: list[tuple[str, str]] = []
    (width, height), (wide, high) = was, becomes
    pairs += [(f"{width}{mark}{height}", f"{wide}{mark}{high}") for mark in ("x", "×")]
    old, new = (_millimetres(size) for size in (was, becomes))
    for unit in ("毫米", " 毫米"):
        pairs.append((f"{old[0]}×{old[1]}{unit}", f"{new[0]}×{new[1]}{unit}"))
        pairs.append((f"{old[0]}{unit}×{old[1]}{unit}", f"{new[0]}{unit}×{new[1]}{unit}"))
    pairs.append((f"{old[0]}×{old[1]} mm", f"{new[0]}×{new[1]} mm"))
    written = {}
    for path, content in files.items():
        if path.endswith((".bpmn", ".dmn")) or path.startswith(f"{EXAMPLES}/"):
            continue
        for before, after in pairs:
            content = content.replace(before.encode(), after.encode())
        written[path] = content
    return written


def _millimetres(size: tuple[int, int]) -> Any:
    return tuple(round(side / DOTS_AN_INCH * MM_AN_INCH) for side in size)
