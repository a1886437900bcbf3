"""A draft as one file: every file as it is, their digests, and the seal of this deployment.

A ZIP that was cut, changed, or sealed by nobody whom this deployment knows is refused whole.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from casework.office import Office
from casework.studio import drafts
from casework.studio.drafts import MOST_BYTES, MOST_FILE_BYTES, MOST_FILES, Draft
from casework.studio.refusals import ArchiveRefused, PathRefused
from engine.actors import Actor
from engine.errors import NoSuchDefinition
from registry.packages.drafts import PackageDraft
from registry.trail import audit
from storage.database import in_turn, to_json, writing
from storage.vault import current_vault

LIST, SEAL = "zhuce-package.json", "zhuce-package.seal"
FORMAT = "zhuce-package/1"
_MOMENT = (1980, 1, 1, 0, 0, 0)  #: the same draft gives the same bytes
_PLACE = "package archive"
_METHODS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  #: what others are read by fails in its own way


def export(draft: Draft) -> bytes:
    """Give a draft as a sealed archive."""
    files = {path: file.content for path, file in draft.files.items()}
    listed = to_json(
        {
            "format": FORMAT,
            "key": draft.row.type_key,
            "title": draft.row.title,
            "base": draft.row.base,
            "files": {path: _digest(content) for path, content in files.items()},
        }
    )
    seal = current_vault().seal_of(listed, place=_PLACE).hex()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            (LIST, listed.encode()),
            (SEAL, seal.encode()),
            *sorted(files.items()),
        ):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def load(office: Office, content: bytes, actor: Actor) -> str:
    """Begin a draft from an archive; return its id, for the second press of a button that before.

    It stands on the same version as the draft that was taken, where this deployment has it. Raises
    ArchiveRefused, and what `drafts.save_all` raises.
    """
    listed, files = _opened(content)
    _insist_fits(files)
    base = listed["base"]
    before: dict[str, bytes] = {}
    if base is not None:
        try:
            office.definitions.get(base)
        except NoSuchDefinition:
            base = None
    now = office.now()
    row = PackageDraft(
        type_key=listed["key"],
        title=listed["title"],
        base=base,
        created_by=actor.id,
        created_at=now,
    )
    with writing(office.sessions) as session:
        in_turn(session, "drafts")
        since = now - audit.SECOND_PRESS
        for event in audit.done_by(session, "draft.imported", actor=actor.id, since=since):
            if event.facts["sha256"] == _digest(content):
                return str(event.facts["draft"])
        session.add(row)
        session.flush()
        drafts.note(session, "draft.imported", row, actor, now, sha256=_digest(content))
    before = {path: file.content for path, file in drafts.open_(office, row.id).files.items()}
    changes: dict[str, bytes | None] = {path: None for path in before if path not in files}
    changes |= {path: data for path, data in files.items() if before.get(path) != data}
    drafts.save_all(office, row.id, changes, {}, actor)
    return row.id


def _insist_fits(files: Mapping[str, bytes]) -> None:
    """Refuse what no draft holds, though an earlier version of this system packed it."""
    for path, content in files.items():
        try:
            drafts.insist_path(path)
        except PathRefused as error:
            raise ArchiveRefused("archive", why=f"草稿中没有“{path[:60]}”这样的文件") from error
        if len(content) > MOST_FILE_BYTES:
            raise ArchiveRefused("archive", why=f"其中的 {path} 超过1 MB")


def _opened(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read an archive that this deployment sealed; raise ArchiveRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [entry.filename for entry in archive.infolist()]
            whole = sum(entry.file_size for entry in archive.infolist())
            if len(names) > MOST_FILES + 2 or whole > MOST_BYTES + (1 << 20):
                raise ArchiveRefused("archive", why="文件太多或者太大")
            if any(entry.compress_type not in _METHODS for entry in archive.infolist()):
                raise ArchiveRefused("archive", why="ZIP 文件用了别的压缩方式")
            if len(set(names)) != len(names):
                raise ArchiveRefused("archive", why="其中有同名的文件")
            if LIST not in names or SEAL not in names:
                raise ArchiveRefused("archive", why="没有清单和封印，不是本系统导出的文件")
            listed = _listed(archive.read(LIST), archive.read(SEAL))
            read = {name: archive.read(name) for name in names if name not in (LIST, SEAL)}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise ArchiveRefused("archive", why="不是完整的 ZIP 文件，可能没有传完") from error
    except (RuntimeError, NotImplementedError) as error:
        raise ArchiveRefused("archive", why="ZIP 文件加了密码，或者用了别的压缩方式") from error
    if listed["files"] != {path: _digest(data) for path, data in read.items()}:
        raise ArchiveRefused("archive", why="其中的文件与清单不同，被改动或者不全")
    return listed, read


def _listed(said: bytes, seal: bytes) -> dict[str, Any]:
    """Read the list that this deployment sealed; what strangers pack is not unpacked further."""
    text = said.decode("utf-8", "replace")
    ours = current_vault().seal_of(text, place=_PLACE).hex()
    if not hmac.compare_digest(ours.encode(), seal):
        raise ArchiveRefused("archive", why="封印不是本系统的，或者清单被改动")
    listed: dict[str, Any] = json.loads(text)
    if listed["format"] != FORMAT:
        raise ArchiveRefused("archive", why=f"它的格式是 {listed['format']}，本系统读的是 {FORMAT}")
    return listed


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
