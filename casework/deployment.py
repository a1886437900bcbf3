"""Deploying the registration types of a folder: the good ones, whatever is wrong with the others.

A folder that is broken keeps the version it had; one that is gone is offered no more. Cases go on
with the version they started with, whatever happens here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from casework.office import Office
from engine import definitions, operations
from engine.errors import NoSuchDefinition
from pdfgen import rehearsal
from professions import checker, documents, manifests
from professions.checker import Problem
from professions.manifests import MANIFEST, RegistrationType, RegistrationTypeRefused
from refusals.refusal import Refusal
from registry import numbering
from storage.database import alone, writing

AUTHOR = "system"  #: who deploys from folders; what others deployed is not withdrawn with a folder


class NothingToDeploy(Refusal):
    """文件夹 {folder} 中没有注册类型（没有含 type.toml 的子文件夹）。请核对文件夹后重新部署。"""

    code = "E_NOTHING_TO_DEPLOY"


class State(StrEnum):
    """What became of a registration type."""

    NEW = "NEW"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self]


_LABELS = {
    State.NEW: "已部署",
    State.UNCHANGED: "未变化",
    State.REFUSED: "有错误，未部署",
    State.WITHDRAWN: "文件夹已移除，不再受理新的申请",
}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One registration type after the deployment."""

    key: str  #: name of the folder
    state: State
    version: str = ""  #: hash of what counts now, empty when there is nothing
    problems: Sequence[Problem] = ()  #: why it was refused


def deploy(office: Office, root: Path) -> Iterator[Deployed]:
    """Put every registration type below `root` into the database.

    A type whose content is the newest version already is not touched; a broken one is told with
    all its problems and stops no other. Of two deployments at once the later waits for the other.
    Raises NothingToDeploy: a wrong folder withdraws nothing.
    """
    folders = _folders(root)
    with alone(office.sessions, "deploy"):
        yield from _deployed(office, root, folders)


def _deployed(office: Office, root: Path, folders: Sequence[Path]) -> Iterator[Deployed]:
    with office.sessions() as session:
        offered = definitions.keys(session)
        shipped = definitions.keys(session, author=AUTHOR)
    found, refused = _read(folders)
    kept = {key: office.type_of(name) for key, name in offered.items() if key in refused}
    refused |= _collisions(list(found.values()), kept, offered)
    for key in sorted({*found, *refused, *shipped}):
        if key in refused:
            yield _refuse(office, root, key, refused[key])
        elif key in found:
            yield _deploy(office, root, found[key], offered.get(key))
        elif (root / key).is_dir():
            text, remedy = (
                "没有 type.toml",
                "请补上该文件；不再需要这一注册类型的，请移除整个文件夹",
            )
            missing = Problem(file=MANIFEST, element="", text=text, remedy=remedy)
            yield _refuse(office, root, key, [missing])
        else:
            with writing(office.sessions) as session:
                definitions.withdraw(session, key, office.now())
            yield Deployed(key=key, state=State.WITHDRAWN, version=shipped[key])
    office.definitions.forget()


def examine(
    root: Path, fonts: Path, *, only: str | None = None
) -> Iterator[tuple[str, list[Problem]]]:
    """Check every registration type below `root` without deploying: key and what is wrong.

    With `only`, that one alone, still against the names and numbers of the others.
    Raises NothingToDeploy.
    """
    found, refused = _read(_folders(root))
    refused |= _collisions(list(found.values()), {}, {})
    for key in sorted({*found, *refused} if only is None else {only}):
        problems = refused.get(key) or check(found[key].files, fonts)
        yield key, [replace(one, file=_place(root, key, one.file)) for one in problems]


def _folders(root: Path) -> list[Path]:
    folders = sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
    if not folders:
        raise NothingToDeploy(folder=root)
    return folders


def _read(
    folders: Sequence[Path],
) -> tuple[dict[str, RegistrationType], dict[str, list[Problem]]]:
    """Read what can be read; the name of a folder is the key of its type, readable or not."""
    found, refused = {}, {}
    for folder in folders:
        try:
            read = manifests.load(folder)
        except RegistrationTypeRefused as error:
            refused[folder.name] = [checker.unreadable(error)]
            continue
        found[folder.name] = read
        if read.key != folder.name:
            refused[folder.name] = [
                Problem(
                    file=MANIFEST,
                    element="key",
                    text=f"key 是“{read.key}”，文件夹名称是“{folder.name}”",
                    remedy="请改成同一个名称，以便两个注册类型不会混淆",
                )
            ]
    return {key: one for key, one in found.items() if key not in refused}, refused


