#!/usr/bin/env bash
# One would guess  In PDF/A-2a + PDF/UA-1 mode Typst refuses whatever it cannot set: a character that the font lacks
#                  stops the build. A font family that does not exist at all is then surely refused too.
# What happens     The lesser slip is an error, the greater one is silence: with `fallback: false` and an unknown
#                  family the text is dropped, `compile()` returns a PDF that still claims both standards, and the
#                  name is neither on the page nor in the text layer. Only `compile_with_warnings()` tells.
# Versions         typst 0.15.2 (PyPI), read back with pypdf 7.1.1
# Source           Typst reference, `text.font` and `text.fallback`; seen by running
# Why it matters   A misspelt family in a template prints a valid certificate without its holder. Warnings of the
#                  document maker have to be errors.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check typst==0.15.2 pypdf==7.1.1
"$work/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO

import typst
from pypdf import PdfReader

PAGE = """#set document(title: "Certificate", date: auto)
#set text(lang: "en", font: "Libertinus Serif", fallback: false)
Holder: {holder}
"""
AS_RECORD = {
    "pdf_standards": ["a-2a", "ua-1"],
    "timestamp": datetime(2026, 11, 29, tzinfo=UTC),
}


def compiler(holder: str) -> typst.Compiler:
    return typst.Compiler(PAGE.format(holder=holder).encode(), ignore_system_fonts=True)


def text(pdf: bytes) -> str:
    return PdfReader(BytesIO(pdf)).pages[0].extract_text().strip()


print("typst", version("typst"))

whole = text(compiler("Jane Doe").compile(**AS_RECORD))
print("known family:           ", repr(whole))
assert whole == "Holder: Jane Doe"

try:
    compiler("张三").compile(**AS_RECORD)
    raise SystemExit("a missing character is no longer refused")
except typst.TypstError as error:
    print("character not in font:   refused,", str(error).split(":", 1)[1].strip())

misspelt = '#text(font: "Libertinus Serf")[Jane Doe]'
pdf = compiler(misspelt).compile(**AS_RECORD)
print("family does not exist:  ", repr(text(pdf)), "and no error")
assert text(pdf) == "Holder:"
assert b"pdfaid:part>2" in pdf and b"pdfuaid:part>1" in pdf, "it no longer claims both standards"

_, warnings = compiler(misspelt).compile_with_warnings(**AS_RECORD)
print("only with warnings:     ", [warning.message for warning in warnings])
assert any("unknown font family" in warning.message for warning in warnings)
PYTHON
