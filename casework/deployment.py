"""Deploying the registration types of a folder: the good ones, whatever is wrong with the others.

A folder that is broken keeps the version it had; one that is gone is offered no more. Cases go on
with the version they started with, whatever happens here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from casework.office import Office
from engine import definitions
from engine.actors import SYSTEM
from engine.errors import NoSuchDefinition
from engine.tables import DefinitionVersion
from professions import examples, folders
from professions.checks import examination
from professions.checks.checker import Problem
from professions.manifests import MANIFEST, RegistrationType
from refusals import rules
from refusals.refusal import Refusal
from registry.packages import scenarios
from registry.trail import audit
from storage.database import alone, writing

if TYPE_CHECKING:
    from pdfgen.trial.remembered import Remembered

AUTHOR = "system"  #: who deploys from folders; what others deployed is not withdrawn with a folder


class DeploymentState(StrEnum):
    """What became of a registration type."""

    NEW = "NEW"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"  #: analysts published a newer one; the folder is as it was

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self]


_LABELS = {
    DeploymentState.NEW: "已部署",
    DeploymentState.UNCHANGED: "未变化",
    DeploymentState.REFUSED: "有错误，未部署",
    DeploymentState.WITHDRAWN: "文件夹已移除，不再受理新的申请",
    DeploymentState.SUPERSEDED: "文件夹未变化，分析人员已发布更新的版本，以该版本为准",
}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One registration type after the deployment."""

    key: str  #: name of the folder
    state: DeploymentState
    version: str = ""  #: hash of what counts now, empty when there is nothing
    problems: Sequence[Problem] = ()  #: why it was refused


def deploy(
    office: Office, root: Path, *, remembered: Remembered | None = None
) -> Iterator[Deployed]:
    """Put every registration type below `root` into the database.

    A type whose content is the newest version already is not touched; a broken one is told with
    all its problems and stops no other. Of two deployments at once the later waits for the other.
    What is `remembered` of earlier checks as without fault is not looked at again.
    Raises NothingToDeploy: a wrong folder withdraws nothing.
    """
    found = examination.folders_of(root)
    with alone(office.sessions, "deploy"):
        yield from _deployed(office, root, found, remembered)


def _deployed(
    office: Office, root: Path, found: Sequence[Path], remembered: Remembered | None
) -> Iterator[Deployed]:
    with office.sessions() as session:
        offered = definitions.keys(session, at=office.now())
        shipped = definitions.keys(session, author=AUTHOR)
    readable, refused = examination.read(found)
    kept = {key: office.type_of(name) for key, name in offered.items() if key in refused}
    refused |= examination.collisions(list(readable.values()), kept, offered)
    for key in sorted({*readable, *refused, *shipped}):
        if key in refused:
            yield _refuse(office, root, key, refused[key])
        elif key in readable:
            yield _deploy(office, root, readable[key], offered.get(key), remembered)
            _keep_scenarios(office, root / key, readable[key])
        elif (root / key).is_dir():
            text = rules.said("E_MANIFEST", "没有 type.toml")
            remedy = "请补上该文件；不再需要这一注册类型的，请移除整个文件夹"
            missing = Problem(file=MANIFEST, element="", text=text, remedy=remedy)
            yield _refuse(office, root, key, [missing])
        else:
            with writing(office.sessions) as session:
                definitions.withdraw(session, key, office.now())
                _note(office, session, "type.withdrawn", key, version=shipped[key])
            yield Deployed(key=key, state=DeploymentState.WITHDRAWN, version=shipped[key])
    office.definitions.forget()


def _refuse(office: Office, root: Path, key: str, problems: Sequence[Problem]) -> Deployed:
    placed = examination.placed(root, key, problems)
    return Deployed(
        key=key, state=DeploymentState.REFUSED, version=_newest(office, key), problems=placed
    )


def _deploy(
    office: Office,
    root: Path,
    kind: RegistrationType,
    offered: str | None,
    remembered: Remembered | None,
) -> Deployed:
    version = definitions.hash_of(kind.key, kind.files)
    if offered == version:
        return Deployed(key=kind.key, state=DeploymentState.UNCHANGED, version=version)
    if offered is not None and _is_older(office, version, offered):
        return Deployed(key=kind.key, state=DeploymentState.SUPERSEDED, version=offered)
    problems = examination.check(kind.files, office.fonts, remembered=remembered)
    problems = [*problems, *national(office, kind)]
    if problems:
        return _refuse(office, root, kind.key, problems)
    with writing(office.sessions) as session:
        definitions.deploy(session, kind.key, kind.files, AUTHOR, office.now())
        _note(office, session, "type.deployed", kind.key, version=version)
    return Deployed(key=kind.key, state=DeploymentState.NEW, version=version)


def _note(office: Office, session: Session, action: str, key: str, *, version: str) -> None:
    """Write who put rules in force or took them out: the command, by the machine's own hand."""
    audit.record(
        session,
        action,
        actor=SYSTEM.id,
        subject=f"type:{key}",
        at=office.now(),
        facts={"version": version},
    )


def _is_older(office: Office, version: str, offered: str) -> bool:
    """Tell whether analysts published something newer than what the folder was and is."""
    with office.sessions() as session:
        known = session.get(DefinitionVersion, version)
        newest = session.get_one(DefinitionVersion, offered)
        return known is not None and newest.author != AUTHOR and known.number < newest.number


def _keep_scenarios(office: Office, folder: Path, kind: RegistrationType) -> None:
    """Keep the scenarios beside their version, for analysts who go on from it."""
    version = definitions.hash_of(kind.key, kind.files)
    try:
        files, own = examples.collect(folder), folders.own_files(folder)
    except (OSError, ValueError, Refusal):  # told by the check, or when they are tried
        return
    with writing(office.sessions) as session:
        if session.get(DefinitionVersion, version) is not None:
            scenarios.keep(session, version, files, sorted(own))


def national(office: Office, kind: RegistrationType) -> Iterator[Problem]:
    """Refuse a code of demonstrations where certificates are real."""
    if office.policy.national_codes and not kind.face.is_national:
        told = f"type_code“{kind.face.type_code}”只用于演示，不是国家的证照类型代码"
        text = rules.said("E_CERTIFICATE_FACE", told)
        remedy = "请向电子证照主管部门取得本证书的代码，见 docs/outside-systems.md"
        yield Problem(file=MANIFEST, element="certificate.type_code", text=text, remedy=remedy)


def _newest(office: Office, key: str) -> str:
    try:
        return office.definitions.latest(key).hash
    except NoSuchDefinition:
        return ""
