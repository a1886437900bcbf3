"""Beginning a profession from one that is there: what no two have alike is asked for first."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from casework.office import Office
from casework.studio import drafts
from casework.studio.editing import manifest_edits
from casework.studio.new_types import english
from casework.studio.refusals import KeyRefused
from engine.actors import Actor
from professions.folders import EXAMPLES, MANIFEST
from refusals.refusal import Refusal
from registry.packages import drafts as saved
from storage.database import alone

_KEY = re.compile("[a-z][a-z0-9-]{1,39}")
_SPEAKING = ("help/", "english/", "forms/", "documents/", f"{EXAMPLES}/", MANIFEST)
_NOT_TAKEN = f"{EXAMPLES}/demonstration.toml"  #: people of a demonstration: those of the other one
_MAY_STAY = ("employer.qualification", "law.rule", "authority", "law.review_bodies")


class AnswerRefused(Refusal):
    """“{name}”不能使用“{value}”：{why}。请改正。"""

    code = "E_NEW_TYPE_ANSWER"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing in which every profession differs from the others."""

    name: str  #: of the entry in type.toml, with its section
    title: str
    hint: str
    is_needed: bool = True


#: What the wizard asks first, in the order of the manifest.
QUESTIONS = (
    Question(name="title", title="名称", hint="申请人看到的名称，例如“二级注册建筑师”"),
    Question(name="authority", title="决定机关", hint="作出许可决定的机关全称"),
    Question(
        name="order", title="排列", hint="在页面上排在第几位，0至9999的整数，不与其他类型相同"
    ),
    Question(name="certificate.title", title="证书名称", hint="印在注册证书上"),
    Question(name="certificate.english", title="证书英文名称", hint="印在注册证书上，大写"),
    Question(
        name="certificate.type_code",
        title="证照类型代码",
        hint="GB/T 36904 的21位代码；演示以 DEMO 开头",
    ),
    Question(
        name="employer.qualification", title="聘用企业应具有的资质", hint="例如“工程勘察设计资质”"
    ),
    Question(name="law.rule", title="文书引用的规定", hint="带书名号，例如《园林工程师管理办法》"),
    Question(name="law.review_bodies", title="行政复议机关", hint="几个机关之间用顿号分开"),
    Question(
        name="numbers.application", title="受理编号", hint="例如 31J2{matter}{date}{serial}{check}"
    ),
    Question(name="numbers.registration", title="注册编号", hint="例如 J2{yy}{province}{serial}"),
    Question(name="numbers.certificate", title="证书编号", hint="例如 DZ31J2{yyyy}{serial}{check}"),
)
#: Of the English pages alone; without it they say the new name in Chinese.
ENGLISH = Question(
    name="english_title",
    title="英文页面上的名称",
    hint="例如 Class 2 registered architect；没有时英文页面写中文名称",
    is_needed=False,
)
ASKED = (*QUESTIONS, ENGLISH)


def answers_of(office: Office, version: str) -> dict[str, str]:
    """Give what the profession to start from says to each question."""
    definition = office.definitions.get(version)
    manifest = tomllib.loads(definition.files[MANIFEST].decode("utf-8-sig"))
    said = {}
    for question in QUESTIONS:
        section, _, name = question.name.rpartition(".")
        value = (manifest.get(section, {}) if section else manifest).get(name, "")
        said[question.name] = "、".join(value) if isinstance(value, list) else str(value)
    said[ENGLISH.name] = english.of(definition.files, said["title"])
    return said


