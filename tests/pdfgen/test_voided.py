"""I7: the copy of a void document that people are shown says so on every page."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from pdfgen import Templates, voided
from tests.pdfgen.samples import AT, application, certificate

REASON = "申请内容已修改，不具有法律效力"


@pytest.mark.parametrize(
    ("name", "data"), [("application", application()), ("certificate", certificate())]
)
def test_each_page_says_that_it_is_void_and_why(
    templates: Templates,
    text_of: Callable[[bytes], str],
    fonts: Path,
    tmp_path: Path,
    name: str,
    data: dict[str, object],
) -> None:
    """I7, R44: upright or across, the mark and its reason stand on each page, over the old text."""
    document = templates.render(name, data, at=AT).pdf

    copy = voided.mark(document, REASON, fonts=fonts)

    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(io.BytesIO(copy)) as after:
        pages = len(before.pages)
        assert [p.mediabox for p in after.pages] == [p.mediabox for p in before.pages]
    text = text_of(copy)
    assert text.count("已作废") >= pages
    assert text.count(REASON) == pages
    assert "张𬭎喆" in text
    path = tmp_path / "void.pdf"
    path.write_bytes(copy)
    subprocess.run(["qpdf", "--check", path], check=True, stdout=subprocess.DEVNULL, timeout=30)


def test_the_copy_is_no_continuation_of_the_original(templates: Templates, fonts: Path) -> None:
    """I7: written anew, it does not hold the signed bytes, so no signature in it can verify."""
    document = templates.render("application", application(), at=AT).pdf

    copy = voided.mark(document, REASON, fonts=fonts)

    assert not copy.startswith(document[:1000])
    assert document[200:1000] not in copy
