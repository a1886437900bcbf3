"""Drafts of packages: begun from a version, saved file by file, never overwritten silently.

Paths are those of a package: diagrams, tables, `forms/`, `documents/`, `help/`, `type.toml`, shared
parts under the name of their folder, and the scenarios under `examples/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.case.offered_professions import newest
from casework.office import Office
from casework.studio.refusals import (
    DraftFileTooLarge,
    DraftPublished,
    DraftTooLarge,
    NoSuchDraft,
    NoSuchSave,
    PathRefused,
    SavedMeanwhile,
    TitleMissing,
)
from engine import definitions
from engine.actors import Actor
from professions.folders import EXAMPLES, MANIFEST
from refusals.days import SHANGHAI
from registry.packages import drafts, publications, scenarios
from registry.packages.drafts import DraftSave, PackageDraft
from registry.people import officers
from registry.trail import audit
from storage.database import in_turn, writing

MOST_FILE_BYTES = 1 << 20
MOST_BYTES = 16 << 20
MOST_FILES = 600
SUFFIXES = (".bpmn", ".dmn", ".json", ".md", ".po", ".toml", ".typ")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){0,3}")
_LONGEST_PATH = 120


@dataclass(frozen=True, kw_only=True)
class DraftFile:
    """A file of a draft as it stands."""

    path: str
    content: bytes
    number: int  #: of the save; 0: as the version has it on which the draft stands
    saved_by: str | None
    saved_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft with all its files."""

    row: PackageDraft
    files: Mapping[str, DraftFile]
    removed: Mapping[str, int]  #: path → number of the save that took it away
    before: Mapping[str, bytes]  #: the files of the version that it stands on
    own: frozenset[str]  #: files of that version for which its scenarios answer

    @property
    def package(self) -> dict[str, bytes]:
        """What is checked and runs: everything but the scenarios."""
        return {
            path: file.content
            for path, file in self.files.items()
            if not path.startswith(f"{EXAMPLES}/")
        }

    @property
    def scenarios(self) -> dict[str, bytes]:
        """The scenarios, under `examples/`."""
        return {
            path: file.content
            for path, file in self.files.items()
            if path.startswith(f"{EXAMPLES}/")
        }

    @property
    def changed(self) -> dict[str, str]:
        """What differs from the version: path → 新增, 修改 or 删除."""
        said = {path: "删除" for path in self.before if path not in self.files}
        for path, file in self.files.items():
            if path not in self.before:
                said[path] = "新增"
            elif self.before[path] != file.content:
                said[path] = "修改"
        return dict(sorted(said.items()))

    @property
    def mark(self) -> str:
        """A digest of all files: what was tried and asked for is what is published."""
        return mark_of({path: file.content for path, file in self.files.items()})

    def number(self, path: str) -> int:
        """Return the number of the last save of a path, also of a removed one."""
        if path in self.files:
            return self.files[path].number
        return self.removed.get(path, 0)


def mark_of(files: Mapping[str, bytes]) -> str:
    """Return the digest of files, also of scenarios."""
    return definitions.hash_of("draft", files)


def begin(office: Office, version: str, title: str, actor: Actor) -> str:
    """Begin a draft from a deployed version; return its id. Raises TitleMissing."""
    definition = office.definitions.get(version)
    return begin_new(office, definition.key, version, title, actor)


def begin_new(office: Office, key: str, base: str, title: str, actor: Actor) -> str:
    """Begin a draft of a type from a version of any type; return its id. Raises TitleMissing."""
    if not 2 <= len(title.strip()) <= 100:
        raise TitleMissing("title")
    now = office.now()
    row = PackageDraft(
        type_key=key, title=title.strip(), base=base, created_by=actor.id, created_at=now
    )
    with writing(office.sessions) as session:
        in_turn(session, "drafts")
        if (begun := drafts.untouched(session, row)) is not None:
            return begun  # the second press of one button
        session.add(row)
        session.flush()
        note(session, "draft.begun", row, actor, now, version=base)
    return row.id


def open_(office: Office, draft_id: str) -> Draft:
    """Give a draft as it stands; raises NoSuchDraft."""
    with office.sessions() as session:
        return read(office, session, draft_id)


def read(office: Office, session: Session, draft_id: str) -> Draft:
    """Give a draft as a transaction sees it; raises NoSuchDraft."""
    row = drafts.get(session, draft_id)
    if row is None:
        raise NoSuchDraft
    before: dict[str, bytes] = {}
    own: frozenset[str] = frozenset()
    if row.base is not None:
        stories, own = scenarios.of(session, row.base)
        before = {**office.definitions.get(row.base).files, **stories}
    files = {
        path: DraftFile(path=path, content=data, number=0, saved_by=None, saved_at=None)
        for path, data in before.items()
    }
    removed: dict[str, int] = {}
    for path, save in drafts.newest(session, draft_id).items():
        content = save.data
        if content is None:
            removed[path] = save.number
            files.pop(path, None)
        else:
            files[path] = _file(save, content)
    return Draft(
        row=row, files=dict(sorted(files.items())), removed=removed, before=before, own=own
    )


def _file(save: DraftSave, content: bytes) -> DraftFile:
    return DraftFile(
        path=save.path,
        content=content,
        number=save.number,
        saved_by=save.saved_by,
        saved_at=save.saved_at,
    )


def save(
    office: Office, draft_id: str, path: str, content: bytes | None, *, seen: int, actor: Actor
) -> int:
    """Save a file, or remove it (None); return the number of the save.

    `seen` is the number of the save that the page showed. Saving what is there changes nothing.
    Raises SavedMeanwhile, NoSuchDraft, DraftPublished, PathRefused, DraftFileTooLarge and
    DraftTooLarge.
    """
    return save_all(office, draft_id, {path: content}, {path: seen}, actor)[path]