def begin(office: Office, version: str, key: str, answers: Mapping[str, str], actor: Actor) -> str:
    """Begin a draft of a new profession from a deployed version; return its id.

    `answers` by the names of ASKED. The name of the old one is replaced by that of the new one
    wherever people read it, in English too, and its numbers in the scenarios. Raises KeyRefused,
    AnswerRefused, TitleMissing.
    """
    if not _KEY.fullmatch(key):
        raise KeyRefused("key", key=key[:40], why="写法不对")
    if office.definitions.offered().get(key) is not None:
        raise KeyRefused("key", key=key, why="已有这个注册类型")
    definition = office.definitions.get(version)
    before = answers_of(office, version)
    text = definition.files[MANIFEST].decode("utf-8-sig")
    text = manifest_edits.with_entry(text, "key", key)
    now = {}
    for question in ASKED:
        now[question.name] = value = answers.get(question.name, "").strip()
        _insist(question, value, before[question.name], definition.key)
        if question in QUESTIONS and value != before[question.name]:
            text = manifest_edits.with_entry(text, question.name, _written(question, value))
    manifest = text.replace(before["title"], now["title"]).encode()
    with alone(office.sessions, f"new type {key}"):
        if (begun := _begun(office, key, manifest, actor)) is not None:
            return begun  # the second press of one button
        return _begin(office, version, key, (before, now), manifest, actor)


def _insist(question: Question, value: str, before: str, key: str) -> None:
    """Insist on an answer of one line that differs where it must. Raises AnswerRefused."""
    why = ""
    if not value and not question.is_needed:
        return
    if not value or '"' in value or "\\" in value or not value.isprintable():
        why = "不能为空，也不能有引号和换行"
    elif question.name == "order" and not re.fullmatch("[0-9]{1,4}", value):
        why = "应为一至四位的整数"
    elif value == before and question.name not in _MAY_STAY:
        why = f"与 {key} 相同"
    if why:
        raise AnswerRefused(question.name, name=question.title, value=value[:60], why=why)


def _written(question: Question, value: str) -> str | int | list[str]:
    if question.name == "order":
        return int(value)
    if question.name == "law.review_bodies":
        return [body for body in value.split("、") if body]
    return value


def _begun(office: Office, key: str, manifest: bytes, actor: Actor) -> str | None:
    """Return the same person's draft of this type with this manifest."""
    with office.sessions() as session:
        listed = [row.id for row in saved.of(session, key, actor.id)]
    for draft_id in listed:
        file = drafts.open_(office, draft_id).files.get(MANIFEST)
        if file is not None and file.content == manifest:
            return draft_id
    return None


def _begin(
    office: Office,
    version: str,
    key: str,
    answers: tuple[Mapping[str, str], Mapping[str, str]],
    manifest: bytes,
    actor: Actor,
) -> str:
    before, now = answers
    draft_id = drafts.begin_new(office, key, version, now["title"], actor)
    begun = drafts.open_(office, draft_id)
    contents: dict[str, bytes | None] = {path: file.content for path, file in begun.files.items()}
    old, new = before["title"].encode(), now["title"].encode()
    numbers = _numbers(before, now)
    for path, file in begun.files.items():
        content = file.content
        if path.startswith(_SPEAKING) and path != MANIFEST:
            content = content.replace(old, new)
        if path.startswith(f"{EXAMPLES}/"):
            for was, becomes in numbers:
                content = content.replace(was, becomes)
        contents[path] = content
    contents |= english.renamed(contents, office.definitions.get(version).key, key, before, now)
    contents[MANIFEST] = manifest
    if _NOT_TAKEN in contents:
        contents[_NOT_TAKEN] = None
    was_there = {path: file.content for path, file in begun.files.items()}
    changes = {path: text for path, text in contents.items() if was_there.get(path) != text}
    drafts.save_all(office, draft_id, changes, {}, actor)
    return draft_id


def _numbers(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Give how numbers begin in scenarios, and how they begin from now on."""
    pairs = []
    for name in ("application", "registration", "certificate"):
        was, becomes = (said[f"numbers.{name}"].partition("{")[0] for said in (before, now))
        starts = [
            f"{json.dumps(name)}: {json.dumps(text)[:-1]}".encode() for text in (was, becomes)
        ]
        pairs.append((starts[0], starts[1]))
    return pairs
