"""Two versions of a document as pages: only what the other has not is marked."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pdfgen.trial import side_by_side, versions

LINES = ["甲方收到材料一份。", "乙方已经核对原件。", "丙方存入档案保管。"]
Pages = Callable[[dict[str, bytes], dict[str, bytes]], tuple[list[bytes], list[bytes]]]
GONE, NEW = (180, 35, 44), (26, 127, 55)


def letter(*lines: str, before: str = "") -> dict[str, bytes]:
    """Give a letter of so many paragraphs."""
    head = '#let data = json(bytes(sys.inputs.data))\n#set text(font: "Gov Song")\n'
    return {"receipt.typ": (head + before + "\n\n".join(lines)).encode()}


def marks(page: bytes, colour: tuple[int, int, int]) -> int:
    """Count the points of a colour of marks."""
    picture = Image.open(io.BytesIO(page)).convert("RGB")
    counted = picture.getcolors(1 << 20) or []
    return sum(
        n
        for n, (r, g, b) in counted
        if abs(r - colour[0]) + abs(g - colour[1]) + abs(b - colour[2]) < 24
    )


@pytest.fixture
def pages(fonts: Path) -> Pages:
    """Give the pages of two versions of the letter."""
    return lambda old, new: versions.beside(old, new, ("receipt", "letter"), fonts)


def test_what_only_moved_down_is_not_marked(pages: Pages) -> None:
    """A line put before the others is the only one that differs, wherever they stand now."""
    before, after = pages(letter(*LINES), letter("丁方另加一段。", *LINES))

    assert marks(before[0], GONE) == 0
    assert marks(after[0], NEW) > 0
    alone = pages(letter(), letter("丁方另加一段。"))[1]
    assert abs(marks(after[0], NEW) - marks(alone[0], NEW)) < 50


def test_a_character_that_differs_marks_its_line_on_both(pages: Pages) -> None:
    """甲 and 由 have the same strokes, one of them longer at the other end."""
    before, after = pages(letter(*LINES), letter("由方收到材料一份。", *LINES[1:]))

    assert marks(before[0], GONE) > 0
    assert marks(after[0], NEW) > 0


def test_what_moved_to_another_page_is_the_same(pages: Pages) -> None:
    """One page has become two, and nothing is new on them."""
    before, after = pages(letter(*LINES), letter(*LINES[:2], "#pagebreak()", LINES[2]))

    assert (len(before), len(after)) == (1, 2)
    assert marks(before[0], GONE) == 0
    assert [marks(page, NEW) for page in after] == [0, 0]


def test_a_version_without_the_document_has_no_pages(pages: Pages) -> None:
    """All of the other one is new."""
    before, after = pages({}, letter(*LINES))

    assert before == []
    assert marks(after[0], NEW) > 0
    assert len(after) <= side_by_side.MOST_PAGES
