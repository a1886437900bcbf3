"""Is this PDF what it says and nothing more? Every uploaded scan is asked, by content (I3).

A stranger's file is opened in a process of its own, with little memory and time: whatever it does
to the parser, the server goes on. The process is `pdf_walk.py`, run as a program.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pdfgen import errors, pdf_walk

#: “2M 以内”, inclusive (R29, R33)
LIMIT_BYTES = 2 * 1024 * 1024
#: what may stand around a file: padding, the mark of text editors, and what printers are told
#: (PJL) with comments between; `%!` would begin another language
_AROUND = re.compile(
    rb"(?:[\0\t\n\f\r \x1a]|\xef\xbb\xbf|\x1b%-12345X|(?:@PJL|%(?!!))[\t -~]*+(?=[\r\n]|\Z))*+"
)
_FARTHEST_START = 1024  #: where viewers look for %PDF-
#: a little more than the processor time that the child allows itself
_TIMEOUT_S = 2 * pdf_walk.CPU_S
_REFUSALS = {
    refusal.code: refusal
    for refusal in (errors.FileDamaged, errors.FileEncrypted, errors.FileWithoutPages)
}


@dataclass(frozen=True, kw_only=True)
class PdfFacts:
    """What is known of a PDF that may be kept."""

    pages: int
    content: bytes  #: what was looked at: without what a printer needs, its table mended


def check_pdf(content: bytes, *, field: str | None = None) -> PdfFacts:
    """Return the facts of a harmless PDF; `field` is the form field that a refusal concerns.

    Padding and lines for a printer around it are left out, a slightly wrong table of objects is
    written anew; restrictions of what a reader may do are no obstacle to reading.
    Raises FileEmpty, FileTooLarge (above 2 097 152 bytes), NotPdf, FileEncrypted, FileDamaged (also
    when cut short), FileWithoutPages, FileActive (scripts, programs, attachments, multimedia,
    submission) and FileTooComplex (more than 500 pages, or a decompression bomb).
    """
    if not content:
        raise errors.FileEmpty(field)
    if len(content) > LIMIT_BYTES:
        raise errors.FileTooLarge(field, size=len(content), limit=LIMIT_BYTES)
    start = content.find(b"%PDF-", 0, _FARTHEST_START)
    if start < 0 or not _AROUND.fullmatch(content, 0, start):
        raise errors.NotPdf(field)
    # ISO 32000-1, 7.5.5: otherwise cut short, or another file behind it
    end = content.rfind(b"%%EOF") + len(b"%%EOF")
    if end < start or not _AROUND.fullmatch(content, end):
        raise errors.FileDamaged(field)
    own = content[start:end] + b"\n"
    walked = _walk(own)
    if "pages" in walked:
        repaired = walked.get("repaired")
        kept = base64.b64decode(str(repaired)) if repaired else own
        return PdfFacts(pages=int(str(walked["pages"])), content=kept)
    if "what" in walked:
        raise errors.FileActive(field, what=walked["what"])
    if walked["code"] in _REFUSALS:
        raise _REFUSALS[str(walked["code"])](field)
    raise errors.FileTooComplex(field, pages=pdf_walk.MOST_PAGES)


def _walk(content: bytes) -> dict[str, object]:
    """Return what the child found: `pages`, or `code` with perhaps `what`."""
    program = [sys.executable, "-I", str(Path(pdf_walk.__file__))]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            program, input=content, capture_output=True, timeout=_TIMEOUT_S, env={}
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):  # killed by a limit, or crashed
        return {"code": errors.FileTooComplex.code}
    return dict(answer)
