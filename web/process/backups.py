"""Backups: register, keys and files as they belong together, and back into empty places.

The secret is in no backup: kept apart, neither of the two opens anything by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from adapters.errors import StoredFileDamaged
from adapters.file_store import ContentStore, open_store
from casework.office import Office
from engine.actors import SYSTEM
from refusals.refusal import Refusal
from registry.applications.documents import Blob
from registry.trail import audit
from storage import beginnings
from storage.database import open_database, sessions_of, writing
from web.process import dumps
from web.settings import Settings

Watch = Callable[[Sequence[str]], Iterable[str]]

VERSION = 1  #: of the layout of the folder
MANIFEST = "manifest.json"
REGISTER, KEYS, FILES = "register.dump", "keys.dump", "files"
TAKEN, RESTORED = "backup.take", "backup.restore"  #: in the trail


class BackupPlaceTaken(Refusal):
    """{folder} 已有内容。请指定一个新的或者空的文件夹。"""

    code = "E_BACKUP_PLACE"


class BackupPlaceUnusable(Refusal):
    """{folder} 不能写入（{why}）。请指定一个新的或者空的、可以写入的文件夹。"""

    code = "E_BACKUP_UNWRITABLE"


class NoBackup(Refusal):
    """{folder} 不是完整的备份（{why}）。请换一份备份。"""

    code = "E_BACKUP_BROKEN"


class RestorePlaceTaken(Refusal):
    """{place}中已有数据。恢复只写入空的数据库，请新建数据库，或者先移走现有的数据。"""

    code = "E_RESTORE_PLACE"


class RestoreOtherKind(Refusal):
    """备份来自{kind}数据库，不能恢复到其他种类的数据库。请按备份的种类设置数据库地址。"""

    code = "E_RESTORE_KIND"


class RestoreOtherSecret(Refusal):
    """ZHUCE_SECRET 与备份时的不同，恢复后什么也打不开。请设置备份时使用的密钥。"""

    code = "E_RESTORE_SECRET"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds; written last, so that a folder without it is none."""

    version: int
    taken_at: str  #: ISO 8601, UTC
    databases: dict[str, str]  #: file of the folder → sqlite or postgresql
    digests: dict[str, str]  #: file of the folder → SHA-256
    files: list[str]  #: SHA-256 of each stored file, which is its name
    sealed_to: int  #: how far the chain of the audit trail went
    root: str  #: of that chain
    secret: str  #: tells whether a secret is the one of then, and nothing else


