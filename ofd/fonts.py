"""The part of a font that one document needs, reached by Unicode, so that text stays text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import uharfbuzz as hb

_DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "STAT", "gasp", "DSIG")
_DROPPED_TAGS = [int.from_bytes(tag.ljust(4).encode(), "big") for tag in _DROPPED]


class Face:
    """A font as one document uses it."""

    def __init__(self, path: Path, name: str) -> None:
        """Open the font of this PostScript name."""
        self.name = name
        self.family, _, style = name.partition("-")
        self.is_bold = "Bold" in style
        self._face, self._font = _opened(path)
        self.suffix = "otf" if "CFF " in self._face.table_tags else "ttf"
        self._used: dict[str, float] = {}  #: advances of what was set

    @property
    def is_used(self) -> bool:
        """Tell whether anything was set in it."""
        return bool(self._used)

    def advance(self, character: str) -> float:
        """Return how wide a character is, in ems. KeyError when the font has it not."""
        advance = self._used.get(character)
        if advance is None:
            glyph = self._font.get_nominal_glyph(ord(character))
            if glyph is None:
                raise KeyError(character)
            advance = float(self._font.get_glyph_h_advance(glyph)) / float(self._face.upem)
            self._used[character] = advance
        return advance

    def subset(self) -> bytes:
        """Return the font with the characters that were set."""
        return _subset(self._face, frozenset(self._used))


@lru_cache(maxsize=64)
def _opened(path: Path) -> tuple[Any, Any]:
    face = hb.Face(hb.Blob.from_file_path(str(path)))  # mapped, not read
    return face, hb.Font(face)


def _subset(face: Any, used: frozenset[str]) -> bytes:
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.UNICODE).update(map(ord, sorted(used)))
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(_DROPPED_TAGS)
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    return bytes(hb.subset(face, wanted).blob.data)


class Shelf(Mapping[str, Face]):
    """The fonts of a folder by their PostScript names, for one document."""

    def __init__(self, folder: Path) -> None:
        """Look into the folder; a font is opened when it is asked for."""
        self._paths = _paths(folder)
        self._faces: dict[str, Face] = {}

    def __getitem__(self, name: str) -> Face:
        """Give a font. KeyError when the folder has it not."""
        if name not in self._faces:
            self._faces[name] = Face(self._paths[name], name)
        return self._faces[name]

    def __iter__(self) -> Any:
        """Go through the names."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Count the fonts."""
        return len(self._paths)

    def used(self) -> list[Face]:
        """Give the fonts in which something was set, by name."""
        return [face for _, face in sorted(self._faces.items()) if face.is_used]


@lru_cache(maxsize=8)
def _paths(folder: Path) -> Mapping[str, Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".otf", ".ttf"))
    return {_name(path): path for path in paths}


def _name(path: Path) -> str:
    face, _ = _opened(path)
    return str(face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME) or path.stem)
