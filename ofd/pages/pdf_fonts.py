"""The composite fonts of a PDF that Typst wrote: what a code means, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass

import pikepdf

_CODE_BYTES = 2  # Identity-H


@dataclass(frozen=True)
class PdfFont:
    """A font of the page."""

    name: str  #: PostScript name without the subset's tag
    characters: dict[int, str]  #: several where one glyph stands for them (ligatures)
    widths: dict[int, float]  #: thousandths of an em

    def width(self, code: int) -> float:
        """Return how wide a code is, in ems."""
        return self.widths.get(code, 1000.0) / 1000


def codes(shown: bytes) -> list[int]:
    """Cut a string that is shown into its codes."""
    return [
        int.from_bytes(shown[i : i + _CODE_BYTES], "big") for i in range(0, len(shown), _CODE_BYTES)
    ]


def read(font: pikepdf.Object) -> PdfFont:
    """Read a Type 0 font in Identity-H."""
    base = str(font.BaseFont).lstrip("/").rpartition("+")[2].removesuffix("-Identity-H")
    return PdfFont(base, _characters(font.ToUnicode), _widths(font.DescendantFonts[0]))


def _widths(inner: pikepdf.Object) -> dict[int, float]:
    widths: dict[int, float] = {}
    entries = list(inner.get("/W", []))
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, pikepdf.Array):
            widths.update({first + index: float(width) for index, width in enumerate(second)})
        else:
            widths.update(dict.fromkeys(range(first, int(second) + 1), float(entries.pop(0))))
    return widths


def _characters(table: pikepdf.Object) -> dict[int, str]:
    characters: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(table):
        operator = str(instruction.operator)
        values = [
            bytes(value) for value in instruction.operands if isinstance(value, pikepdf.String)
        ]
        if operator == "endbfchar":
            for code, text in zip(values[::2], values[1::2], strict=True):
                characters[int.from_bytes(code, "big")] = text.decode("utf-16-be")
        elif operator == "endbfrange":
            for low, high, text in zip(values[::3], values[1::3], values[2::3], strict=True):
                start, said = int.from_bytes(low, "big"), text.decode("utf-16-be")
                for step in range(int.from_bytes(high, "big") - start + 1):
                    characters[start + step] = said[:-1] + chr(ord(said[-1]) + step)
    return characters
