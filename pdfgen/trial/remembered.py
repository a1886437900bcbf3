"""What was looked at without fault, kept in a small file from one command to the next.

Setting every document with sample values is the longest part of a check, and nearly always nothing
has changed. What was looked at is known by all that it is made of: its files, its data, the faces,
and the programs and libraries that looked. What cannot be read or written is as if it were not
there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pdf

MOST = 4096  #: marks that are kept, the last ones
_PROGRAMS = (Path(__file__).parents[1], Path(pdf.__file__).parent)


class Remembered:
    """A file with a line for each thing that was without fault: a document, a whole type."""

    def __init__(
        self,
        path: Path,
        *,
        programs: Iterable[Path] = _PROGRAMS,
        libraries: Iterable[str] = ("typst",),
    ) -> None:
        """Keep at `path` what these folders of programs find, and these libraries."""
        self._path = path
        self._programs, self._libraries = tuple(programs), tuple(libraries)

    def holds(self, mark: bytes, fonts: Path) -> bool:
        """Tell whether what is marked so was without fault."""
        return self._line(mark, fonts) in self._lines

    def add(self, marks: Iterable[bytes], fonts: Path) -> None:
        """Note what was without fault."""
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
        """Return a digest of the programs that look, as they lie there, and of their libraries."""
        from importlib.metadata import version  # a sixtieth of a check that is asked for first

        parts = [f"{name} {version(name)}" for name in self._libraries]
        parts += [line for folder in self._programs for line in _lying(folder)]
        return sha256("\n".join(parts).encode()).digest()


def _lying(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            at = (Path(place) / name).stat()
            yield f"{place}/{name} {at.st_size} {at.st_mtime_ns}"


def _faces(fonts: Path) -> bytes:
    """Return a digest of the files of the faces, as they lie there."""
    files = sorted(path for path in fonts.iterdir()) if fonts.is_dir() else []
    told = [f"{path.name} {(at := path.stat()).st_size} {at.st_mtime_ns}" for path in files]
    return sha256("\n".join(told).encode()).digest()