def _collisions(
    types: Sequence[RegistrationType],
    kept: Mapping[str, RegistrationType],
    offered: Mapping[str, str],
) -> dict[str, list[Problem]]:
    """Refuse whoever comes later with a name or with numbers that another one already gives."""
    accepted, refused = list(kept.values()), {}
    for one in sorted(types, key=lambda one: (one.key not in offered, one.order, one.key)):
        problems = [problem for other in accepted for problem in _between(one, other)]
        if problems:
            refused[one.key] = problems
        else:
            accepted.append(one)
    return refused


def _between(one: RegistrationType, other: RegistrationType) -> Iterator[Problem]:
    def problem(element: str, text: str, remedy: str) -> Problem:
        return Problem(file=MANIFEST, element=element, text=text, remedy=remedy)

    if one.title == other.title:
        text = f"名称与注册类型 {other.key} 相同"
        yield problem("title", text, "请写成申请人能够区分的名称")
    if one.face.type_code and one.face.type_code == other.face.type_code:
        text = f"type_code 与注册类型 {other.key} 相同"
        yield problem("certificate.type_code", text, "请填写本证书自己的类型代码")
    for path, content in one.files.items():
        inherited = other.files.get(path) == content and path.startswith(("help/", "forms/"))
        if inherited and other.title in content.decode("utf-8-sig", "replace"):
            text = f"写的是“{other.title}”，不是“{one.title}”"
            remedy = "请把该文件复制到本文件夹，改成本注册类型的内容"
            yield Problem(file=path, element="", text=text, remedy=remedy)
    for name, pattern in vars(one.numbers).items():
        if numbering.may_meet(pattern, getattr(other.numbers, name)):
            yield problem(
                f"numbers.{name}",
                f"编号规则“{pattern}”可能产生与注册类型 {other.key} 相同的号码",
                "请换用不同的字母或者长度",
            )


def _refuse(office: Office, root: Path, key: str, problems: Sequence[Problem]) -> Deployed:
    placed = [replace(one, file=_place(root, key, one.file)) for one in problems]
    return Deployed(key=key, state=State.REFUSED, version=_newest(office, key), problems=placed)


def _deploy(office: Office, root: Path, found: RegistrationType, offered: str | None) -> Deployed:
    version = definitions.hash_of(found.key, found.files)
    if offered == version:
        return Deployed(key=found.key, state=State.UNCHANGED, version=version)
    problems = [*check(found.files, office.fonts), *_national(office, found)]
    if problems:
        return _refuse(office, root, found.key, problems)
    with writing(office.sessions) as session:
        definitions.deploy(session, found.key, found.files, AUTHOR, office.now())
    return Deployed(key=found.key, state=State.NEW, version=version)


def _national(office: Office, found: RegistrationType) -> Iterator[Problem]:
    """Refuse a code of demonstrations where certificates are real."""
    if office.policy.national_codes and not found.face.is_national:
        text = f"type_code“{found.face.type_code}”只用于演示，不是国家的证照类型代码"
        remedy = "请向电子证照主管部门取得本证书的代码，见 docs/outside-systems.md"
        yield Problem(file=MANIFEST, element="certificate.type_code", text=text, remedy=remedy)


def check(files: Mapping[str, bytes], fonts: Path) -> list[Problem]:
    """Return all that is wrong with a type, each document set with sample values."""
    return [
        *checker.check(files, operations.known),
        *(
            Problem(
                file=f"documents/{fault.file}",
                element=f"第 {fault.line} 行" if fault.line else "",
                text=fault.text,
                remedy="请修改模板后重新部署",
            )
            for fault in rehearsal.check(files, fonts=fonts, given_to=documents.given_to(files))
        ),
    ]


def _newest(office: Office, key: str) -> str:
    try:
        return office.definitions.latest(key).hash
    except NoSuchDefinition:
        return ""


def _place(root: Path, key: str, file: str) -> str:
    """Say where a file really lies: in the folder itself, in a shared one, or in the base."""
    places = [f"{key}/{file}", file, *(f"{one}/{file}" for one in _base_of(root / key))]
    return next((place for place in places if (root / place).is_file()), places[0])


def _base_of(folder: Path) -> list[str]:
    try:
        return manifests.bases(folder)
    except RegistrationTypeRefused:
        return []