def insist_seen(office: Office, draft: Draft, seen: Mapping[str, int]) -> None:
    """Refuse what was made of a save before the last. Raises SavedMeanwhile."""
    for path, number in seen.items():
        if draft.number(path) != number:
            with office.sessions() as session:
                raise _meanwhile(session, draft.row.id, path)


def save_all(
    office: Office,
    draft_id: str,
    contents: Mapping[str, bytes | None],
    seen: Mapping[str, int],
    actor: Actor,
) -> dict[str, int]:
    """Save several files at once, all or none; see `save`."""
    for path, content in contents.items():
        insist_path(path)
        if content is not None and len(content) > MOST_FILE_BYTES:
            raise DraftFileTooLarge(path=path, most="1 MB")
    now, numbers = office.now(), {}
    with writing(office.sessions) as session:
        in_turn(session, f"draft {draft_id}")
        draft = changeable(office, session, draft_id)
        for path, content in contents.items():
            at = draft.number(path)
            there = draft.files.get(path)
            if (there.content if there else None) == content:  # also the second press of 【保存】
                numbers[path] = at
                continue
            if seen.get(path, 0) != at:
                raise _meanwhile(session, draft_id, path)
            if not drafts.save(
                session, draft_id, path, content, number=at + 1, actor=actor.id, at=now
            ):
                raise _meanwhile(session, draft_id, path)
            numbers[path] = at + 1
        _insist_size(draft, contents)
    return numbers


def _insist_size(draft: Draft, contents: Mapping[str, bytes | None]) -> None:
    kept = {path: file.content for path, file in draft.files.items()} | dict(contents)
    sizes = [len(content) for content in kept.values() if content is not None]
    if sum(sizes) > MOST_BYTES or len(sizes) > MOST_FILES:
        raise DraftTooLarge(most=f"{MOST_BYTES >> 20} MB 或者 {MOST_FILES} 个文件")


def changeable(office: Office, session: Session, draft_id: str) -> Draft:
    """Give a draft that may be changed; raises NoSuchDraft, DraftPublished."""
    draft = read(office, session, draft_id)
    waits = publications.waiting(session, draft.row.type_key)
    if draft.row.published_at is not None or (waits and waits.draft_id == draft_id):
        raise DraftPublished
    return draft


def latest_of(session: Session, key: str, now: datetime) -> str | None:
    """Return the newest version of a type whose day has come, also of one that was withdrawn."""
    rows = definitions.versions(session, key)
    come = (row.hash for row in rows if row.offered_from is None or row.offered_from <= now)
    return next(come, None)


def insist_path(path: str) -> None:
    """Refuse a path that no package has. Raises PathRefused."""
    if not _PATH.fullmatch(path) or len(path) > _LONGEST_PATH:
        why = f"只用字母、数字、连字符和下划线，至多三层文件夹，不超过{_LONGEST_PATH}个字符"
    elif not path.endswith(SUFFIXES):
        why = f"应以 {'、'.join(SUFFIXES)} 结尾"
    elif path.endswith(".toml") and path != MANIFEST and not path.startswith(f"{EXAMPLES}/"):
        why = "只有 type.toml 一个清单"
    else:
        return
    raise PathRefused("path", path=path[:_LONGEST_PATH], why=why)


def _meanwhile(session: Session, draft_id: str, path: str) -> SavedMeanwhile:
    """Say who was faster, and when."""
    saved = drafts.last(session, draft_id, path)
    who, when = "其他人", "刚才"
    if saved is not None:
        names = officers.names(session, [saved.saved_by.removeprefix("officer:")])
        who = next(iter(names.values()), "其他人")
        when = f"{saved.saved_at.astimezone(SHANGHAI):%m月%d日%H:%M:%S}"
    return SavedMeanwhile(path=path, who=who, when=when)


def history(office: Office, draft_id: str, path: str) -> Sequence[DraftSave]:
    """Return the saves of a file, the newest first."""
    with office.sessions() as session:
        return drafts.history(session, draft_id, path)


def restore(
    office: Office, draft_id: str, path: str, number: int, *, seen: int, actor: Actor
) -> int:
    """Save a file again as it was at an earlier save; 0 is as the version has it.

    Raises NoSuchSave, and what `save` raises.
    """
    with office.sessions() as session:
        if number == 0:
            content = read(office, session, draft_id).before.get(path)
        else:
            saves = drafts.history(session, draft_id, path)
            found = next((save for save in saves if save.number == number), None)
            if found is None:
                raise NoSuchSave
            content = found.data
    return save(office, draft_id, path, content, seen=seen, actor=actor)


def delete(office: Office, draft_id: str, actor: Actor) -> None:
    """Delete a draft that is not asked to be published. Raises NoSuchDraft, DraftPublished."""
    with writing(office.sessions) as session:
        in_turn(session, f"draft {draft_id}")
        draft = changeable(office, session, draft_id)
        office.check(session)
        note(session, "draft.deleted", draft.row, actor, office.now(), content=draft.mark)
        drafts.drop(session, draft_id)


def note(
    session: Session, action: str, row: PackageDraft, actor: Actor, at: datetime, **facts: Any
) -> None:
    """Write the row of the trail about a draft, in the transaction of what it tells."""
    audit.record(
        session,
        action,
        actor=actor.id,
        subject=f"type:{row.type_key}",
        at=at,
        facts={"draft": row.id, **facts},
    )


def title_of(office: Office, row: PackageDraft) -> str:
    """Give the name of the type of a draft; where it was never deployed, that of the draft."""
    kind = newest(office, row.type_key)
    return row.title if kind is None else kind.title
