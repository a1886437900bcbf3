"""Folders for a while, which go away with the process that made them, also when it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HELD = "held"  #: the file in each that its process keeps locked as long as it lives


class Scratch:
    """A folder in the machine's folder for such things, or in `place`; `remove` takes it away.

    Whose process is killed removes nothing: the next folder of that kind does it for him. The lock
    of a file tells who lives still, as the kernel gives it back with the process; a copy of a
    process keeps it too.
    """

    def __init__(self, kind: str, place: Path | None = None) -> None:
        _sweep(kind, place or Path(tempfile.gettempdir()))
        self._owner = os.getpid()
        while True:
            self.folder = Path(tempfile.mkdtemp(prefix=f"zhuce-{kind}-", dir=place))
            self._lock = os.open(self.folder / _HELD, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if os.fstat(self._lock).st_nlink:  # nobody swept it before it was locked
                return
            os.close(self._lock)

    def remove(self) -> None:
        """Take the folder away, unless this is a copy of the process that made it."""
        if os.getpid() != self._owner:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)
        self._owner = 0  # there is nothing left to remove


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """Give a folder `zhuce-KIND-…` for as long as the block lasts."""
    made = Scratch(kind)
    try:
        yield made.folder
    finally:
        made.remove()


def _sweep(kind: str, place: Path) -> None:
    """Remove the folders of our own account whose processes were killed."""
    for folder in place.glob(f"zhuce-{kind}-*"):
        with suppress(OSError):  # it is going away, or not ours
            if folder.lstat().st_uid == os.geteuid():
                _remove_abandoned(folder)


def _remove_abandoned(folder: Path) -> None:
    lock = os.open(folder / _HELD, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
