"""Files by content: a folder or an S3 bucket where nothing is ever overwritten."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from adapters.errors import StoredFileDamaged, StoredFileMissing


class ContentStore:
    """A `registry.ports.FileStore`: the address of a file is its SHA-256."""

    def __init__(self, store: ObjectStore, *, folder: Path | None = None) -> None:
        """Take an object store; `folder` is where it lies when it is a local one."""
        self._store = store
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep the bytes and give their SHA-256 in lower-case hexadecimal.

        Keeping the same bytes again changes nothing. The file is on the disk when this returns.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        with suppress(AlreadyExistsError):
            obstore.put(self._store, _key(sha256), content, mode="create")
        # Also when it was there: another put may still be on its way to the disk.
        if self._folder is not None:
            _sync(self._folder / _key(sha256))
        return sha256

    def get(self, sha256: str) -> bytes:
        """Give the bytes whose SHA-256 this is; they are checked at every reading.

        Raises: StoredFileMissing when nothing is kept there, StoredFileDamaged when the bytes
        have changed.
        """
        try:
            content = bytes(obstore.get(self._store, _key(sha256)).bytes())
        except FileNotFoundError as error:
            raise StoredFileMissing(sha256=sha256[:12]) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoredFileDamaged(sha256=sha256[:12])
        return content

    def has(self, sha256: str) -> bool:
        """Tell whether a file is kept at this address."""
        try:
            obstore.head(self._store, _key(sha256))
        except FileNotFoundError:
            return False
        return True


def open_store(place: str) -> ContentStore:
    """Open a folder (made when missing) or `s3://bucket/prefix` (credentials as AWS tools do)."""
    if place.startswith("s3://"):
        return ContentStore(S3Store.from_url(place))
    folder = Path(place.removeprefix("file://")).absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ContentStore(LocalStore(folder), folder=folder)


def memory_store() -> ContentStore:
    """Open the twin: a store that forgets everything with its process."""
    return ContentStore(MemoryStore())


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _sync(path: Path) -> None:
    """Make the file and its names survive a power cut; the local store itself does not sync."""
    for target in (path, path.parent, path.parent.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