def take(settings: Settings, folder: Path, at: datetime, *, watch: Watch = iter) -> Manifest:
    """Write a backup into a new folder while the service works.

    Raises: BackupPlaceTaken, BackupPlaceUnusable, and what `dumps` raises.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_taken = any(folder.iterdir())
    except OSError as error:
        raise BackupPlaceUnusable(folder=folder, why=error.strerror) from error
    if is_taken:
        raise BackupPlaceTaken(folder=folder)
    store = open_store(settings.files, settings.file_keys())
    # 1. The register says what is true; what comes later than it is not in the backup. Keys after
    #    it: every signature of the register has its key.
    databases = _databases(settings)
    for name, _, url in databases:
        dumps.dump(url, folder / name)
    # 2. Files last: they are written before the rows that name them, and never changed.
    sealed, kept = _facts(settings.database_url)
    names = set(kept)
    for sha256 in watch(kept):
        stored = store.stored(sha256)  # as closed as it lies there
        content = store.opened(sha256, stored)
        begun = beginnings.read(stored)
        if begun is not None and begun.whole not in names:  # folded since the register was read
            stored = store.closed(sha256, content)
        _write(folder / FILES / sha256[:2] / sha256, stored)
    # 3. The manifest makes it a backup.
    manifest = Manifest(
        version=VERSION,
        taken_at=at.isoformat(),
        databases={name: dumps.kind_of(url) for name, _, url in databases},
        digests={name: _digest(folder / name) for name, _, _ in databases},
        files=kept,
        sealed_to=sealed.seq,
        root=sealed.root,
        secret=_of_secret(settings, at.isoformat()),
    )
    _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


def note(office: Office, action: str) -> None:
    """Write into the trail that everything is copied or was brought back."""
    with writing(office.sessions) as session:
        audit.record(session, action, actor=SYSTEM.id, subject="register", at=office.now())


def restore(settings: Settings, folder: Path, *, watch: Watch = iter) -> Manifest:
    """Bring a backup into empty places; nothing is written before all of it was found whole.

    Raises: NoBackup, RestoreOtherKind, RestoreOtherSecret, RestorePlaceTaken, and what
    `dumps` raises.
    """
    manifest = read(folder)
    # 1. Is it whole, and does it belong to us?
    databases = _databases(settings)
    for name, _, url in databases:
        if dumps.kind_of(url) != manifest.databases.get(name):
            raise RestoreOtherKind(kind=manifest.databases.get(name, "未知"))
    if not hmac.compare_digest(_of_secret(settings, manifest.taken_at), manifest.secret):
        raise RestoreOtherSecret
    for name, digest in manifest.digests.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise NoBackup(folder=folder, why=f"{name}缺失或者已改动")
    store = open_store(settings.files, settings.file_keys())
    for sha256 in watch(manifest.files):
        _stored(store, folder, sha256)
    # 2. Is there nothing that it would mix with?
    for _, place, url in databases:
        if not dumps.is_empty(url):
            raise RestorePlaceTaken(place=place)
    # 3. Files, then keys, then the register: who starts the service too early finds no schema.
    for sha256 in watch(manifest.files):
        store.bring_back(sha256, _lying(folder, sha256), _stored(store, folder, sha256))
    for name, _, url in reversed(databases):
        dumps.load(folder / name, url)
    return manifest


def read(folder: Path) -> Manifest:
    """Read what a backup says of itself. Raises: NoBackup."""
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
        manifest = Manifest(**said)
    except OSError as error:
        raise NoBackup(folder=folder, why=f"没有{MANIFEST}") from error
    except (ValueError, TypeError) as error:
        raise NoBackup(folder=folder, why=f"{MANIFEST}不能读取") from error
    if manifest.version != VERSION:
        raise NoBackup(folder=folder, why=f"格式版本{manifest.version}不能识别")
    return manifest


def _stored(store: ContentStore, folder: Path, sha256: str) -> bytes:
    """Open a stored file of a backup and check it. Raises: NoBackup, StoredFileLocked."""
    stored = _lying(folder, sha256)
    try:
        return store.opened(sha256, stored, lambda whole: _lying(folder, whole))
    except StoredFileDamaged as error:
        raise NoBackup(folder=folder, why=f"文件{sha256[:12]}已改动") from error


def _lying(folder: Path, sha256: str) -> bytes:
    """Give what lies in a backup for a file. Raises: NoBackup."""
    try:
        return (folder / FILES / sha256[:2] / sha256).read_bytes()
    except OSError as error:
        raise NoBackup(folder=folder, why=f"缺少文件{sha256[:12]}") from error


def _databases(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Give file of the folder, name and address of each database, in the order of a backup."""
    return (
        (REGISTER, "登记库", settings.database_url),
        (KEYS, "密钥库", settings.keys_url),
    )


def _facts(url: str) -> tuple[audit.Checkpoint, list[str]]:
    """Read how far the trail is chained, and which files there are."""
    engine = open_database(url)
    try:
        with sessions_of(engine)() as session:
            kept = session.scalars(sa.select(Blob.sha256).order_by(Blob.sha256))
            return audit.checkpoint(session), list(kept)
    finally:
        engine.dispose()


def _of_secret(settings: Settings, taken_at: str) -> str:
    """Give what only who has the secret can make; another for each backup."""
    return hmac.new(settings.key("backup"), taken_at.encode(), hashlib.sha256).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write a file that survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
