"""A new profession from one that is there: what must differ is asked for, the rest taken over."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from casework.office import Office
from casework.studio import drafts
from casework.studio.editing import manifest_edits
from casework.studio.refusals import KeyRefused
from engine.actors import Actor
from professions.folders import EXAMPLES, MANIFEST
from refusals.refusal import Refusal
from registry.packages import drafts as saved
from storage.database import alone

_KEY = re.compile("[a-z][a-z0-9-]{1,39}")
_SPEAKING = ("help/", "english/", "forms/", "documents/", f"{EXAMPLES}/", MANIFEST)


class AnswerRefused(Refusal):
    """“{name}”不能使用“{value}”：{why}。请改正。"""

    code = "E_NEW_TYPE_ANSWER"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing in which every profession differs from the others."""

    name: str  #: of the entry in type.toml, with its section
    title: str
    hint: str


#: What the wizard walks through, in the order of the manifest.
QUESTIONS = (
    Question(name="title", title="名称", hint="申请人看到的名称，例如“二级注册建筑师”"),
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
    Question(
        name="numbers.application", title="受理编号", hint="例如 31J2{matter}{date}{serial}{check}"
    ),
    Question(name="numbers.registration", title="注册编号", hint="例如 J2{yy}{province}{serial}"),
    Question(name="numbers.certificate", title="证书编号", hint="例如 DZ31J2{yyyy}{serial}{check}"),
)


def answers_of(office: Office, version: str) -> dict[str, str]:
    """Give what the profession to start from says to each question."""
    manifest = tomllib.loads(office.definitions.get(version).files[MANIFEST].decode("utf-8-sig"))
    said = {}
    for question in QUESTIONS:
        section, _, name = question.name.rpartition(".")
        table = manifest.get(section, {}) if section else manifest
        said[question.name] = str(table.get(name, ""))
    return said


def begin(office: Office, version: str, key: str, answers: dict[str, str], actor: Actor) -> str:
    """Begin a draft of a new profession from a deployed version; return its id.

    `answers` by the names of QUESTIONS. The name of the old one is replaced by that of the new one
    wherever people read it. Raises KeyRefused, AnswerRefused, TitleMissing.
    """
    if not _KEY.fullmatch(key):
        raise KeyRefused("key", key=key[:40], why="写法不对")
    if office.definitions.offered().get(key) is not None:
        raise KeyRefused("key", key=key, why="已有这个注册类型")
    definition = office.definitions.get(version)
    before = answers_of(office, version)
    text = definition.files[MANIFEST].decode("utf-8-sig")
    text = manifest_edits.with_entry(text, "key", key)
    for question in QUESTIONS:
        value = answers.get(question.name, "").strip()
        if not value or '"' in value or "\\" in value or not value.isprintable():
            why = "不能为空，也不能有引号和换行"
            raise AnswerRefused(question.name, name=question.title, value=value[:60], why=why)
        if question.name == "order" and not re.fullmatch("[0-9]{1,4}", value):
            raise AnswerRefused(
                "order", name=question.title, value=value[:60], why="应为一至四位的整数"
            )
        if value == before[question.name] and question.name not in (
            "employer.qualification",
            "law.rule",
        ):
            why = f"与 {definition.key} 相同"
            raise AnswerRefused(question.name, name=question.title, value=value[:60], why=why)
        written = int(value) if question.name == "order" else value
        text = manifest_edits.with_entry(text, question.name, written)
    title, old = answers["title"].strip(), before["title"]
    manifest = text.replace(old, title).encode()
    with alone(office.sessions, f"new type {key}"):
        if (begun := _begun(office, key, manifest, actor)) is not None:
            return begun  # the second press of one button
        return _begin(office, version, key, (old, title), manifest, actor)


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
    office: Office, version: str, key: str, names: tuple[str, str], manifest: bytes, actor: Actor
) -> str:
    old, title = names
    draft_id = drafts.begin_new(office, key, version, title, actor)
    begun = drafts.open_(office, draft_id)
    changes: dict[str, bytes | None] = {MANIFEST: manifest}
    for path, file in begun.files.items():
        if path.startswith(_SPEAKING) and path != MANIFEST and old.encode() in file.content:
            changes[path] = file.content.replace(old.encode(), title.encode())
    drafts.save_all(office, draft_id, changes, {}, actor)
    return draft_id
