"""Files by content: a folder or an S3 bucket where no content is ever overwritten.

The address is the SHA-256 of what was given; what lies there is closed when the store has keys
(`storage.file_keys`). A file that another one begins with takes no room of its own once it is
folded into it (`storage.beginnings`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from adapters.errors import StoredFileDamaged, StoredFileLocked, StoredFileMissing
from registry.errors import Unavailable
from storage import beginnings
from storage.file_keys import DamagedFile, FileKeys, UnknownFileKey

CONNECT_S, ANSWER_S = 2, 10  #: for each attempt at a bucket; the library's own are three minutes
RETRIES = 2
_LOG = structlog.get_logger(__name__)


@contextmanager
def _reached(*, may_miss: bool = True) -> Iterator[None]:
    """Turn a full disk, or a bucket that is not there, into what passes. Raises: Unavailable.

    With `may_miss` a FileNotFoundError says that nothing lies at the address.
    """
    try:
        yield
    except (OSError, BaseError) as error:
        if may_miss and isinstance(error, FileNotFoundError):
            raise
        text = str(error).partition("\n")[0]
        _LOG.error("files_unavailable", error=type(error).__name__, text=text)
        raise Unavailable(system="文件存储") from error


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
        self._named: set[Path] = set()  #: folders whose names are known to be on the disk

    def put(self, content: bytes) -> str:
        """Keep the bytes and give their SHA-256 in lower-case hexadecimal.

        Keeping the same bytes again changes nothing. The file is on the disk when this returns.
        Raises: Unavailable when there is no room or nobody answers, as every method does.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        stored = self.closed(sha256, content)
        with _reached(may_miss=False):  # to put something nowhere means: there is no bucket
            with suppress(AlreadyExistsError):
                obstore.put(self._store, _key(sha256), stored, mode="create")
            # Also when it was there: another put may still be on its way to the disk.
            self._on_disk(_key(sha256))
        return sha256

    def get(self, sha256: str) -> bytes:
        """Give the bytes whose SHA-256 this is; they are checked at every reading.

        Raises: StoredFileMissing when nothing is kept there, StoredFileDamaged when the bytes
        have changed, StoredFileLocked when the key that wraps theirs is not here.
        """
        return self.opened(sha256, self.stored(sha256))

    def stored(self, sha256: str) -> bytes:
        """Give what lies at an address as it lies, for a backup: a file or a note.

        Raises: StoredFileMissing.
        """
        # The place is looked at twice: the file may be folded, or unfolded, meanwhile.
        for key in (_key(sha256), _note(sha256), _key(sha256)):
            with suppress(FileNotFoundError), _reached():
                return bytes(obstore.get(self._store, key).bytes())
        raise StoredFileMissing(sha256=sha256[:12])

    def opened(
        self, sha256: str, stored: bytes, stored_of: Callable[[str], bytes] | None = None
    ) -> bytes:
        """Give the content of what lay at an address. Raises as `get`.

        `stored_of` gives what lies at another address; without it, it is what lies here.
        """
        place, length, reached = sha256, None, -1
        while (note := beginnings.read(stored)) is not None:
            if note.length <= reached:  # each leads to a longer one, unless somebody changed it
                raise StoredFileDamaged(sha256=sha256[:12])
            length = note.length if length is None else length
            place, reached = note.whole, note.length
            stored = (stored_of or self.stored)(place)
        content = self._opened(place, stored)[:length]
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoredFileDamaged(sha256=sha256[:12])
        return content

    def _opened(self, sha256: str, stored: bytes) -> bytes:
        try:
            return stored if self._keys is None else self._keys.open(stored, sha256)
        except UnknownFileKey as error:
            raise StoredFileLocked(sha256=sha256[:12]) from error
        except DamagedFile as error:
            raise StoredFileDamaged(sha256=sha256[:12]) from error

    def fold(self, earlier: Mapping[str, int], content: bytes) -> int:
        """Keep of files, by address with their length, only that `content` begins with them.

        `content` is kept here, and on record: what is only on its way might be dropped. A file
        that it does not begin with stays as it is. Give how many files gave up their room. One
        that nobody finishes folding stays whole, and is read.
        """
        notes = beginnings.found(earlier, content)
        for sha256, note in notes.items():
            self._lay(sha256, note)
            with suppress(FileNotFoundError), _reached():
                obstore.delete(self._store, _key(sha256))
        return len(notes)

    def unfold(self, sha256: str) -> None:
        """Let a file stand by itself again, before one that begins with it is dropped.

        What is not folded, or not here, stays so. Raises as `get`.
        """
        with suppress(StoredFileMissing):
            if beginnings.read(stored := self.stored(sha256)) is not None:
                self.put(self.opened(sha256, stored))
                obstore.delete(self._store, _note(sha256))

    def bring_back(self, sha256: str, stored: bytes, content: bytes) -> None:
        """Keep a file of a backup as it was kept: one that was folded is folded again."""
        if (note := beginnings.read(stored)) is not None:
            self._lay(sha256, note)
        else:
            self.put(content)

    def closed(self, sha256: str, content: bytes) -> bytes:
        """Give what is stored for a content that stands by itself."""
        return content if self._keys is None else self._keys.close(content, sha256)

    def addresses(self) -> Iterator[str]:
        """Give the address of every file that stands here by itself, page after page."""
        pages = iter(obstore.list(self._store))
        while True:
            with _reached(may_miss=False):
                page = next(pages, None)
            if page is None:
                return
            names = (str(entry["path"]).rpartition("/")[2] for entry in page)
            yield from (name for name in names if not name.endswith(beginnings.SUFFIX))

    def renew_key(self, sha256: str) -> bool:
        """Wrap a file by the key of today; False when it is so already, or needs none.

        The bytes in their place are exchanged whole, and only for bytes that open to the same
        content. Raises as `get`.
        """
        if self._keys is None:
            return False
        stored = self.stored(sha256)
        if self._keys.is_current(stored) or beginnings.read(stored) is not None:
            return False
        self.opened(sha256, stored)
        renewed = self._keys.renewed(stored, sha256)
        with _reached():
            obstore.put(self._store, _key(sha256), renewed, mode="overwrite")
            self._on_disk(_key(sha256))
        return True

    def drop(self, sha256: str) -> None:
        """Erase a file; what is not there is erased already."""
        for key in (_key(sha256), _note(sha256)):
            with suppress(FileNotFoundError), _reached():
                obstore.delete(self._store, key)

    def has(self, sha256: str) -> bool:
        """Tell whether a file is kept at this address."""
        for key in (_key(sha256), _note(sha256)):
            with suppress(FileNotFoundError), _reached():
                obstore.head(self._store, key)
                return True
        return False

    def _lay(self, sha256: str, note: beginnings.Note) -> None:
        with _reached(may_miss=False):
            obstore.put(self._store, _note(sha256), note.written(), mode="overwrite")
            self._on_disk(_note(sha256))

    def _on_disk(self, key: str) -> None:
        if self._folder is None:
            return
        path = self._folder / key
        _sync(path, path.parent)
        if path.parent not in self._named:  # its own name lies in the folder of all, for good
            _sync(self._folder)
            self._named.add(path.parent)


def open_store(place: str, keys: FileKeys | None = None) -> ContentStore:
    """Open a folder (made when missing) or `s3://bucket/prefix` (credentials as AWS tools do)."""
    if place.startswith("s3://"):
        return ContentStore(_bucket(place), keys=keys)
    folder = Path(place.removeprefix("file://")).absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ContentStore(LocalStore(folder), folder=folder, keys=keys)


def _bucket(place: str) -> S3Store:
    """Open a bucket that is given up soon: a person waits for the page, and jobs come back."""
    is_plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
    return S3Store.from_url(
        place,
        client_options={
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "timeout": timedelta(seconds=ANSWER_S),
            "allow_http": is_plain,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=ANSWER_S)},
    )


def memory_store() -> ContentStore:
    """Open the twin: a store that forgets everything with its process."""
    return ContentStore(MemoryStore())


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _note(sha256: str) -> str:
    return _key(sha256) + beginnings.SUFFIX


def _sync(*paths: Path) -> None:
    """Make a file and the names of a folder survive a power cut; the local store does not sync."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
