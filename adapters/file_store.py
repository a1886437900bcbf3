"""Files by content: a folder or an S3 bucket where no content is ever overwritten.

The address is the SHA-256 of what was given; what lies there is closed when the store has keys
(`storage.file_keys`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from adapters.errors import StoredFileDamaged, StoredFileLocked, StoredFileMissing
from storage.file_keys import DamagedFile, FileKeys, UnknownFileKey


class ContentStore:
    """A `registry.ports.FileStore`: the address of a file is its SHA-256."""

    def __init__(
        self, store: ObjectStore, *, folder: Path | None = None, keys: FileKeys | None = None
    ) -> None:
        """Take an object store; `folder` is where it lies when it is a local one.

        With `keys` whatever is put is closed, and what lies there open from before is read.
        """
        self._store = store
        self._folder = folder
        self._keys = keys

    def put(self, content: bytes) -> str:
        """Keep the bytes and give their SHA-256 in lower-case hexadecimal.

        Keeping the same bytes again changes nothing. The file is on the disk when this returns.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        stored = content if self._keys is None else self._keys.close(content, sha256)
        with suppress(AlreadyExistsError):
            obstore.put(self._store, _key(sha256), stored, mode="create")
        # Also when it was there: another put may still be on its way to the disk.
        self._on_disk(sha256)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Give the bytes whose SHA-256 this is; they are checked at every reading.

        Raises: StoredFileMissing when nothing is kept there, StoredFileDamaged when the bytes
        have changed, StoredFileLocked when the key that wraps theirs is not here.
        """
        return self.opened(sha256, self.stored(sha256))

    def stored(self, sha256: str) -> bytes:
        """Give what lies at an address as it lies, for a backup. Raises: StoredFileMissing."""
        try:
            return bytes(obstore.get(self._store, _key(sha256)).bytes())
        except FileNotFoundError as error:
            raise StoredFileMissing(sha256=sha256[:12]) from error

    def opened(self, sha256: str, stored: bytes) -> bytes:
        """Give the content of what lay at an address. Raises as `get`."""
        content = stored
        try:
            if self._keys is not None:
                content = self._keys.open(stored, sha256)
        except UnknownFileKey as error:
            raise StoredFileLocked(sha256=sha256[:12]) from error
        except DamagedFile as error:
            raise StoredFileDamaged(sha256=sha256[:12]) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoredFileDamaged(sha256=sha256[:12])
        return content

    def addresses(self) -> Iterator[str]:
        """Give the address of everything that lies here, page after page."""
        for page in obstore.list(self._store):
            yield from (str(entry["path"]).rpartition("/")[2] for entry in page)

    def renew_key(self, sha256: str) -> bool:
        """Wrap a file by the key of today; False when it is so already.

        The bytes in their place are exchanged whole, and only for bytes that open to the same
        content. Raises as `get`.
        """
        if self._keys is None:
            return False
        stored = self.stored(sha256)
        if self._keys.is_current(stored):
            return False
        self.opened(sha256, stored)
        renewed = self._keys.renewed(stored, sha256)
        obstore.put(self._store, _key(sha256), renewed, mode="overwrite")
        self._on_disk(sha256)
        return True

    def drop(self, sha256: str) -> None:
        """Erase a file; what is not there is erased already."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, _key(sha256))

    def has(self, sha256: str) -> bool:
        """Tell whether a file is kept at this address."""
        try:
            obstore.head(self._store, _key(sha256))
        except FileNotFoundError:
            return False
        return True

    def _on_disk(self, sha256: str) -> None:
        if self._folder is not None:
            _sync(self._folder / _key(sha256))


def open_store(place: str, keys: FileKeys | None = None) -> ContentStore:
    """Open a folder (made when missing) or `s3://bucket/prefix` (credentials as AWS tools do)."""
    if place.startswith("s3://"):
        return ContentStore(S3Store.from_url(place), keys=keys)
    folder = Path(place.removeprefix("file://")).absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ContentStore(LocalStore(folder), folder=folder, keys=keys)


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
