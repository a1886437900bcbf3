"""Which characters can be printed. Forms ask before anything is saved."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from pdfgen.errors import FontsMissing

#: the face that every value is set in; `tools/build_fonts.py` writes its characters beside it
_FACE = "GovSong-Regular"
#: controls but tab and line feed, zero-width, fillers, variation selectors, direction marks,
#: private use, surrogates: they hide or reorder text, or look different on each machine
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\uffff\ue000-\uf8ff\ud800-\udfff\U000e0000-\U0010ffff]"
)


def hidden(text: str) -> list[str]:
    r"""Return the characters of `text` that no document may hold, each once, in order.

    >>> hidden("张\u202e三\x00")
    ['\u202e', '\x00']
    """
    return list(dict.fromkeys(_HIDDEN.findall(text)))


def missing(text: str, fonts: Path) -> list[str]:
    """Return the characters of `text` that cannot be printed, each once, in order of appearance.

    `fonts` is the folder that `tools/build_fonts.py` made (FontsMissing when it is not).
    Tab and line feed are layout, not characters.
    """
    printable = _printable(fonts)
    candidates = dict.fromkeys(character for character in text if character not in "\t\n")
    return [
        character
        for character in candidates
        if _HIDDEN.match(character) or character not in printable
    ]


def printable(text: str, fonts: Path) -> str:
    """Return `text` composed (NFC), without hidden characters, with □ for those without a glyph.

    For names of files and the like, which are shown but bind nobody; what binds is refused.
    """
    shown = unicodedata.normalize("NFC", _HIDDEN.sub("", text))
    return shown.translate({ord(character): "□" for character in missing(shown, fonts)})


def describe(character: str) -> str:
    r"""Return the code point and, where it has one, the name of a character, for messages.

    >>> describe("\u202e")
    'U+202E RIGHT-TO-LEFT OVERRIDE'
    """
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


@lru_cache(maxsize=4)
def _printable(fonts: Path) -> frozenset[str]:
    """Return the characters of the face that values are set in."""
    try:
        runs = json.loads((fonts / f"{_FACE}.json").read_text())
    except OSError as error:
        raise FontsMissing(folder=str(fonts), family=_FACE) from error
    return frozenset(chr(point) for first, last in runs for point in range(first, last + 1))
