"""An OFD page looks like that of the PDF: drawn from the package alone, seen in Chromium."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from tests.browser.conftest import FONTS
from tests.ofd import shipped
from tests.ofd.conftest import Paper, papers, templates  # noqa: F401 (fixtures)
from tests.ofd.conftest import paper as paper_of
from tests.ofd.svg import Drawer

DOTS, SHRUNK = 144, 2  #: per inch; drawn finer and shrunk, so that no hinting is compared
MOST_DIFFERENT = 0.03  #: of the pixels
FAR = 64  #: of 255: a pixel that shows something else


@pytest.fixture(scope="session")
def fonts() -> Path:
    """Return the font folder that `make fonts` built."""
    return FONTS


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """Open one window for all pictures."""
    page = browser.new_page()
    yield page
    page.close()


PRINTED = {"-".join(document[:2]): document for document in shipped.printed()}


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["certificate", "copy", *PRINTED])
def test_the_page_looks_like_that_of_the_pdf(
    kind: str,
    papers: dict[str, Paper],  # noqa: F811
    window: Page,
    tmp_path: Path,
) -> None:
    """Each document of each profession, from the package alone, by a drawer of our tests."""
    paper = papers.get(kind) or paper_of(shipped.pdf(PRINTED[kind], FONTS), FONTS)
    drawer = Drawer(paper.parts)
    for index, page in enumerate(paper.document.pages):
        drawn = _picture(window, drawer.page(index), page.width, page.height)
        wanted = _pdf_picture(paper.pdf, index, tmp_path).resize(drawn.size)

        far = (
            ImageChops.difference(wanted.reduce(SHRUNK), drawn.reduce(SHRUNK))
            .convert("L")
            .point(lambda v: 255 * (v > FAR))
        )

        share = far.histogram()[255] / (far.width * far.height)
        assert share <= MOST_DIFFERENT, f"{share:.1%}"
        assert len(drawn.getcolors(1 << 24) or ()) > 10, "something is drawn"


def _picture(window: Page, svg: str, width: float, height: float) -> Image.Image:
    """Have Chromium draw an SVG."""
    ratio = DOTS / 25.4
    window.set_viewport_size({"width": round(width * ratio), "height": round(height * ratio)})
    style = "<style>body{margin:0}svg{width:100vw;height:100vh;display:block}</style>"
    window.set_content(style + svg)
    return Image.open(io.BytesIO(window.screenshot())).convert("RGB")


def _pdf_picture(pdf: bytes, index: int, folder: Path) -> Image.Image:
    """Have poppler draw a page."""
    source, out = folder / "paper.pdf", folder / "page"
    source.write_bytes(pdf)
    number = str(index + 1)
    command = ["pdftoppm", "-r", str(DOTS), "-f", number, "-l", number, "-singlefile"]
    subprocess.run([*command, str(source), str(out)], check=True)
    return Image.open(out.with_suffix(".ppm")).convert("RGB")
