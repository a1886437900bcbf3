"""The copy of a void document that people are shown: it says so on every page (I7).

The stored file is evidence and stays as it was signed. The copy is written anew, so its signatures
no longer verify either: nobody can pass it off as valid.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pikepdf

from pdfgen.templates import compiler

_STAMP = """
#let given = json(bytes(sys.inputs.given))
#let red = rgb("#b3191f").transparentize(45%)
#set text(font: ("Gov Song", "Gov Kai"), fill: red, lang: "zh")
#for (width, height) in given.sizes {
  set page(width: width * 1pt, height: height * 1pt, margin: 0pt, fill: none)
  let words = stack(
    spacing: 14pt,
    text(58pt, weight: "bold", tracking: .3em)[已作废],
    text(12pt, given.reason),
  )
  let frame = box(stroke: 3pt + red, radius: 4pt, inset: (x: 24pt, y: 16pt), align(center, words))
  place(center + horizon, rotate(-28deg, frame))
  pagebreak(weak: true)
}
"""


def mark(pdf: bytes, reason: str, *, fonts: Path) -> bytes:
    """Return a copy of `pdf` with 已作废 and `reason` (one line) across each page.

    `pdf` is one of ours (others may raise pikepdf.PdfError).
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        boxes = [pikepdf.Rectangle(page.mediabox) for page in document.pages]
        sizes = [(box.width, box.height) for box in boxes]
        with pikepdf.open(io.BytesIO(_stamps(sizes, reason, fonts))) as stamps:
            for page, stamp, box in zip(document.pages, stamps.pages, boxes, strict=True):
                page.add_overlay(stamp, box)
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def _stamps(sizes: list[tuple[float, float]], reason: str, fonts: Path) -> bytes:
    """Return a page with a stamp for each size, in points."""
    given = json.dumps({"sizes": sizes, "reason": reason}, ensure_ascii=False)
    made = compiler(fonts).compile(input=_STAMP.encode(), format="pdf", sys_inputs={"given": given})
    return bytes(made)  # type: ignore[arg-type]  # one file, not pages
