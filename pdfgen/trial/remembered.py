"""Which documents were set without fault, kept in a small file from one command to the next.

Setting every document with sample values is the longest part of a check, and nearly always nothing
has changed. A document is known by all that it is made of: its files, its data, the faces, Typst
and the programs that set it. What cannot be read or written is as if it were not there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pdf

MOST = 4096  #: documents that are kept, the last ones
_PROGRAMS = (Path(__file__).parents[1], Path(pdf.__file__).parent)


class Remembered:
    """A file with a line for each document that was set well."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holds(self, mark: bytes, fonts: Path) -> bool:
        """Tell whether what is marked so was set without fault."""
        return self._line(mark, fonts) in self._lines

    def add(self, marks: Iterable[bytes], fonts: Path) -> None:
        """Note what was set without fault."""
        lines = [*self._lines, *(self._line(mark, fonts) for mark in marks)]
        if len(lines) == len(self._lines):
            return
        self._lines = dict.fromkeys(lines[-MOST:])
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.writelines(f"{line}\n" for line in self._lines)
            Path(name).replace(self._path)

    @cached_property
    def _lines(self) -> dict[str, None]:
        try:
            return dict.fromkeys(self._path.read_text("ascii").split())
        except (OSError, ValueError):
            return {}

    def _line(self, mark: bytes, fonts: Path) -> str:
        return sha256(mark + self._made_by + _faces(fonts)).hexdigest()

    @cached_property
    def _made_by(self) -> bytes:
        """Return a digest of the programs that set documents."""
        parts = [version("typst").encode()]
        for path in sorted(path for folder in _PROGRAMS for path in folder.rglob("*")):
            if path.suffix in (".py", ".toml"):
                parts.append(path.read_bytes())
        return sha256(b"\0".join(parts)).digest()


def _faces(fonts: Path) -> bytes:
    """Return a digest of the files of the faces, as they lie there."""
    files = sorted(path for path in fonts.iterdir()) if fonts.is_dir() else []
    told = [f"{path.name} {(at := path.stat()).st_size} {at.st_mtime_ns}" for path in files]
    return sha256("\n".join(told).encode()).digest()
