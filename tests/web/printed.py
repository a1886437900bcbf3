"""The text of a PDF as one line, as a reader of it would copy it."""

from __future__ import annotations

import re
import subprocess


def text_of(pdf: bytes) -> str:
    """Give the text of a PDF without the blanks that lines and columns leave."""
    program = ["pdftotext", "-raw", "-", "-"]
    done = subprocess.run(program, input=pdf, capture_output=True, check=True, timeout=30)
    return re.sub(r"\s+", "", done.stdout.decode())
