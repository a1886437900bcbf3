"""How one entry is typed or pasted by different people; each is meant as the same value."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

_RADICALS = {
    unicodedata.normalize("NFKC", chr(point)): chr(point) for point in range(0x2F00, 0x2FD6)
} | {"见": "⻅", "长": "⻓", "门": "⻔", "车": "⻋"}


def full_width(value: str) -> str:
    """Type letters and digits with an input method that makes them wide."""
    return "".join(
        chr(ord(character) + 0xFEE0) if character.isascii() and character.isalnum() else character
        for character in value
    )


def spaced(value: str) -> str:
    """Paste with blanks around it, the Chinese one included."""
    return f"\u3000 {value}\u00a0\t"


def marked(value: str) -> str:
    """Paste out of a web page, with marks that show nothing."""
    half = len(value) // 2
    return f"\ufeff\u202d{value[:half]}\u200b\u00ad{value[half:]}\u202c"


def line_ended(value: str) -> str:
    """Paste a whole line."""
    return f"{value}\r\n"


def radical(value: str) -> str:
    """Paste out of a PDF whose font gives radicals for characters."""
    return "".join(_RADICALS.get(character, character) for character in value)


def dotted(value: str) -> str:
    """Type a name with the dot that the keyboard has."""
    return value.replace("·", "•")


#: Compatibility ideographs, which old tables and fonts give instead of the character.
_COMPATIBLE = {"例": "\uf9b5", "力": "\uf98a", "女": "\uf981", "林": "\uf9f4", "金": "\uf90a"}


def dressed(value: str) -> str:
    """Paste with what shows no difference: compatible and decomposed characters, joiners.

    Each Chinese character has a variation selector behind it, as some input methods add one.
    """
    shown = unicodedata.normalize("NFD", value)
    shown = "".join(
        f"{_COMPATIBLE.get(character, character)}\U000e0100\ufe00"
        if "\u3400" <= character <= "\u9fff"
        else character
        for character in shown
    )
    return f"\u200f\u2067{shown}\u200d\u2069\u061c"


VARIANTS: Mapping[str, Callable[[str], str]] = {
    variant.__name__: variant
    for variant in (full_width, spaced, marked, line_ended, radical, dotted, dressed)
}
