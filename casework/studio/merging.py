"""A draft whose type got a newer version meanwhile: what others published is taken into it.

Published as it stands, such a draft would take back what the newer version brought. It is taken
over file by file: what only they changed comes in, what only the draft changed stays, and what both
changed stays as the draft has it and is told, to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from casework.office import Office
from casework.studio import drafts
from casework.studio.drafts import Draft
from casework.studio.refusals import NothingToMerge
from engine.actors import Actor
from engine.tables import DefinitionVersion
from registry.packages import drafts as saved
from registry.packages import scenarios
from registry.packages.drafts import PackageDraft
from storage.database import in_turn, writing


@dataclass(frozen=True, kw_only=True)
class Newer:
    """The version that was published after the one on which a draft stands."""

    version: str
    number: int
    author: str  #: as an actor
    at: datetime


def newer(office: Office, row: PackageDraft) -> Newer | None:
    """Give the newest version of the type of a draft, where the draft does not stand on it."""
    with office.sessions() as session:
        latest = drafts.latest_of(session, row.type_key, office.now())
        if latest is None or latest == row.base:
            return None
        version = session.get_one(DefinitionVersion, latest)
        return Newer(
            version=latest, number=version.number, author=version.author, at=version.deployed_at
        )


def merge(office: Office, draft_id: str, version: str, actor: Actor) -> tuple[str, ...]:
    """Take what a newer version brought into a draft; return the files that both changed.

    Raises NothingToMerge when the version is not the newest or the draft stands on it, NoSuchDraft,
    DraftPublished.
    """
    now = office.now()
    with writing(office.sessions) as session:
        in_turn(session, f"draft {draft_id}")
        draft = drafts.changeable(office, session, draft_id)
        latest = drafts.latest_of(session, draft.row.type_key, now)
        if latest != version or draft.row.base == version:
            raise NothingToMerge
        stories, _ = scenarios.of(session, version)
        theirs = {**office.definitions.get(version).files, **stories}
        both, wanted = _together(draft, theirs)
        draft.row.base = version
        session.flush()
        stands = drafts.read(office, session, draft_id)
        for path, content in wanted.items():
            file = stands.files.get(path)
            if content != (file.content if file else None):
                number = stands.number(path) + 1
                saved.save(session, draft_id, path, content, number=number, actor=actor.id, at=now)
        drafts.note(session, "draft.merged", draft.row, actor, now, version=version)
    return both


def _together(
    draft: Draft, theirs: dict[str, bytes]
) -> tuple[tuple[str, ...], dict[str, bytes | None]]:
    """Give the files that both changed, and what each file is to be (None: not there)."""
    wanted: dict[str, bytes | None] = {}
    both = []
    for path in sorted({*draft.before, *draft.files, *theirs}):
        file = draft.files.get(path)
        before, ours, their = (
            draft.before.get(path),
            file.content if file else None,
            theirs.get(path),
        )
        wanted[path] = their if ours == before else ours
        if before not in (ours, their) and ours != their:
            both.append(path)
    return tuple(both), wanted
